"""`remediate recheck`: what is new, what still is, what is fixed; and how a monitoring system is answered."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from local_host import tree
from own_hosts import OwnHosts
from runs import Hosts, TestHost, down

from remediate.cli import rechecking, running
from remediate.store.database import FILE
from remediate.store.findings import open_findings
from remediate.store.history import open_history

Command = Callable[..., tuple[int, str, str]]

PLAYBOOK = """\
- name: look
  hosts: all
  vars: {door_password: hunter22}
  tasks:
    - name: the licence
      slurp: {path: "{{ root }}/{{ inventory_hostname }}"}
      register: licence
      ignore_errors: true
    - name: The licence is there
      assert: {that: licence.content is defined, fail_msg: "it is gone, {{ door_password }}"}
    - name: Days left
      figure:
        value: "{{ licence.content | b64decode | int if licence.content is defined else none }}"
        unit: d
        warning: 30
        critical: 7
    - name: The notice
      copy: {dest: "{{ root }}/{{ inventory_hostname }}.notice", content: "closed\\n", force: false}
"""


@pytest.fixture
def fleet(folder: Path, hosts: Hosts) -> Path:
    """A playbook, and a folder with the licences of two hosts, 90 days each, and their notices."""
    (folder / "p.yaml").write_text(PLAYBOOK)
    for name in ("one", "two"):
        (folder / "root" / name).write_text("90")
        (folder / "root" / f"{name}.notice").write_text("open\n")
    return folder


@pytest.fixture
def look(fleet: Path, remediate: Command) -> Callable[..., tuple[int, str, str]]:
    """Looks at both hosts; every word told is searched for the password."""

    def command(*words: str) -> tuple[int, str, str]:
        inventory = () if "-i" in words else ("-i", "one,two,")
        told = remediate("recheck", "p.yaml", "-e", f"root={fleet}/root", *inventory, *words)
        assert "hunter22" not in "".join(map(str, told))
        return told

    return command


def found(folder: Path, name: str = "p") -> dict[tuple[str, str], tuple[str, str]]:
    """The severity and the change of each finding of the last re-check of a name."""
    with open_findings(folder / "state" / "remediate") as kept:
        last = list(kept.rechecks(name=name))[-1]
    return {(each.host, each.check): (each.severity, each.change) for each in last.findings}


def test_three_looks_tell_new_still_and_fixed(fleet: Path, look: Command) -> None:
    """And the exit code says whether something is wrong."""
    assert look()[0] == 0
    assert set(found(fleet).values()) == {("ok", "")}
    licence = fleet / "root" / "two"
    licence.unlink()
    code, out, _ = look()
    assert code == 2
    assert "New:\n  critical  The licence is there: it is gone, ********\n            on two\n" in out
    assert found(fleet)["two", "The licence is there"] == ("critical", "new")
    code, out, _ = look()
    assert (code, "New:" in out) == (2, False)
    assert "Still:\n  critical  The licence is there" in out
    assert "on two, since 20" in out
    licence.write_text("90")
    code, out, _ = look()
    assert (code, "Still:" in out) == (0, False)
    assert "Fixed:\n  ok        The licence is there\n            on two\n" in out
    assert out.endswith("2 hosts: 2 ok, 0 not; 6 checks: 6 ok; 1 fixed\n")
    assert "Fixed" not in look()[1]


def test_a_change_that_is_needed_is_found_and_not_made(fleet: Path, look: Command) -> None:
    """Nothing on the host is other than it was, and the change is fixed when somebody has made it."""
    notice = fleet / "root" / "one.notice"
    notice.unlink()
    before = tree(fleet / "root"), tree(fleet / "tmp")
    code, out, _ = look()
    assert code == 2
    assert f"critical  The notice: create {notice}" in out
    assert (tree(fleet / "root"), tree(fleet / "tmp")) == before
    notice.write_text("open\n")
    assert look()[0] == 0
    assert found(fleet)["one", "The notice"] == ("ok", "fixed")
    assert look()[0] == 0
    assert ("one", "The notice") not in found(fleet)


def test_a_host_that_cannot_be_reached_is_new_then_fixed(fleet: Path, hosts: Hosts, look: Command) -> None:
    """With exit code 4 if that is all; what was found of it before stands meanwhile."""
    look()
    up = hosts.made.pop("two")
    hosts.made["two"] = TestHost("two", before=down)
    code, out, _ = look()
    assert code == 4
    assert "unknown   connection: refused the connection (start sshd)" in out
    assert "Not looked at" not in out
    (fleet / "root" / "one").unlink()
    assert look()[0] == 2
    hosts.made["two"] = up
    look()
    assert found(fleet)["two", "connection"] == ("ok", "fixed")
    assert found(fleet)["two", "The licence is there"] == ("ok", "")


def test_a_licence_with_twelve_days_left_is_a_warning(fleet: Path, look: Command) -> None:
    """And critical with fewer than a week; the figure comes with its limits."""
    (fleet / "root" / "two").write_text("12")
    code, out, _ = look()
    assert code == 2
    assert "warning   Days left: 12 d, below 30\n            on two" in out
    code, out, _ = look("--monitoring")
    assert (code, out.count("\n")) == (1, 1)
    assert out.startswith("WARNING - p: 2 hosts, 6 checks; warning Days left on two (12 d, below 30) | ")
    assert "'Days left'=12;30:;7:" in out
    (fleet / "root" / "two").write_text("6")
    code, out, _ = look("--monitoring")
    assert (code, out.split()[0]) == (2, "CRITICAL")
    assert found(fleet)["two", "Days left"] == ("critical", "new")


def test_what_was_not_looked_at_is_named(fleet: Path, look: Command) -> None:
    """Left out by --limit, or gone from the inventory: what was found of it stands."""
    (fleet / "root" / "two").unlink()
    look()
    code, out, _ = look("-l", "one")
    assert code == 0
    assert "Not looked at this time:\n  left out: two (1 not ok when last looked at)\n" in out
    code, out, _ = look("-i", "one,")
    assert (code, "gone from the inventory: two (1 not ok" in out) == (0, True)
    assert "1 host not looked at" in look("--monitoring", "-l", "one")[1]
    look()
    assert found(fleet)["two", "The licence is there"] == ("critical", "still")


def test_a_report_names_it_as_well(fleet: Path, look: Command, remediate: Command) -> None:
    """With the same reasons; what was looked at and is well needs no word."""
    (fleet / "root" / "two").unlink()
    look("-i", "one,two,three,")
    for words in (("-l", "one"), ("-i", "one,two,", "-l", "one")):
        look(*words, "--json", "found.json")
        found = json.loads((fleet / "found.json").read_text())["not_looked_at"]
        told = json.loads(remediate("report", "--last", "--json", "-")[1])["not_looked_at"]
        assert {(each["host"], each["why"]) for each in told} == {
            (each["last"]["host"], each["why"]) for each in found
        }
        assert {each["host"] for each in told} == {"two", "three"}


def test_each_name_is_compared_with_itself(fleet: Path, look: Command) -> None:
    """What is new under one name may be known under another."""
    (fleet / "root" / "two").unlink()
    look("--name", "nightly")
    look("--name", "weekly")
    look("--name", "nightly")
    assert found(fleet, "weekly")["two", "The licence is there"] == ("critical", "new")
    assert found(fleet, "nightly")["two", "The licence is there"] == ("critical", "still")


def test_what_was_found_is_there_for_programs(fleet: Path, look: Command) -> None:
    """As one JSON object, in a file or alone on stdout."""
    (fleet / "root" / "two").unlink()
    code, out, _ = look("--json", "-")
    told = json.loads(out)
    assert (code, told["recheck"], told["run"], told["severity"]) == (2, "p", 1, "critical")
    (bad,) = [each for each in told["findings"] if each["severity"] != "ok"]
    assert (bad["host"], bad["check"], bad["change"]) == ("two", "The licence is there", "new")
    code, out, _ = look("--json", "found.json", "-l", "one")
    assert (code, out.startswith("Re-check p, run 2")) == (0, True)
    told = json.loads((fleet / "found.json").read_text())
    assert {each["why"] for each in told["not_looked_at"]} == {"left out"}
    figures = [each["figure"] for each in told["findings"] if each["figure"]]
    assert figures == [{"value": 90, "unit": "d", "warning": 30, "critical": 7}]


def test_the_history_shows_it_and_nobody_goes_on_with_it(
    fleet: Path, look: Command, remediate: Command
) -> None:
    """It is a run, with its checks; there is nothing to resume, nothing to take back, no secret is kept."""
    (fleet / "root" / "two").unlink()
    (fleet / "root" / "one.notice").unlink()
    look("--name", "nightly")
    _, out, _ = remediate("history")
    assert "re-check nightly by p.yaml  2 hosts: 2 not as it should be\n" in out
    _, out, _ = remediate("history", "show", "1")
    assert out.count("The licence is there: it is gone, ********") == 1
    assert "New:\n  critical  The licence is there: it is gone, ********\n            on two\n" in out
    assert out.endswith("2 hosts: 0 ok, 2 not; 7 checks: 5 ok, 2 critical; 2 new\n")
    _, out, _ = remediate("history", "show", "1", "one")
    assert "one  would change  The notice\n    --- /dev/null\n" in out
    assert "Well, as before:\n  ok        Days left: 90 d\n            on one\n" in out
    assert "two" not in out
    assert remediate("history", "verify")[0] == 0
    code, _, err = remediate("undo", "1")
    assert (code, "it changed nothing" in err) == (1, True)
    code, _, err = remediate("resume")
    assert (code, "none to go on with" in err) == (1, True)
    for file in (fleet / "state").rglob("*"):
        assert file.is_dir() or b"hunter22" not in file.read_bytes()


OWN_PROCESS = """\
import os, sys
from runs import Hosts
from remediate.cli import running
from remediate.cli.main import main
running.Fleet = Hosts
sys.exit(main(sys.argv[1:]))
"""
PRINTS = """\
- hosts: all
  tasks:
    - {name: ask, command: {argv: [printf, 'a\\377\\033[2J'], read_only: true}, register: said}
    - {name: "x{{ said.stdout }}", assert: {that: [false], fail_msg: "{{ said.stdout }}"}}
"""
SLOW = """\
- hosts: all
  tasks:
    - {name: first, assert: {that: [false]}}
    - name: second
      shell: {cmd: 'while test ! -f {{ root }}/go; do sleep 0.1; done', read_only: true}
"""


def test_a_controller_that_is_killed_leaves_no_findings(
    fleet: Path, look: Command, remediate: Command
) -> None:
    """The next re-check is compared with the last one that came to its end."""
    (fleet / "root" / "two").unlink()
    look("--name", "nightly")
    (fleet / "slow.yaml").write_text(SLOW)
    words = ["recheck", "slow.yaml", "-i", "one,", "-e", f"root={fleet}/root", "--name", "nightly"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", OWN_PROCESS, *words]
    state = fleet / "state" / "remediate"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=fleet, env=environment) as process:
        while not ended_runs(state)[1:]:  # until it has begun, and is in the store
            assert process.poll() is None
        process.kill()
    (fleet / "root" / "go").touch()
    look("--name", "nightly")
    assert found(fleet, "nightly")["two", "The licence is there"] == ("critical", "still")
    assert ended_runs(state) == [True, False, True]
    with open_findings(state) as kept:
        assert [each.run for each in kept.rechecks()] == [1, 3]
    assert "slow.yaml  stopped before it was through\n" in remediate("history")[1]


def ended_runs(state: Path) -> list[bool]:
    """Whether each run came to its end."""
    with open_history(state) as history:
        return [run.ended is not None for run in history.runs()]


WRONG = [
    ("--monitoring --nonsense", "UNKNOWN - No such option"),
    ("--monitoring -i nowhere.yaml", "UNKNOWN - "),
    ("--monitoring -i one, -l nobody", "UNKNOWN - "),
    ("--monitoring -i one, -t nothing", "UNKNOWN - "),
    ("--monitoring -i one, -e a=b=c -e @gone.yaml", "UNKNOWN - "),
    ("--monitoring -i one, --json -", "UNKNOWN - --monitoring and --json - would both write"),
    ("--monitoring -i one, --json x --events x", "UNKNOWN - --json x: would be written over"),
    ("--monitoring -i one, --json nowhere/x", "UNKNOWN - --json nowhere/x: cannot be written"),
    ("--monitoring -i one, --state-dir p.yaml", "UNKNOWN - the key of this machine's plans cannot be used"),
    ("--monitoring -i one, --name \x1b[2J", "UNKNOWN - --name: it must be a line of letters"),
    ("-i one, broken.yaml --monitoring", "UNKNOWN - "),
]


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(("words", "said"), WRONG)
def test_a_mistake_is_unknown_to_a_monitoring_system(
    folder: Path, remediate: Command, words: str, said: str
) -> None:
    """One line and exit code 3; for a person the same is exit code 1, and told on stderr."""
    (folder / "p.yaml").write_text(PLAYBOOK)
    (folder / "broken.yaml").write_text("- hosts: all\n  taks: []\n  more: 1\n")
    code, out, _ = remediate("recheck", "p.yaml", *words.split())
    assert (code, out.count("\n")) == (3, 1)
    assert out.startswith(said)
    plain = words.replace("--monitoring", "").split()
    if "-" not in plain:
        code, out, err = remediate("recheck", "p.yaml", *plain)
        assert (code, out) == (1, "")
        assert err


def test_a_store_that_is_locked_is_unknown(
    fleet: Path, look: Command, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no host is asked what could not be kept."""
    look()
    trips = hosts.round_trips("one")
    monkeypatch.setattr("remediate.store.database.OPENING_SECONDS", 0.1)
    with sqlite3.connect(fleet / "state" / "remediate" / FILE, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        code, out, _ = look("--monitoring")
        assert (code, out.count("\n")) == (3, 1)
        assert out.startswith("UNKNOWN - the store cannot be used: ")
        assert ": database is locked (" in out
        assert look()[0] == 1
        assert hosts.round_trips("one") == trips
        other.execute("ROLLBACK")


def test_bytes_that_are_no_letters_are_kept_as_such(fleet: Path, remediate: Command, hosts: Hosts) -> None:
    """Whatever a host prints, and whatever a name is made of, can be kept, told and written."""
    (fleet / "p.yaml").write_text(PRINTS)
    for words in (("--json", "found.json"), ("--monitoring",)):
        code, out, err = remediate("recheck", "p.yaml", "-i", "one,", *words)
        assert (code, err) == (2, "")
        assert "xa\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[2J" in out
    told = json.loads((fleet / "found.json").read_text())["findings"]
    assert "xa\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}[2J" in {each["check"] for each in told}


@pytest.mark.parametrize("words", ["recheck p.yaml --monitoring", "recheck p.yaml", "run p.yaml -C"])
def test_a_letter_that_the_terminal_lacks_ends_nothing(fleet: Path, words: str) -> None:
    """It is shown as a question mark."""
    text = "- hosts: all\n  tasks:\n    - {name: Pr\u00fcfung \u4e2d, assert: {that: [false]}}\n"
    (fleet / "p.yaml").write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONIOENCODING": "latin-1"}
    command = [sys.executable, "-c", OWN_PROCESS, *words.split(), "-i", "one,"]
    done = subprocess.run(command, capture_output=True, cwd=fleet, env=environment, check=False)
    assert (done.returncode, done.stderr) == (2, b"")
    assert b"Pr\xfcfung ?" in done.stdout


def test_whatever_breaks_is_unknown(fleet: Path, look: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect or an interruption is no warning, which exit code 1 would be."""

    def breaks(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("one\ntwo | three")

    def interrupted(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(rechecking, "look_again", breaks)
    assert look("--monitoring")[:2] == (3, "UNKNOWN - one two / three\n")
    monkeypatch.setattr(rechecking, "look_again", interrupted)
    assert look("--monitoring")[:2] == (3, "UNKNOWN - interrupted\n")
    assert look()[0] == 130


def test_a_playbook_that_looks_at_nothing_finds_nothing(fleet: Path, remediate: Command) -> None:
    """Which is nothing good: neither for the shell nor for a monitoring system."""
    (fleet / "p.yaml").write_text("- hosts: all\n  tasks:\n    - debug: {msg: hello}\n")
    assert remediate("recheck", "p.yaml", "-i", "one,")[0] == 2
    code, out, _ = remediate("recheck", "p.yaml", "-i", "one,", "--monitoring")
    assert (code, out.startswith("UNKNOWN - p: nothing was looked at | ")) == (3, True)


def test_an_interrupted_one_is_not_kept(fleet: Path, look: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not looked at is neither good nor gone."""
    look()
    before = running.perform_run

    def interrupted(*words: Any, **settings: Any) -> Any:
        from dataclasses import replace

        return replace(before(*words, **settings), interrupted=True)

    monkeypatch.setattr(running, "perform_run", interrupted)
    assert look()[0] == 130
    with open_findings(fleet / "state" / "remediate") as kept:
        assert len(list(kept.rechecks())) == 1


def test_only_the_answer_is_on_stdout(fleet: Path, look: Command) -> None:
    """With -v, too; a person sees the run there."""
    code, out, err = look("--monitoring", "-v", "-l", "one")
    assert (code, out.count("\n"), "PLAY look" in err) == (0, 1, True)
    json.loads(look("--json", "-", "-v")[1])
    out = look("-v")[1]
    assert "PLAY look" in out
    assert "Re-check p" in out
