"""The commands: options, lists, exit codes, and how little `--help` loads."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from runs import Hosts, TestHost, down

from remediate.cli import reaching
from remediate.cli.exit_codes import FAILED
from remediate.cli.extra_vars import parse_extra_vars
from remediate.cli.running import exit_code
from remediate.engine.events import Counts, Recap
from remediate.errors import UsageError
from remediate.store.history import open_history
from remediate.store.journal import OUTCOME
from remediate.store.writer import RunWriter

Command = Callable[..., tuple[int, str, str]]

PLAYBOOK = """\
- name: change
  hosts: all
  vars: {colour: red, db_password: hunter22}
  tasks:
    - name: write
      copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: "{{ colour }} {{ db_password }}"}
      changed_when: counted | default(true)
    - {name: break, fail: {msg: broken}, when: inventory_hostname == 'bad', tags: breaking}
"""


@pytest.fixture
def playbook(folder: Path) -> str:
    """A playbook that changes each host, and fails on the host `bad`."""
    (folder / "p.yaml").write_text(PLAYBOOK)
    return f"run p.yaml -e root={folder}/root"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("-i one,", 0),
        ("-i one,bad,", 2),
        ("-i one,gone,", 4),
        ("-i gone,bad,", 2),
        ("-i one, -C", 0),
        ("-i one, -C --detailed-exitcode", 5),
        ("-i bad, -C --detailed-exitcode", 2),
        ('-i one, -C --detailed-exitcode -e {"counted":false}', 5),
        ("-i one, --detailed-exitcode", 0),
        ("-i one,bad, -l !bad", 0),
        ("-i one,bad, --skip-tags breaking", 0),
        ("-i bad, --skip-tags breakign", 2),
        ("-i bad, -t all", 2),
        ("-i one, -t never", 0),
    ],
)
def test_the_exit_code_says_how_it_went(
    remediate: Command, playbook: str, hosts: Hosts, words: str, code: int
) -> None:
    """0 done, 2 a host failed, 4 one was unreachable and none failed, 5 changes found if that was asked."""
    hosts.made["gone"] = TestHost("gone", before=down)
    assert remediate(*playbook.split(), *words.split())[0] == code


def test_a_list_of_hosts_may_be_longer_than_the_name_of_a_file(
    remediate: Command, playbook: str, hosts: Hosts, folder: Path
) -> None:
    """It is kept as it was given."""
    many = ",".join(f"host{number}" for number in range(2000))
    assert remediate(*playbook.split(), "-i", many, "-l", "host7")[0] == 0
    with open_history(folder / "state" / "remediate") as history:
        assert history.run(1).head["inventories"] == [many]


def test_a_run_whose_history_is_not_whole_ends_with_2(
    remediate: Command, playbook: str, hosts: Hosts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if all was done, and only how it ended could not be written down; it can be gone on with."""
    insert = RunWriter._insert

    def full(writer: RunWriter, batch: list[Any]) -> str:
        if any(each.kind == OUTCOME for each in batch):
            raise sqlite3.OperationalError("database or disk is full")
        return insert(writer, batch)

    with monkeypatch.context() as patched:
        patched.setattr(RunWriter, "_insert", full)
        code, out, err = remediate(*playbook.split(), "-i", "one,")
    assert "1 changed, 0 failed" in out
    assert "the history of this run is not whole: the store cannot be written: database or disk is" in err
    assert code == FAILED
    assert remediate("resume")[0] == 0


def test_an_interrupted_run_ends_with_130() -> None:
    """Whatever else happened."""
    recap = Recap(hosts={"h": Counts(failed=1)}, dry_run=False, seconds=0, interrupted=True)
    assert exit_code(recap, detailed=True) == 130


@pytest.mark.parametrize("option", ["-C", "--check", "--dry-run"])
def test_a_dry_run_has_three_names(
    remediate: Command, playbook: str, hosts: Hosts, folder: Path, option: str
) -> None:
    """Each shows the change and makes none, and no journal is written."""
    code, out, _ = remediate(*playbook.split(), "-i", "one,", option, "-D")
    assert code == 0
    assert "would change one  write" in out
    assert list((folder / "root").iterdir()) == []
    assert not (folder / "state").exists()


def test_a_run_changes_journals_and_hides_secrets(
    remediate: Command, playbook: str, hosts: Hosts, folder: Path
) -> None:
    """The file is written; the secret is in it, and neither on the terminal, in events nor in the history."""
    code, out, err = remediate(*playbook.split(), "-i", "one,", "-D", "-vv", "--events", "events")
    assert code == 0
    assert (folder / "root" / "one").read_text() == "red hunter22"
    with open_history(folder / "state" / "remediate") as history:
        kinds = [record.kind for record in history.records(1)]
        assert history.run(1).head["playbooks"] == [playbook.split()[1]]
    assert kinds == ["intent", "outcome", "task", "task", "through", "left", "ended"]
    stored = "".join(
        file.read_bytes().decode("latin-1") for file in (folder / "state" / "remediate").iterdir()
    )
    told = out + err + (folder / "events").read_text() + stored
    assert "hunter22" not in told
    assert "********" in out
    assert "\x1b" not in out
    last = json.loads((folder / "events").read_text().splitlines()[-1])
    assert (last["event"], last["hosts"]["one"]["changed"]) == ("recap", 1)
    assert "would" not in out


def test_a_dry_run_shows_what_is_unknown_in_words(remediate: Command, hosts: Hosts, folder: Path) -> None:
    """With -vv, the values that only the apply can tell."""
    (folder / "p.yaml").write_text("- hosts: all\n  tasks:\n    - {name: ask, command: date}\n")
    _, out, _ = remediate("run", "p.yaml", "-i", "one,", "-C", "-vv")
    assert "stdout: unknown until applied: task 'ask'\n" in out
    assert "Unknown(" not in out


def test_what_is_given_in_vain_is_told(remediate: Command, playbook: str, hosts: Hosts, folder: Path) -> None:
    """A tag to skip that no task has, and a key where the inventory names another one: warnings."""
    (folder / "key").touch()
    (folder / "other").touch()
    (folder / "inv.yaml").write_text("all: {hosts: {one: {ansible_ssh_private_key_file: other}, two: {}}}\n")
    words = [*playbook.split(), "-i", "inv.yaml", "--private-key", "key"]
    _, out, _ = remediate(*words, "--skip-tags", "breakign")
    assert "warning: --skip-tags: no task has the tag 'breakign' (did you mean 'breaking'?)" in out
    assert "warning: --private-key is not used for host one: the inventory names another key" in out
    assert {name: target.private_key for name, target in hosts.targets.items()} == {
        "one": "other",
        "two": "key",
    }
    _, out, _ = remediate(*words, "-e", "ansible_ssh_private_key_file=key")
    assert "warning" not in out
    assert {target.private_key for target in hosts.targets.values()} == {"key"}


def test_passwords_are_asked_for_once(
    remediate: Command, playbook: str, hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both reach the connection, and neither the terminal; a list needs none."""
    asked: list[str] = []

    def prompt(text: str, **_settings: object) -> str:
        asked.append(text)
        return f"hunter{len(asked)}"

    monkeypatch.setattr("click.prompt", prompt)
    remediate(*playbook.split(), "-i", "one,", "-k", "-K", "--list-hosts")
    assert asked == []
    _, out, err = remediate(*playbook.split(), "-i", "one,", "-k", "-K", "-e", "colour=hunter1", "-D")
    assert asked == ["SSH password", "BECOME password"]
    target = hosts.targets["one"]
    assert target.password is not None
    assert target.become_password is not None
    assert (target.password.reveal(), target.become_password.reveal()) == ("hunter1", "hunter2")
    assert "hunter" not in out + err


@pytest.mark.usefixtures("nobody")
def test_lists_contact_nobody(remediate: Command, playbook: str) -> None:
    """--list-hosts and --list-tasks show what would take part, after limit and tags."""
    _, out, _ = remediate(*playbook.split(), "-i", "one,bad,", "--list-hosts", "-l", "one")
    assert "hosts (1):\n    one\n" in out
    _, out, _ = remediate(*playbook.split(), "-i", "one,", "--list-tasks", "-t", "breaking")
    assert "    break  TAGS: [breaking]\n" in out
    assert "write" not in out


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        (["a=1 b='x y'"], {"a": "1", "b": "x y"}),
        (['{"a": 1, "b": [2]}'], {"a": 1, "b": [2]}),
        (["a=1", "a=2", '{"c": null}'], {"a": "2", "c": None}),
        (["a=x=y"], {"a": "x=y"}),
        (["@vars.yaml", "a=9"], {"a": "9", "b": True}),
        ([""], {}),
    ],
)
def test_the_forms_of_extra_vars(folder: Path, arguments: list[str], values: dict[str, object]) -> None:
    """k=v gives strings, JSON and files keep their types, the last one wins."""
    (folder / "vars.yaml").write_text("a: 1\nb: true\n")
    assert parse_extra_vars(arguments) == values


@pytest.mark.parametrize("argument", ["db_password='hunter2", "db_password=one hunter2", "hunter2 a_token=x"])
def test_a_mistake_in_extra_vars_quotes_no_secret(argument: str) -> None:
    """Words beside the name of a secret may belong to it."""
    with pytest.raises(UsageError) as caught:
        parse_extra_vars([argument])
    assert "hunter2" not in caught.value.explain()


def test_ping_tells_each_host(remediate: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which system answers, and why one does not; text from a host cannot steer the terminal."""
    from remediate.errors import Unreachable

    def refuse(_scripts: object) -> None:
        raise Unreachable("\x1b[31mgo away")

    made = Hosts(two=TestHost("two", before=refuse))
    monkeypatch.setattr(reaching, "Fleet", lambda: made)
    code, out, _ = remediate("ping", "-i", "one,two,")
    assert code == 4
    assert f"ok           one  {os.uname().sysname} {os.uname().release}" in out
    assert "unreachable  two  \N{REPLACEMENT CHARACTER}[31mgo away\n" in out
    assert out.endswith("2 hosts: 1 ok, 0 failed, 1 unreachable\n")
    code, out, _ = remediate("ping", "one", "-i", "one,two,")
    assert (code, out.endswith("\n1 host: 1 ok, 0 failed, 0 unreachable\n")) == (0, True)
    assert all(each.closed for each in made.made.values())


def test_the_inventory_is_shown(remediate: Command, folder: Path) -> None:
    """As JSON, as a tree, and one host's variables."""
    (folder / "inv.yaml").write_text("all: {children: {web: {hosts: {one: {colour: red}}}}}\n")
    assert json.loads(remediate("inventory", "-i", "inv.yaml", "--list")[1])["web"] == {"hosts": ["one"]}
    assert "@web:" in remediate("inventory", "-i", "inv.yaml", "--graph")[1]
    assert json.loads(remediate("inventory", "-i", "inv.yaml", "--host", "one")[1]) == {"colour": "red"}


def test_lint_says_that_all_is_well(remediate: Command, playbook: str) -> None:
    """One line, exit code 0."""
    assert remediate("lint", "p.yaml") == (0, "1 playbook: no mistakes\n", "")


HEAVY = ("paramiko", "fabric", "jinja2", "rich", "yaml")
SELDOM = (
    *("rich", "pydantic", "importlib.metadata", "zoneinfo", "smtplib", "urllib.request"),
    *("pydantic_core", "tenacity", "tomllib", "unittest.mock", "asyncio", "ssl"),
    *("remediate.notify", "remediate.schedule", "remediate.store.findings", "remediate.facts.domino"),
)
"""What few runs need, or only runs at a terminal."""
KEEPING = ("sqlite3", "remediate.review.content", "remediate.reports.record")
"""What only a run needs that is kept."""
HELPS = [
    *("", "run", "lint", "ping", "inventory", "lab", "lab up", "lab status", "lab down", "demo"),
    *("plan", "show", "approve", "apply", "recheck", "resume", "undo", "history", "locks", "doctor"),
]


def loaded(*words: str, among: Sequence[str] = HEAVY + SELDOM) -> tuple[int, set[str], str]:
    """The exit code of a command in a process of its own, what of these it imported, and what it said."""
    code = (
        "import sys; from remediate.cli.main import main; status = main(sys.argv[1:]);"
        f"print('LOADED', *[name for name in {among!r} if name in sys.modules]); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    said, _, names = done.stdout.rpartition("LOADED")
    return done.returncode, set(names.split()), said


@pytest.mark.parametrize("command", HELPS)
def test_help_is_there_and_loads_nothing_heavy(command: str) -> None:
    """Every command explains itself without importing what only a run needs."""
    code, names, said = loaded(*command.split(), "--help")
    assert (code, names) == (0, set())
    assert said.startswith("Usage: remediate")


def test_lint_never_loads_what_talks_to_hosts(folder: Path, playbook: str) -> None:
    """Neither paramiko nor Fabric, nor what only some runs need, whatever is in the playbook."""
    code, names, said = loaded("lint", str(folder / "p.yaml"))
    assert code == 0, said
    assert names == {"jinja2", "yaml"}


@pytest.mark.parametrize("command", ["history", "notify list"])
def test_what_is_kept_is_shown_without_anything_heavy(
    remediate: Command, playbook: str, hosts: Hosts, command: str
) -> None:
    """Who only reads the store does not wait for what a run is made of."""
    assert remediate(*playbook.split(), "-i", "one,")[0] == 0
    code, names, said = loaded(*command.split())
    assert (code, names) == (0, set()), said


@pytest.mark.parametrize("how", ["--check", "--state-dir"])
def test_a_run_loads_only_what_it_uses(folder: Path, playbook: str, how: str) -> None:
    """From the first line to the last, nothing is imported for tasks and outputs that are not there."""
    words = ["-e", f"root={folder}", "-e", "ansible_host=nowhere.invalid", how]
    words += [str(folder)] if how == "--state-dir" else []
    among = HEAVY + SELDOM + KEEPING
    code, names, said = loaded("run", str(folder / "p.yaml"), "-i", "one,", *words, among=among)
    assert (code, "1 unreachable" in said) == (4, True), said
    assert names == {*HEAVY, *(KEEPING if how == "--state-dir" else ())} - {"rich"}


def test_the_end_is_not_kept_waiting_for_garbage() -> None:
    """What is left when a command ends is not looked through once more: the process gives it all back."""
    code = (
        "import atexit, gc, sys; from remediate.cli.main import main\n"
        "atexit.register(lambda: print('FROZEN', gc.get_freeze_count() > 10_000)); main(['--version'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "FROZEN True"


def test_the_module_is_a_command() -> None:
    """`python -m remediate` gives the exit code to the shell, and no traceback for a mistake."""
    words = [sys.executable, "-m", "remediate", "lint", "nowhere.yaml"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("remediate: nowhere.yaml: cannot be read")


def test_a_reader_who_leaves_early_is_no_traceback() -> None:
    """`remediate --help | head -0` stays silent."""
    words = [sys.executable, "-m", "remediate", "--help"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


SLOW = """\
import sys
from runs import Hosts
from remediate.cli import running
from remediate.cli.main import main
running.Fleet = Hosts
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_stops_after_what_is_under_way(folder: Path) -> None:
    """The first signal lets the pause end early, does nothing more, says what is left, and exits with 130."""
    text = """\
- hosts: all
  tasks:
    - {name: ready, debug: {msg: ready}}
    - {name: wait, pause: {seconds: 100}}
    - {name: never, copy: {dest: "{{ root }}/never", content: x}}
"""
    (folder / "slow.yaml").write_text(text)
    words = [sys.executable, "-u", "-c", SLOW, "run", "slow.yaml", "-i", "one,", "-e", f"root={folder}/root"]
    tests = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": tests, "XDG_STATE_HOME": str(folder / "state")}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment
    ) as process:
        assert process.stdout is not None
        shown = ""
        for line in process.stdout:
            shown += line
            if "ready" in line:
                process.send_signal(signal.SIGINT)
        code = process.wait()
        assert process.stderr is not None
        said = process.stderr.read()
    assert code == 130, said
    assert "stopping after what is under way" in said
    assert "stopped before the end" in shown
    assert not (folder / "root" / "never").exists()
