"""From events to findings: what each task says of its host, one finding a check, the gravest."""

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import Hosts, TestHost, down, perform, play

from remediate.engine.events import Seen, TaskEnded
from remediate.facts.system import Identity
from remediate.measured import Measured
from remediate.modules.judgement import Judgement
from remediate.recheck.gathering import CONNECTION, Gatherer, gravity
from remediate.store.findings import Finding

SEEN = Seen(fact=Identity(), user="", answer=None)
GOOD, BAD = Judgement(severity="ok"), Judgement(severity="critical")
SOON = Judgement(severity="warning", measured=Measured(value=12, unit="d", warning=30, critical=7))


def ended(**values: Any) -> TaskEnded:
    """The end of a task on the host `one`."""
    usual: dict[str, Any] = {
        "step": (0, 0),
        "play": "p",
        "task": "licence",
        "place": "f:1",
        "module": "command",
        "host": "one",
        "status": "ok",
    }
    return TaskEnded(**{**usual, **values})


def check(**values: Any) -> TaskEnded:
    """The end of a check."""
    return ended(module="assert", check=True, **values)


def gathered(*events: TaskEnded, standing: tuple[Finding, ...] = ()) -> tuple[Finding, ...]:
    """What comes of some events."""
    gatherer = Gatherer(str)
    for each in events:
        gatherer(each)
    return gatherer.found(standing)


TOLD: list[tuple[TaskEnded, tuple[str, str, str]]] = [
    (check(judgement=GOOD, message="fine"), ("ok", "ok", "fine")),
    (check(status="failed", judgement=BAD, message="expired"), ("drifted", "critical", "expired")),
    (check(status="failed", judgement=BAD, ignored=True), ("drifted", "warning", "")),
    (check(status="failed", message="'x' is undefined"), ("failed", "unknown", "'x' is undefined")),
    (check(status="failed", judgement=Judgement(severity="unknown")), ("failed", "unknown", "")),
    (check(status="failed", judgement=GOOD), ("failed", "unknown", "")),
    (check(status="unknown", judgement=BAD), ("failed", "unknown", "")),
    (check(judgement=SOON), ("drifted", "warning", "")),
    (ended(status="changed", effects=("write /a", "mode /a")), ("drifted", "critical", "write /a; mode /a")),
    (ended(status="failed", message=" no such file\n"), ("failed", "unknown", "no such file")),
]


@pytest.mark.parametrize(("event", "told"), TOLD)
def test_what_a_task_says(event: TaskEnded, told: tuple[str, str, str]) -> None:
    """A check always says something; another task only that something would be changed, or went wrong."""
    (found,) = gathered(event)
    assert (found.host, found.check) == ("one", "licence")
    assert (found.verdict, found.severity, found.message) == told


SILENT = [
    ended(),
    ended(status="skipped"),
    ended(status="unknown"),
    ended(status="failed", ignored=True),
    ended(status="failed", rescued=True),
    ended(status="changed", handler=True),
    check(status="skipped"),
]


@pytest.mark.parametrize("event", SILENT)
def test_what_says_nothing(event: TaskEnded) -> None:
    """Questions that were answered, what is not for this host, and what comes of something found already."""
    assert gathered(event) == ()


def test_a_figure_comes_with_its_limits() -> None:
    """As the store keeps it."""
    (found,) = gathered(check(judgement=SOON))
    assert found.figure == Measured(value=12, unit="d", warning=30, critical=7)


def test_a_host_that_answers_or_cannot_be_reached_says_so() -> None:
    """A task that asks nothing is no proof of a connection; a host that is lost is not reached."""
    asked, lost = ended(seen=(SEEN,)), ended(status="unreachable", message="no route")
    (found,) = gathered(asked)
    assert (found.check, found.verdict, found.severity) == (CONNECTION, "ok", "ok")
    (found,) = gathered(asked, lost)
    assert (found.verdict, found.severity, found.message) == ("unreachable", "unknown", "no route")


@pytest.mark.parametrize("event", [ended(), ended(status="skipped")])
def test_a_change_that_is_not_needed_any_more_is_told_once(event: TaskEnded) -> None:
    """Good again where it was bad, and nothing to tell where it was good, or another host's."""
    bad = Finding(host="one", check="licence", verdict="drifted", severity="critical")
    good = Finding(host="one", check="licence", verdict="ok", severity="ok")
    other = Finding(host="two", check="licence", verdict="drifted", severity="critical")
    assert gathered(event, standing=(bad,)) == (good,)
    assert gathered(event, standing=(good, other)) == ()
    assert gathered(event, ended(status="changed"), standing=(bad,))[0].severity == "critical"
    assert gathered(check(status="skipped"), standing=(bad,)) == ()


def test_of_checks_with_one_name_the_gravest_counts() -> None:
    """In whatever order they end."""
    events = [event for event, _ in TOLD]
    graves = min(gravity(each) for event in events for each in gathered(event))
    for some in permutations(events, 3):
        worst = min(gravity(each) for event in some for each in gathered(event))
        (found,) = gathered(*some)
        assert gravity(found) == worst >= graves


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from([GOOD, BAD]))))
def test_each_check_of_each_host_has_one_finding(told: list[tuple[str, str, Judgement]]) -> None:
    """None is lost, none comes twice, and those of a host stand together in the order of its tasks."""
    found = gathered(*(check(host=host, task=task, judgement=said) for host, task, said in told))
    assert {(each.host, each.check) for each in found} == {(host, task) for host, task, _ in told}
    assert len(found) == len({(host, task) for host, task, _ in told})
    assert [each.host for each in found] == sorted(each.host for each in found)
    for name in "abc":
        tasks = [each.check for each in found if each.host == name]
        assert tasks == list(dict.fromkeys(task for host, task, _ in told if host == name))


def test_nothing_is_kept_that_must_not_be() -> None:
    """Names and messages are cleaned before they are compared."""
    gatherer = Gatherer(lambda text: text.replace("hunter2", "*"))
    gatherer(check(status="failed", judgement=BAD, task="door hunter2", message="is hunter2"))
    (found,) = gatherer.found()
    assert (found.check, found.message) == ("door *", "is *")


CHECKS = """
- {name: first, assert: {that: [false], fail_msg: broken}}
- {name: second, assert: {that: no_such_variable}}
- {name: days, figure: {value: 3, unit: d, warning: 30, critical: 7}}
- {name: hidden, figure: {value: 3, critical: 7}, no_log: true}
- {name: tolerated, assert: {that: [false]}, ignore_errors: true}
- {name: each, loop: [9, 5], figure: {value: "{{ item }}", critical: 7}}
- {name: ask, command: {cmd: echo hello, read_only: true}, register: said}
- {name: last, assert: {that: "said.stdout == 'hello'"}}
- {name: edit, copy: {dest: "{{ root }}/a", content: x}, notify: again}
"""
HANDLERS = "  handlers:\n    - {name: again, command: 'false'}\n"


def test_a_run_is_looked_through_to_its_end(tmp_path: Path) -> None:
    """No check that fails ends its host; what a host says comes out of the run's own events."""
    hosts = Hosts(two=TestHost("two", before=down))
    ran = perform(
        tmp_path,
        play(CHECKS, more=HANDLERS + "  max_fail_percentage: 0\n"),
        inventory="one,two,",
        hosts=hosts,
        dry_run=True,
        every_check=True,
    )
    found = {(each.host, each.check): each for each in gathered(*ran.tasks)}
    assert {check: each.severity for (host, check), each in found.items() if host == "one"} == {
        "first": "critical",
        "second": "unknown",
        "days": "critical",
        "hidden": "critical",
        "tolerated": "warning",
        "each": "critical",
        CONNECTION: "ok",
        "last": "ok",
        "edit": "critical",
    }
    assert found["one", "each"].figure == Measured(value=5, critical=7)
    assert found["one", "hidden"].figure is None
    assert found["two", CONNECTION].verdict == "unreachable"
    assert ran.outcomes() == {"one": "done", "two": "unreachable"}


def test_in_any_other_run_a_check_that_fails_ends_its_host(tmp_path: Path) -> None:
    """And in a re-check what is no check does, or a check in a block with a rescue its block."""
    ran = perform(tmp_path, play(CHECKS, more=HANDLERS), dry_run=True)
    assert ran.names() == ["first"]
    ran = perform(
        tmp_path,
        play("- {name: a, fail: {msg: x}}\n- {name: b, debug: {msg: x}}"),
        dry_run=True,
        every_check=True,
    )
    assert ran.names() == ["a"]
    block = """
- block:
    - {name: a, assert: {that: [false]}}
    - {name: b, debug: {msg: x}}
  rescue:
    - {name: c, debug: {msg: x}}
"""
    ran = perform(tmp_path, play(block), dry_run=True, every_check=True)
    assert ran.names() == ["a", "c"]
