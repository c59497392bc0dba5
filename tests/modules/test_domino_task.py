"""Tasks of a Domino server are loaded and ended, and what `show tasks` answers is the proof."""

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from local_host import LocalHost
from module_view import Told, built, refusal

from remediate.answers import Known, Provisional, Unknown
from remediate.bourne import quote
from remediate.effects import console_task
from remediate.effects.base import Effect
from remediate.effects.console import ConsoleCommand
from remediate.engine import asking
from remediate.engine.state import HostState
from remediate.engine.view import View
from remediate.errors import TaskFailed
from remediate.facts import domino_task
from remediate.facts.domino import DominoState, DominoTasks
from remediate.facts.domino_console import Console
from remediate.facts.domino_http import WebServer
from remediate.facts.domino_lines import LogLines
from remediate.facts.domino_log import ServerInfo, TaskLine, besides_answers
from remediate.facts.domino_task import has_task
from remediate.facts.domino_view import DominoView
from remediate.facts.http import Endpoint

SERVER = """#!/bin/sh
printf '%s\\n' "$2" >> {root}/sent
set -- $2
{{
case "$1 $2" in
"show tasks")
  echo '       Task                 Description'
  echo '  Router               Dispatch: Idle'
  for task in {root}/loaded/*; do
    test ! -f "$task" || echo "  `basename "$task"`              Idle"
  done
  if test -f {root}/late; then mv {root}/late {root}/loaded/Late; echo 'Late: looked around'; fi
  if test -f {root}/loaded/Brief; then rm {root}/loaded/Brief; echo 'Brief: that was all'; fi ;;
"show server") echo 'Server directory:       '{root}; echo 'Partition:              p' ;;
"load late") : > {root}/late ;;
"load expired") echo 'LAB banner'; echo 'it is already EXPIRED' ;;
"load never") echo 'never: there is no such program' ;;
load*) : > {root}/loaded/$2; echo "$2: started" ;;
tell*) rm -f {root}/loaded/[Ss][Mm][Dd][Rr]eal; echo "$2: ended" ;;
esac
}} >> {root}/console.log
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with all that a server has; its tasks are the files of `loaded`."""
    passed = 0.0

    def sleep(seconds: float) -> None:
        nonlocal passed
        passed += seconds

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + passed, sleep=sleep)
    for module in (asking, console_task, domino_task):
        monkeypatch.setattr(module, "time", clock)  # nobody has to wait in a test
    root = tmp_path / "it's data"
    (root / "bin").mkdir(parents=True)
    (root / "loaded").mkdir()
    (root / "bin" / "server").write_text(SERVER.format(root=quote(str(root))))
    (root / "bin" / "server").chmod(0o755)
    return root


def task(server: Path, **params: Any) -> Any:
    """The module, for this server."""
    own = {"data": str(server), "program": str(server), "console_log": f"{server}/console.log"}
    return built("domino_task", **own, **params)


def carry_out(module: Any) -> tuple[list[str], dict[str, Any]]:
    """The commands that were needed, and what is registered; afterwards nothing more is needed."""
    state = HostState(host=LocalHost(), dry_run=False)
    view = View(state, None)
    effects = list(module.decide(view))
    done = [state.carry_out(effect, None) for effect in effects]
    if module.state != "restarted":
        assert list(module.decide(view)) == []
    return [effect.command for effect in effects], module.report(view, done)


def orders(server: Path) -> list[str]:
    """What was sent besides questions."""
    return [line for line in (server / "sent").read_text().splitlines() if not line.startswith("show ")]


@pytest.mark.parametrize("name", ["SMDreal", "late"])
def test_a_task_is_loaded_until_the_server_shows_it(server: Path, name: str) -> None:
    """At once or later, and whatever its capitals: when the effect is through, it is there."""
    commands, result = carry_out(task(server, name=name))
    assert commands == orders(server) == [f"load {name}"]
    assert result["name"] == name
    assert carry_out(task(server, name=name.upper())) == ([], {"name": name.upper(), "lines": []})


def test_a_task_is_ended_and_started_anew(server: Path) -> None:
    """`unloaded` ends what runs; `restarted` ends it first if it runs, and loads it with its own command."""
    (server / "loaded" / "SMDReal").touch()
    assert carry_out(task(server, name="smdreal", state="unloaded"))[0] == ["tell smdreal quit"]
    assert carry_out(task(server, name="smdreal", state="unloaded"))[0] == []
    anew = {"name": "smdreal", "state": "restarted", "command": "load SMDreal"}
    assert carry_out(task(server, **anew))[0] == ["load SMDreal"]
    assert carry_out(task(server, **anew))[0] == ["tell smdreal quit", "load SMDreal"]


def test_a_task_that_ends_at_once_is_not_loaded(server: Path) -> None:
    """It was there when first asked for, and not when asked again: that is no success."""
    with pytest.raises(TaskFailed, match=r"Brief is not loaded; .*Brief: that was all \(look\)$"):
        carry_out(task(server, name="Brief", timeout=60, cure="look"))


def test_a_failure_has_the_consoles_words_since_the_command(server: Path) -> None:
    """Neither older words nor the answers to the questions are among them."""
    (server / "console.log").write_text("something old\n")
    with pytest.raises(TaskFailed) as failed:
        carry_out(task(server, name="never", timeout=60))
    assert failed.value.what == (
        "after 'load never' never is not loaded; the console said: never: there is no such program"
    )


def test_a_line_of_failure_ends_the_wait(server: Path) -> None:
    """Whatever its capitals, the line is told, and the cure."""
    with pytest.raises(TaskFailed) as failed:
        carry_out(task(server, name="expired", failure="already expired", cure="renew it"))
    assert failed.value.explain().startswith("after 'load expired' the console said 'it is already EXPIRED'")
    assert failed.value.cure == "renew it"


def test_a_line_of_success_is_waited_for(server: Path) -> None:
    """A task that is loaded already must have said the word as well; without it the wait is in vain."""
    sent, told = carry_out(task(server, name="Late", command="load late", success="LOOKED around"))
    assert sent == ["load late"]
    assert "Late: looked around" in told["lines"]
    with pytest.raises(
        TaskFailed, match=r"^after 'load smdreal' no line matched 'looked around'; .*smdreal: started"
    ):
        carry_out(task(server, name="smdreal", success="looked around", timeout=60))


CONSOLE = Console(data="/d", program="/p", log="/d/IBM_TECHNICAL_SUPPORT/console.log")
TASKS = DominoTasks(console=CONSOLE)
RUNNING = DominoState(
    server=ServerInfo(directory="/d", partition="p"),
    tasks=(TaskLine(name="Router", description="Idle"), TaskLine(name="SMDReal", description="Idle")),
)


def order(**params: Any) -> list[Effect]:
    """What is decided where SMDReal runs."""
    return list(built("domino_task", data="/d", program="/p", **params).decide(Told({TASKS: RUNNING})))


def test_the_tasks_are_foretold() -> None:
    """After the effect the answer has the task, or not; what was provisional, or unknown, stays so."""
    (end,), (load,) = order(name="smdreal", state="unloaded"), order(name="smdmon")
    ended = end.foretell(TASKS, Known(RUNNING))
    assert isinstance(ended, Known)
    assert [task.name for task in ended.value.tasks] == ["Router"]
    loaded = load.foretell(TASKS, ended)
    assert isinstance(loaded, Known)
    assert has_task(loaded.value, "SMDmon")
    assert isinstance(loaded.value.tasks[-1].description, Unknown)
    assert load.foretell(TASKS, loaded) is loaded
    provisional = end.foretell(DominoTasks(console=CONSOLE, deadline=5), Provisional(RUNNING, "why"))
    assert isinstance(provisional, Provisional)
    assert (provisional.value, provisional.why) == (ended.value, "why")
    unknown = Unknown("why")
    assert end.foretell(TASKS, unknown) is unknown
    other = DominoTasks(console=Console(data="/e", program="/p", log="/e/log"))
    assert end.foretell(other, Known(RUNNING)).value is RUNNING  # type: ignore[union-attr]


def test_what_else_a_task_may_change_is_foretold() -> None:
    """A task that is loaded may write into log and documents; one that ends leaves the documents alone."""
    (end,), (load,) = order(name="smdreal", state="unloaded"), order(name="smdmon")
    words = LogLines(console=CONSOLE, contains=("x",))
    web = WebServer(endpoint=Endpoint(address="127.0.0.1", port=80))
    documents = DominoView(server=web, database="smd/smconf.nsf", view="v")
    kinds: Callable[[Effect], list[type]] = lambda effect: [  # noqa: E731
        type(effect.foretell(fact, Known(()))) for fact in (words, documents)
    ]
    assert kinds(load) == [Unknown, Unknown]
    assert kinds(end) == [Provisional, Known]


def test_replication_neither_loads_nor_ends_a_task() -> None:
    """After a pull the tasks are known as before, and documents are not."""
    pull = ConsoleCommand(console=CONSOLE, command='pull "a/b" smd/smconf.nsf')
    tell = ConsoleCommand(console=CONSOLE, command="tell smdreal checkac", success="ok")
    known = Known(RUNNING)
    assert pull.foretell(TASKS, known) is known
    assert isinstance(pull.foretell(LogLines(console=CONSOLE, contains=("x",)), Known(())), Unknown)
    assert isinstance(tell.foretell(TASKS, known), Unknown)


def test_a_command_without_success_waits_for_nothing(server: Path) -> None:
    """It is sent, what the console said by then is registered, and nothing is proven."""
    own = {"data": str(server), "program": str(server), "console_log": f"{server}/console.log"}
    module = built("domino_command", **own, command="load never")
    state = HostState(host=LocalHost(), dry_run=False)
    (effect,) = module.decide(View(state, None))
    assert "awaits: nothing" in effect.diff()
    done = state.carry_out(effect, None)
    assert done["lines"] == ["never: there is no such program"]
    assert done["line"] == ""
    assert orders(server) == ["load never"]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    *(("domino_task", {"name": name}, "'name' must be one word") for name in ("", "a b", 'a"', "a\n", "a;b")),
    ("domino_task", {"name": "a", "command": "load a\nb"}, "'command' must be one line"),
    ("domino_task", {"name": "a", "command": " "}, "'command' must be one line"),
    ("domino_task", {"name": "a", "failure": "("}, "'failure': it is not a regular expression"),
    ("domino_task", {"name": "a", "success": "("}, "'success': it is not a regular expression"),
    ("domino_task", {"name": "a", "state": "unloaded", "command": "load a"}, "'state: unloaded' ends it"),
    ("domino_task", {"name": "a", "state": "unloaded", "failure": "x"}, "'state: unloaded' ends it"),
    ("domino_task", {"name": "a", "console_log": "/x", "console": {"log": "/y"}}, "name different files"),
    ("domino_command", {"command": "a", "failure": "x"}, "'failure' needs 'success'"),
]


@pytest.mark.parametrize(("name", "params", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused(name: str, params: dict[str, Any], said: str) -> None:
    """Each mistake has a message of its own."""
    assert said in refusal(name, data="/d", program="/p", **params)


def test_answers_are_told_from_other_lines() -> None:
    """Rows, labels and the release are answers; a sentence is none, whatever blanks it has."""
    rows = ("       Task                 Description", "  Router               Idle", "Partition:      p")
    words = ("SMDreal: started", "It expired.  Renew it.", "Router: 3 messages")
    release = "Lotus Domino (r) Server (Release 8.5 for X) 2010-07-30 00:52:58"
    assert besides_answers((*rows, *words, release)) == words
