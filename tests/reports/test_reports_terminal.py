"""The terminal: what is shown, in plain lines, and nothing that a host could steer it with."""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import Hosts, TestHost, down, perform, play

from remediate.engine.events import (
    Counts,
    HostEnded,
    PersonAsked,
    PlayStarted,
    Printed,
    Recap,
    TaskEnded,
    Warned,
)
from remediate.reports.cleaning import printable
from remediate.reports.terminal import Terminal
from remediate.secrecy import Redactor


def show(tmp_path: Path, tasks: str, *, secrets: tuple[str, ...] = (), **settings: Any) -> str:
    """What is shown of a run."""
    out = io.StringIO()
    how = {key: settings.pop(key) for key in ("verbosity", "diff") if key in settings}
    terminal = Terminal(Redactor(secrets), out=out, **how)
    perform(tmp_path, play(tasks), watch=lambda _run, event: terminal(event), **settings)
    return out.getvalue()


def event(**values: Any) -> TaskEnded:
    """A task's end."""
    usual: dict[str, Any] = {
        "step": (0, 0),
        "play": "p",
        "task": "t",
        "place": "f:1",
        "module": "debug",
        "host": "h",
        "status": "ok",
    }
    return TaskEnded(**{**usual, **values})


def told(*events: Any, **how: Any) -> str:
    """What is shown of some events."""
    out = io.StringIO()
    terminal = Terminal(Redactor(()), out=out, **how)
    for each in events:
        terminal(each)
    return out.getvalue()


def test_a_figure_beyond_its_limits_is_shown(tmp_path: Path) -> None:
    """With the word for how grave it is, though it is no failure; one within them only with -v."""
    tasks = """
- {name: days, figure: {value: 12, unit: d, warning: 30, critical: 7}}
- {name: more, figure: {value: 90, unit: d, warning: 30, critical: 7}}
"""
    for dry_run in (True, False):
        text = show(tmp_path, tasks, dry_run=dry_run)
        assert "warning      one  days: 12 d, below 30\n" in text
        assert "more" not in text
        assert "failed=0" in text
    assert "ok           one  more: 90 d\n" in show(tmp_path, tasks, verbosity=1)


def test_debug_is_shown_with_as_many_v_as_it_wants(tmp_path: Path) -> None:
    """Also the message of a task that is shown anyway, and of each item of a loop."""
    tasks = """
- {name: words, debug: {msg: hello, verbosity: 2}}
- {name: more, debug: {msg: "and {{ item }}", verbosity: 1}, loop: [you, me]}
"""
    shown = [show(tmp_path, tasks, verbosity=number) for number in range(3)]
    assert ["hello" in each for each in shown] == [False, False, True]
    assert ["and you" in each for each in shown] == [False, True, True]
    assert ["words" in each for each in shown] == [False, True, True]


def test_only_what_matters_is_shown_and_all_with_v(tmp_path: Path) -> None:
    """Without -v no ok and no skipped task, but what changed, and the words of debug."""
    tasks = """
- {name: quiet, assert: {that: [true]}}
- {name: away, debug: {msg: x}, when: false}
- {name: words, debug: {msg: hello}}
- {name: edit, copy: {dest: "{{ root }}/a", content: "x\\n"}}
"""
    plain = show(tmp_path, tasks, dry_run=True, diff=True)
    assert "quiet" not in plain
    assert "away" not in plain
    assert "ok           one  words: hello" in plain
    assert "would change one  edit\n" in plain
    assert "    +x\n" in plain
    loud = show(tmp_path, tasks, dry_run=True, verbosity=2)
    assert "quiet" in loud
    assert "skipped      one  away" in loud
    assert "msg: 'hello'" in loud
    assert "    create " in loud


UNSAID = """
- {name: gone, file: {path: "{{ root }}/gone", state: absent}, changed_when: false}
- {name: run, command: "rm -f {{ root }}/more", changed_when: false}
- {name: wait, pause: {seconds: 0}}
- {name: look, command: {cmd: "true", read_only: true}}
"""


def test_changed_when_hides_no_change(tmp_path: Path) -> None:
    """A dry run shows what would be done, and `diff` what was done, though it does not count as a change."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "gone").write_text("precious\n")
    dry = show(tmp_path, UNSAID, dry_run=True)
    assert "ok           one  gone [changed_when: false]\n    remove /" in dry
    assert "ok           one  run [changed_when: false]\n    run rm -f /" in dry
    assert "would-change=0" in dry
    assert "-precious\n" in show(tmp_path, UNSAID, dry_run=True, diff=True)
    done = show(tmp_path, UNSAID, diff=True)
    assert "-precious\n" in done
    assert "~ run rm -f /" in done
    assert not {"wait", "look"} & {*dry.split(), *done.split()}


def test_the_summary_groups_hosts_by_change_and_repeats_failures(tmp_path: Path) -> None:
    """At the end: which task changes which hosts, what is only known later, and every failure once more."""
    tasks = """
- {name: edit, copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: "x\\n"}}
- {name: ask, command: "echo x", register: r, when: inventory_hostname == 'a'}
- {name: use, debug: {msg: "{{ r.stdout | default('') }}"}}
- {name: bad, fail: {msg: it broke}, when: inventory_hostname == 'b'}
"""
    hosts = Hosts(d=TestHost("d", before=down))
    shown = show(tmp_path, tasks, dry_run=True, inventory="a,b,c,d,", hosts=hosts)
    before, _, summary = shown.partition("RECAP")
    assert "  edit: a, b, c\n" in summary
    assert "Known only when it is applied:\n  use: a\n" in summary
    assert "  b  bad: it broke\n" in summary
    assert "  d  edit: refused the connection (start sshd)\n" in summary
    assert "unknown      a" not in before
    assert summary.endswith("4 hosts: 3 would be changed, 1 failed, 1 unreachable\n")


def test_many_hosts_are_counted_and_all_are_called_all() -> None:
    """A summary line names at most eight hosts."""
    names = [f"h{n:02}" for n in range(20)]
    counts = {name: Counts(ok=1) for name in names}
    some = [event(host=name, status="changed", task="some") for name in names[:10]]
    every = [event(host=name, status="changed", task="every") for name in names]
    shown = told(*some, *every, Recap(hosts=counts, dry_run=False, seconds=1))
    assert "  some: h00, h01, h02, h03, h04, h05, h06, h07 and 2 more\n" in shown
    assert "  every: all 20 hosts\n" in shown


def test_the_summary_repeats_only_the_beginning_of_a_long_message() -> None:
    """The whole message stands where the task failed; the reminder is one line, and holds no cut secret."""
    long = event(status="failed", message="x" * 155 + " hunter22\nand " + "y" * 200)
    out = io.StringIO()
    terminal = Terminal(Redactor(["hunter22"]), out=out)
    terminal(long)
    terminal(Recap(hosts={"h": Counts(failed=1), "i": Counts()}, dry_run=False, seconds=1))
    before, _, summary = out.getvalue().partition("RECAP")
    assert "y" * 200 in before
    assert f"  h  t: {'x' * 155} ****...\n" in summary


def test_doubt_is_marked() -> None:
    """Provisional changes say on what they rest; a change that may come is called so."""
    start = PlayStarted(play="p", hosts=("h",), batch=1, batches=1, dry_run=True)
    shown = told(
        start,
        event(status="changed", certainty="provisional", message="unless task 'x' changes what it rests on"),
        event(
            status="unknown", certainty="unknown", effects=("write /a",), message="unknown until applied: x"
        ),
    )
    assert "PLAY p (1 host; dry run, nothing is changed)" in shown
    assert "would change h  t [provisional]: unless task 'x' changes what it rests on\n" in shown
    assert "may change   h  t: unknown until applied: x\n    write /a\n" in shown


def test_what_was_not_done_is_said() -> None:
    """A host that did not come to its end is marked; an interrupted run says so."""
    recap = Recap(hosts={"h": Counts(stopped=True)}, dry_run=False, seconds=1, interrupted=True)
    shown = told(Warned(message="careful"), HostEnded(play="p", host="h", outcome="stopped"), recap)
    assert "warning: careful" in shown
    assert "h  ok=0  changed=0  failed=0  stopped before the end" in shown
    assert "Interrupted" in shown
    assert shown.endswith("1 stopped before the end\n")


EVIL = "\x1b[31mred\x1b]0;title\x07 \x9b2J \r over \x08\x7f \u202e rtl\x00"


@pytest.mark.parametrize("place", ["message", "task", "diff", "play", "host"])
def test_no_text_of_a_host_steers_the_terminal(place: str) -> None:
    """Escape sequences, carriage returns, NUL and direction marks come out as replacement characters."""
    status = "changed"
    shown = told(
        PlayStarted(play=EVIL, hosts=("h",), batch=1, batches=1, dry_run=False),
        event(**{"status": status, place: EVIL, "result": {EVIL: EVIL}}),
        Recap(hosts={EVIL: Counts(ok=1)}, dry_run=False, seconds=1),
        diff=True,
        verbosity=2,
    )
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert "red" in shown


def test_a_dry_run_says_what_a_person_must_do(tmp_path: Path) -> None:
    """Without -v too, with the prompt; the summary names the hosts."""
    tasks = "- {name: enter the key, pause: {prompt: open the console, word: done}}"
    said = show(tmp_path, tasks, dry_run=True)
    assert "would ask    one  enter the key\n    wait for a person: open the console\n" in said
    assert "To be done by a person:\n  enter the key: one\n" in said


def test_a_secret_is_masked_where_a_prompt_is_told_in_one_line(tmp_path: Path) -> None:
    """The message that nobody is there folds the prompt, and the secret in it."""
    pause = '- pause: {prompt: "type\\n{{ word }}\\nnow"}'
    secret = "correct  horse\nbattery"
    for dry_run in (True, False):
        out = show(tmp_path, pause, secrets=(secret,), extra={"word": secret}, dry_run=dry_run)
        assert "type ******** now" in out
        assert "horse" not in out


def test_the_person_sees_every_line_of_the_prompt_and_all_hosts() -> None:
    """The hosts are named, however many."""
    hosts = tuple(f"h{number}" for number in range(30))
    said = told(PersonAsked(play="p", hosts=hosts, prompt="1. open\n  2. close\n"))
    assert "for 30 hosts" in said
    assert ", ".join(hosts) in said
    assert "    1. open\n      2. close\n" in said


def test_no_text_of_a_host_passes_for_a_line_of_ours() -> None:
    """What follows a line feed in a message or a name is indented."""
    shown = told(event(status="failed", message="bad\nok  other-host  fine\n"))
    assert "\n      ok  other-host" in shown


def test_brackets_are_no_markup() -> None:
    """`[bold]` and `:smile:` in a message stay as they are."""
    assert "[bold] :smile: [/]" in told(event(message="[bold] :smile: [/]"))


def test_tabs_stay() -> None:
    """A diff of a file with tabs is readable."""
    assert printable("a\tb") == "a\tb"


def test_secrets_are_masked_in_every_place(tmp_path: Path) -> None:
    """In messages, diffs, effects and results, also where repr would escape them."""
    secret = 'it\'s "s3cret" \\o/'
    tasks = """
- {name: "t {{ pw }}", copy: {dest: "{{ root }}/a", content: "{{ pw }}\\n"}}
- {name: m, debug: {msg: "{{ pw }}"}}
- {name: c, command: {argv: [echo, "{{ pw }}"]}}
"""
    quoted = secret.replace("'", "'\\''")
    shown = show(tmp_path, tasks, secrets=(secret, quoted), extra={"pw": secret}, diff=True, verbosity=2)
    assert "s3cret" not in shown
    assert shown.count("********") >= 5


@given(st.text())
def test_printable_is_printable_and_keeps_what_is(text: str) -> None:
    """The result has only letters that are shown, tabs and line feeds; a text of such stays."""
    clean = printable(text)
    assert all(each.isprintable() or each in "\n\t" for each in clean)
    assert printable(clean) == clean
    if text.isprintable():
        assert clean == text


def test_what_commands_print_is_shown_once(tmp_path: Path) -> None:
    """With -v, also of quick ones, of each item, and of one whose result was only collected; never twice."""
    tasks = """
- {name: say, shell: "echo {{ item }}; echo oh >&2", loop: [one, two]}
- {name: hush, shell: echo quiet, no_log: true}
"""
    assert "| " not in show(tmp_path, tasks)
    shown = show(tmp_path, tasks, verbosity=1)
    assert "    | one\n    | oh\n    | two\n    | oh\n" in shown
    assert "quiet" not in shown
    live = Printed(host="h", task="{{ name }}", lines=("one",))
    items = {"results": [{"stdout": "one"}, {"stdout": "two"}]}
    shown = told(live, event(status="changed", result=items), event(result={"stdout": "one"}), verbosity=1)
    assert [line for line in shown.splitlines() if "| " in line] == [
        "running      h  {{ name }} | one",
        "    | two",
        "    | one",
    ]
