"""`remediate history`: what was run, what it did, and whether anybody has changed the record."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from journals import journal_in
from runs import Hosts

from remediate.plan_key import KEY_FILE
from remediate.store.database import FILE
from remediate.store.history import open_history

Command = Callable[..., tuple[int, str, str]]

PLAYBOOK = """\
- name: change
  hosts: all
  tasks:
    - name: write
      copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: "red\\n"}
    - {name: break, fail: {msg: broken}, when: inventory_hostname == 'bad'}
"""


@pytest.fixture
def state(folder: Path, remediate: Command, hosts: Hosts) -> Path:
    """The store after one run on two hosts, one of which fails."""
    (folder / "p.yaml").write_text(PLAYBOOK)
    words = ("run", "p.yaml", "-e", f"root={folder}/root", "-i", "good,bad,", "--state-dir", "kept")
    assert remediate(*words)[0] == 2
    return folder / "kept"


def test_runs_are_listed(state: Path, remediate: Command) -> None:
    """A line a run: number, playbook, and how it ended; the same as JSON. At the end, the store's size."""
    code, out, _ = remediate("history", "--state-dir", "kept")
    assert code == 0
    assert out.startswith("1  ")
    assert "  p.yaml  2 hosts: 2 changed, 1 failed\n" in out
    assert out.endswith(" kB in kept\n")
    (run,) = json.loads(remediate("history", "--state-dir", "kept", "--json")[1])
    assert (run["run"], run["playbooks"], run["recap"]["hosts"]["bad"]["failed"]) == (1, ["p.yaml"], 1)


def test_a_run_on_one_host_says_so(folder: Path, remediate: Command, hosts: Hosts) -> None:
    """One is no plural."""
    (folder / "p.yaml").write_text(PLAYBOOK)
    remediate("run", "p.yaml", "-e", f"root={folder}/root", "-i", "good,", "--state-dir", "kept")
    assert "  p.yaml  1 host: 1 changed\n" in remediate("history", "--state-dir", "kept")[1]


def test_a_run_is_shown_with_its_diffs(state: Path, remediate: Command) -> None:
    """Changes and failures of all hosts; every task of one."""
    code, out, _ = remediate("history", "--state-dir", "kept", "show", "1")
    assert code == 0
    assert out.count("    +red\n") == 2
    assert "bad  failed  break: broken" in out
    assert "skipped" not in out
    code, out, _ = remediate("history", "--state-dir", "kept", "show", "1", "good")
    assert "good  skipped  break" in out
    assert "bad" not in out
    objects = json.loads(remediate("history", "--state-dir", "kept", "show", "1", "good", "--json")[1])
    kinds = ["intent", "outcome", "task", "task", "through", "left"]
    assert [each["kind"] for each in objects] == kinds


@pytest.mark.parametrize(
    "words", [("show", "1"), ("verify",), ("prune", "--keep", "1d"), ("backup", "copy")], ids=lambda w: w[0]
)
def test_the_store_is_named_before_or_behind(
    state: Path, folder: Path, remediate: Command, words: tuple[str, ...]
) -> None:
    """As with every other command; what stands behind is nearer."""
    before = remediate("history", "--state-dir", "kept", *words)
    (folder / "copy").unlink(missing_ok=True)
    assert remediate("history", *words, "--state-dir", "kept") == before
    assert before[0] == 0
    (folder / "copy").unlink(missing_ok=True)
    assert remediate("history", "--state-dir", "gone", *words, "--state-dir", "kept") == before
    assert "there is no history in gone" in remediate("history", *words, "--state-dir", "gone")[2]


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(
    "words",
    [
        ("run", "p.yaml", "-i", "good,"),
        ("recheck", "p.yaml", "-i", "good,"),
        ("plan", "p.yaml", "-i", "good,", "-o", "change.plan"),
        ("history", "prune", "--keep", "0h"),
    ],
    ids=lambda words: words[0],
)
def test_no_other_key_is_made_for_a_history(
    state: Path, folder: Path, remediate: Command, words: tuple[str, ...]
) -> None:
    """A backup in whose place the key is forgotten is refused before any host is contacted."""
    journal_in(state, head={"recheck": "p", "began": "2026-03-01T06:00:00+00:00"}).close()
    key = (state / KEY_FILE).rename(folder / "key")
    code, _, err = remediate(*words, "--state-dir", "kept")
    said = "".join(line for line in err.splitlines(keepends=True) if not line.startswith("warning: "))
    assert (code, said) == (
        1,
        "remediate: there is no plan.key in kept, and its history was sealed with one"
        " (put a copy of it there, or name its directory: --state-dir)\n",
    )
    assert not (state / KEY_FILE).exists()
    key.rename(state / KEY_FILE)
    assert remediate("history", "verify", "--state-dir", "kept")[1].startswith("whole: 2 runs are as they")


OUTPUTS = r"""
- name: say
  hosts: all
  vars: {door_password: open-sesame}
  tasks:
    - name: few
      shell: printf '%s \033[31mred\n' {{ door_password }}; echo oh >&2
    - name: many
      shell: awk 'BEGIN { for (i = 1; i <= 900; i++) print i }'
    - name: long
      shell: awk 'BEGIN { for (i = 1; i <= 900; i++) printf "%s", i }'
    - {name: each, shell: "echo {{ item }}", loop: [a, b]}
    - {name: ask, command: {cmd: echo same, read_only: true}}
    - {name: hush, shell: echo quiet, no_log: true}
"""


def test_what_commands_printed_is_shown(folder: Path, remediate: Command, hosts: Hosts) -> None:
    """The first lines, made printable and without secrets; all of it as JSON; what no_log hides nowhere."""
    (folder / "p.yaml").write_text(OUTPUTS)
    assert remediate("run", "p.yaml", "-i", "good,")[0] == 0
    out = remediate("history", "show", "1")[1]
    assert "    stdout | (secret door_password) \N{REPLACEMENT CHARACTER}[31mred\n    stderr | oh\n" in out
    assert "    stdout | 20\n    ... 880 more lines: see --json\n" in out
    assert f"{''.join(map(str, range(1, 200)))[:200]}...\n" in out
    assert "    stdout | a\n    stdout | b\n" in out
    assert "same" not in out
    assert "    stdout | same\n" in remediate("history", "show", "1", "good")[1]
    text = remediate("history", "show", "1", "--json")[1]
    outputs = {each["task"]: each.get("outputs") for each in json.loads(text) if each["kind"] == "task"}
    assert outputs["few"] == [{"stdout": "(secret door_password) \033[31mred", "stderr": "oh"}]
    assert outputs["many"] == [{"stdout": "\n".join(map(str, range(1, 901)))}]
    assert outputs["each"] == [{"stdout": "a"}, {"stdout": "b"}]
    assert outputs["hush"] is None
    assert "quiet" not in (out + text).replace("echo quiet", "")
    assert "open-sesame" not in out + text


def test_what_does_not_count_as_a_change_is_shown(folder: Path, remediate: Command, hosts: Hosts) -> None:
    """Whatever `changed_when` says: what was done to a host is told; that somebody waited is not."""
    (folder / "p.yaml").write_text(f"""
- hosts: all
  tasks:
    - {{name: quiet, copy: {{dest: "{folder}/made", content: "hidden\\n"}}, changed_when: false}}
    - {{name: wait, pause: {{seconds: 0}}}}
""")
    assert remediate("run", "p.yaml", "-i", "one,")[0] == 0
    out = remediate("history", "show", "1")[1]
    assert "one  ok  quiet" in out
    assert "+hidden" in out
    assert "wait" not in out


def test_what_was_cut_off_is_named(state: Path, remediate: Command) -> None:
    """A change without an outcome is one of which nobody knows whether it was made."""
    with sqlite3.connect(state / FILE) as database:
        database.execute("DELETE FROM record WHERE kind <> 'intent'")
    out = remediate("history", "--state-dir", "kept", "show", "1", "good")[1]
    assert "  p.yaml  cut off\n" in out
    assert "good  NOT KNOWN whether it was done: create " in out


def test_an_altered_history_is_found_out(state: Path, remediate: Command) -> None:
    """`verify` says where, and ends with 2."""
    code, out, _ = remediate("history", "--state-dir", "kept", "verify")
    assert code == 0
    assert out.startswith("whole: 1 run is as it was written; the last one is run 1 of 20")
    with sqlite3.connect(state / FILE) as database:
        database.execute("UPDATE record SET body = replace(body, 'red', 'blue') WHERE kind = 'task'")
    code, out, _ = remediate("history", "--state-dir", "kept", "verify")
    assert code == 2
    assert out.startswith("ALTERED: run 1, record ")
    with open_history(state) as history:
        assert history.altered() != ""


def test_what_is_unfinished_is_named_with_the_cure(state: Path, remediate: Command) -> None:
    """On which hosts, as far as the run had come; of an undo, what takes back the rest."""
    with sqlite3.connect(state / FILE) as database:
        database.execute("DELETE FROM record WHERE kind = 'ended' OR kind = 'through' AND host = 'bad'")
    history = ("history", "--state-dir", "kept")
    assert "run 1 is unfinished on bad: 'remediate resume 1' goes on with it\n" in remediate(*history)[1]
    (run,) = json.loads(remediate(*history, "--json")[1])
    assert (run["unfinished"], run["under_way"], run["recap"]) == (["bad"], False, None)
    assert remediate("resume", "--state-dir", "kept")[0] == 2
    assert "is unfinished" not in remediate(*history)[1]
    assert remediate("undo", "1", "--state-dir", "kept")[0] == 0
    with sqlite3.connect(state / FILE) as database:
        database.execute("DELETE FROM record WHERE kind = 'ended' AND run = 2")
    assert "p.yaml  cut off: 'remediate undo 1' takes back the rest\n" in remediate(*history)[1]
    code, _, err = remediate("resume", "2", "--state-dir", "kept")
    assert (code, err) == (
        1,
        "remediate: run 2 takes back run 1 ('remediate undo 1' goes on with that)\n",
    )


def test_a_host_that_was_not_begun_is_unfinished_too(state: Path, remediate: Command) -> None:
    """A run that was cut off before a host has it left to do, though nothing tells of it there."""
    with sqlite3.connect(state / FILE) as database:
        database.execute("DELETE FROM record WHERE kind = 'ended' OR host = 'bad' OR kind = 'through'")
    out = remediate("history", "--state-dir", "kept")[1]
    assert "run 1 is unfinished on good, bad: 'remediate resume 1' goes on with it\n" in out


def test_who_went_on_with_a_run_is_shown(state: Path, remediate: Command) -> None:
    """Beside who began it."""
    with sqlite3.connect(state / FILE) as database:
        database.execute("DELETE FROM record WHERE kind IN ('ended', 'left', 'through')")
    remediate("resume", "--state-dir", "kept")
    assert "  gone on with by " in remediate("history", "--state-dir", "kept", "show", "1")[1]


def test_of_several_unfinished_runs_the_last_is_gone_on_with(state: Path, remediate: Command) -> None:
    """And the others are named."""
    words = ("run", "p.yaml", "-e", f"root={state.parent}/root", "-i", "good,", "--state-dir", "kept")
    for _ in range(2):
        assert remediate(*words)[0] == 0
    with sqlite3.connect(state / FILE) as database:
        database.execute("DELETE FROM record WHERE kind = 'ended'")
    resume = ("resume", "--state-dir", "kept")
    _, _, err = remediate(*resume)
    assert err == "going on with run 3; unfinished as well: runs 1, 2 (see 'remediate history')\n"
    _, _, err = remediate(*resume)
    assert err == "going on with run 2; unfinished as well: run 1 (see 'remediate history')\n"
    _, _, err = remediate(*resume)
    assert err == ""


def test_a_run_that_is_under_way_is_said_to_be(folder: Path, remediate: Command) -> None:
    """Not to be cut off: also one that has not done anything yet; of two, the one cut off is gone on with."""
    directory = folder / "state" / "remediate"
    text = (
        "import sys; from pathlib import Path; from tests.journals import journal_in\n"
        "head = {'began': '2026-01-02', 'user': 'anna', 'machine': 'desk', 'playbooks': ['p.yaml']}\n"
        "journal_in(Path(sys.argv[1]), head=head); print(flush=True); sys.stdin.read()"
    )
    line = [sys.executable, "-c", text, str(directory)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(line, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert remediate("history")[1].startswith("1  2026-01-02  anna@desk  p.yaml  under way\n")
        assert remediate("history", "show", "1")[1].endswith("  p.yaml  under way\n")
        (run,) = json.loads(remediate("history", "--json")[1])
        assert run["under_way"] is True
        said = "run 1 is still under way: anna@desk began it 2026-01-02 (wait for its end, or end it)\n"
        for words in ((), ("1",)):
            assert remediate("resume", *words)[::2] == (1, f"remediate: {said}")
        other.communicate()
    out = remediate("history")[1]
    assert "  p.yaml  cut off\nrun 1 is unfinished: 'remediate resume 1' goes on with it\n" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--state-dir", "nowhere"), "there is no history in nowhere (name its directory: --state-dir)"),
        (("--state-dir", "kept", "show", "7"), "there is no run 7"),
        (("--state-dir", "kept", "show", "1", "other"), "run 1 has nothing of a host 'other'"),
    ],
)
@pytest.mark.usefixtures("state")
def test_what_is_not_there_is_bad_input(remediate: Command, words: tuple[str, ...], says: str) -> None:
    """One clear line, and exit code 1."""
    code, _, err = remediate("history", *words)
    assert code == 1
    assert says in err


@pytest.mark.parametrize(
    "words",
    [
        ("history",),
        ("history", "show", "1"),
        ("history", "verify"),
        ("resume",),
        ("resume", "1"),
        ("undo", "1"),
        ("locks", "-i", "good,"),
        ("doctor", "-i", "good,", "--clean"),
        ("locks", "-i", "good,", "--break", "good", "--yes"),
    ],
)
@pytest.mark.usefixtures("nobody")
def test_a_state_directory_that_is_none_is_refused(
    folder: Path, remediate: Command, words: tuple[str, ...]
) -> None:
    """Nobody is contacted, and nothing is made in its place that would look like one."""
    (folder / "empty").mkdir()
    for name in ("nowhere", "empty"):
        at = 1 if words[0] == "history" else len(words)
        code, _, err = remediate(*words[:at], "--state-dir", name, *words[at:])
        assert (code, err) == (
            1,
            f"remediate: there is no history in {name} (name its directory: --state-dir)\n",
        )
    assert not (folder / "nowhere").exists()
    assert list((folder / "empty").iterdir()) == []
