"""Folding: hosts with the same change together, nothing lost and nothing counted twice."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_examples import IDENTITY, NONCE, SEAL, create, edit, effect, fleet, host, plan, small, task

from remediate.reports.plan_folding import fold, sign_of
from remediate.reports.plan_matrix import matrices
from remediate.reports.plan_view import LEFT_OUT, NO_UNDO, PlanView, view_of
from remediate.reports.plan_words import fit_to_show
from remediate.reports.words import named, natural
from remediate.review.plan import Plan, PlannedHost
from remediate.sealing import Sealer


def view(made: Plan) -> PlanView:
    """The plan as its views get it."""
    return view_of(made, identity=IDENTITY, approved_by=())


def risks(made: Plan) -> dict[str, list[tuple[str, str, tuple[str, ...]]]]:
    """Each kind of risk with what, why and where."""
    return {title: [(risk.what, risk.why, risk.hosts) for risk in each] for title, each in view(made).risks}


def test_hosts_with_the_same_change_are_one_group_the_largest_first() -> None:
    """What is equal in status, certainty, message and effects is one group."""
    made = plan(
        [
            host("c", task(0, "t", edit("/a", "1", "2"))),
            host("a10", task(0, "t", edit("/a", "1", "3"))),
            host("a9", task(0, "t", edit("/a", "1", "3"))),
            host("b", task(0, "t", edit("/a", "1", "3"), certainty="provisional", message="after x")),
            host("d", task(0, "t")),
        ]
    )
    [play] = fold(made)
    [folded] = play.tasks
    assert [group.hosts for group in folded.telling] == [("a9", "a10"), ("b",), ("c",)]
    assert folded.idle("nothing to do") == 1
    assert play.hosts == ("a9", "a10", "b", "c", "d")


def test_tasks_come_in_the_order_of_the_run() -> None:
    """The order is that of the steps, whichever host was planned first."""
    made = plan([host("a", task(2, "last")), host("b", task(0, "first"), task(1, "then"), task(2, "last"))])
    assert [each.name for each in fold(made)[0].tasks] == ["first", "then", "last"]


def test_effects_that_only_look_the_same_stay_apart_and_say_so() -> None:
    """A digest stands for the whole effect: where it differs, hosts are not 'the same'."""
    one, other = (effect("run x", "~ run x\n", digest=digest) for digest in "ab")
    made = plan([host("a", task(0, "t", one)), host("b", task(0, "t", one)), host("c", task(0, "t", other))])
    groups = fold(made)[0].tasks[0].groups
    assert [group.unlike for group in groups] == [False, True]
    assert "looks like the one above" in groups[1].headline


@pytest.mark.parametrize(
    ("diff", "sign"),
    [
        (create("/a", "x\n").diff, "+"),
        (edit("/a", "1", "2").diff, "~"),
        ("--- /a\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n", "-"),
        ("+ directory /a mode 0755\n", "+"),
        ("- link /a -> /b\n+ link /a -> /c\n", "~"),
        ("- document 1\n-   field = 2\n", "-"),
        ("~ run reboot\n", "~"),
        ("  document 1\n- a = 1\n+ a = 2\n", "~"),
        ("  wait for a person:\n    do it\n", ""),
        ("hidden: no_log\n", "~"),
        ("", "~"),
    ],
)
def test_the_sign_of_a_change(diff: str, sign: str) -> None:
    """A diff of a new file adds, of one that goes removes; what only waits has no sign; all else changes."""
    assert sign_of(diff) == sign


def test_a_diff_that_says_the_summary_again_is_left_out() -> None:
    """One line is enough for a command, or for what is hidden."""
    effects = (effect("run x", "~ run x\n"), effect("hidden", "hidden\n"), effect("run x", "~ run x y\n"))
    [folded] = fold(plan([host("a", task(0, "t", *effects))]))[0].tasks
    assert [change.diff for change in folded.groups[0].changes] == ["", "", "~ run x y\n"]


def test_a_person_is_told_for_what() -> None:
    """Where a task has no message, its effects say what the person is needed for."""
    ask = effect("wait for a person: pull the plug", "  wait for a person:\n    pull the plug\n")
    told = risks(plan([host("a", task(0, "t", ask, status="ok", asks_person=True))]))
    assert told == {"Needs a person": [("t", "wait for a person: pull the plug", ("a",))]}


def test_figures_count_effects_on_hosts() -> None:
    """Every effect counts once for each host; waiting is no change; a left-out host has none."""
    figures = view(small()).figures
    assert (figures.hosts, figures.in_change, figures.left_out, figures.changed_hosts) == (42, 40, 2, 40)
    assert (figures.adds, figures.changes, figures.removes) == (3 + 1, 27 + 40 + 39, 2)
    assert (figures.no_undo, figures.by_hand, figures.after_apply, figures.provisional) == (40, 1, 39, 27)
    assert figures.sentence() == (
        "Plan: 112 changes on 40 of 42 hosts (+ 4  ~ 106  - 2); 39 known only after apply; 27 provisional; "
        "40 cannot be undone; 1 to be done by a person; 2 hosts not in the change"
    )


def test_risks_are_merged_over_tasks_and_hosts() -> None:
    """The same reason for the same thing is told once, with all its hosts in order."""
    told = risks(small())
    assert list(told) == [
        "Cannot be undone",
        "Needs a person",
        "Known only after apply",
        "Provisional: an earlier change may still alter it",
        LEFT_OUT,
    ]
    reload = told[NO_UNDO][0]
    assert reload[:2] == ("tell SMDreal to reload", "a command of a console has no opposite")
    assert reload[2] == tuple(f"mail{number:02}" for number in range(1, 40))
    assert told[LEFT_OUT] == [
        ("unreachable", "", ("lost1",)),
        ("failed", "See which pattern is there: no such file: /opt/pattern/version", ("old1",)),
    ]


def test_a_host_that_failed_has_no_part_in_the_change() -> None:
    """What a failed host did before it failed is no change of the plan."""
    made = plan([host("a", task(0, "t", edit("/a", "1", "2")), outcome="failed")])
    assert fold(made) == ()
    assert view(made).figures.total == 0


def test_seals_are_words_and_nothing_steers_a_terminal() -> None:
    """No seal and no control character is left in any text of a view."""
    nasty = f"\x1b[2J{SEAL}\r\n\u202e"
    made = plan(
        [
            host(f"h{nasty}", task(0, f"t{nasty}", edit(f"/a{nasty}", "1", nasty), message=nasty)),
            host(f"x{nasty}", outcome=nasty),
        ],
        warnings=(nasty,),
        planner=nasty,
    )
    shown = view_of(made, identity=IDENTITY, approved_by=(nasty,))
    text = repr(shown)
    assert "<<secret" not in text
    assert "(secret proxy_password)" in text
    for code in ("\\x1b", "\\r", "\\u202e", "\\x00"):
        assert code not in text


def test_a_seal_of_another_plan_is_text() -> None:
    """What only looks like a seal is shown as it is."""
    forged = SEAL.replace("c0ffee", "decafe")
    made = plan([host("a", task(0, "t", edit("/a", "1", forged)))])
    assert forged in fold(made)[0].tasks[0].groups[0].changes[0].diff


def test_a_seal_says_whose_it_is_and_no_more() -> None:
    """The name in words; none where it is a secret itself; and the plan's own nonce is text again."""
    sealer = Sealer([("db_password", "hunter22"), ("word_password", "password")], b"k" * 32, NONCE)
    sealed = sealer.seal(f"a hunter22 b password c {NONCE} d")
    assert "hunter22" not in sealed
    assert fit_to_show(sealed, NONCE) == f"a (secret) b (secret) c {NONCE} d"
    named_seal = Sealer([("db_key", "hunter22")], b"k" * 32, NONCE).seal("x=hunter22;")
    assert fit_to_show(named_seal, NONCE) == "x=(secret db_key);"


def test_halves_of_letters_can_be_shown() -> None:
    """JSON may hold a half of a letter, which no encoding knows; it is replaced."""
    assert fit_to_show("a\ud800b\udfff", NONCE) == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"


_EFFECTS = st.sampled_from(
    [(), (edit("/a", "1", "2"),), (create("/b", "x\n"), edit("/a", "1", "2")), (effect("w", "  wait\n"),)]
)


@st.composite
def _hosts(draw: st.DrawFn) -> list[PlannedHost]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        tasks = [
            task(
                step,
                "t",
                *draw(_EFFECTS),
                certainty=draw(st.sampled_from(["known", "provisional", "unknown"])),
                status=draw(st.sampled_from(["ok", "changed", "skipped", "unknown", "failed"])),
            )
            for step in sorted(draw(st.sets(st.integers(0, 3))))
        ]
        made.append(host(f"h{number}", *tasks, outcome=draw(st.sampled_from(["done", "done", "failed"]))))
    return made


@given(_hosts())
def test_folding_loses_nothing(hosts: list[PlannedHost]) -> None:
    """Unfolded again, every host has the tasks and effects that it had, and so has the matrix."""
    plays = fold(plan(hosts))
    found = Counter(
        (name, task.step, group.status, group.certainty, len(group.changes))
        for play in plays
        for task in play.tasks
        for group in task.groups
        for name in group.hosts
    )
    real = [each for each in hosts if each.outcome == "done"]
    assert found == Counter(
        (each.name, task.step, task.status, task.certainty, len(task.effects))
        for each in real
        for task in each.tasks
    )
    for play in plays:
        kinds = {
            (name, task.step): group.kind
            for task in play.tasks
            for group in task.groups
            for name in group.hosts
        }
        for matrix in matrices(play):
            assert sorted(name for row in matrix.rows for name in row.hosts) == sorted(play.hosts)
            for row in matrix.rows:
                for column, cell in zip(matrix.tasks, row.cells, strict=True):
                    for name in row.hosts:
                        assert cell.kind == kinds.get((name, column.step), "not run")


@given(_hosts())
def test_the_order_of_the_hosts_in_a_plan_changes_nothing(hosts: list[PlannedHost]) -> None:
    """A plan's hosts come as they were done; its views do not depend on that."""
    made = plan(hosts)
    assert view(made) == view(replace(made, hosts=made.hosts[::-1]))


def test_very_many_tasks_are_several_tables() -> None:
    """No table is wider than a sheet of paper, and every task is in one of them."""
    [play] = fold(fleet(10, 100))
    tables = list(matrices(play))
    assert [(table.part, table.parts) for table in tables] == [(1, 3), (2, 3), (3, 3)]
    assert max(len(table.tasks) for table in tables) <= 30
    assert [task.step for table in tables for task in table.tasks] == [
        task.step for task in play.tasks if task.telling
    ]


def test_names_are_counted_where_there_are_many() -> None:
    """Eight hosts are named; of more the rest is counted; all of them are one word."""
    hosts = tuple(f"h{number}" for number in range(12))
    assert named(hosts[:2], hosts) == "h0, h1"
    assert named(hosts[:11], hosts) == "h0, h1, h2, h3, h4, h5, h6, h7 and 3 more"
    assert named(hosts, hosts) == "all 12 hosts"
    assert named(hosts[:2], hosts[:2]) == "both hosts"
    assert named(hosts[:1], hosts[:1]) == "h0"


@given(st.lists(st.text(max_size=5)))
def test_any_names_have_an_order(names: list[str]) -> None:
    """Numbers are ordered as numbers, and no name breaks it."""
    backwards = names[::-1]
    assert sorted(names, key=natural) == sorted(backwards, key=natural)
    assert sorted(["m10", "m9", "m09", "a", "10", "9"], key=natural) == ["9", "10", "a", "m09", "m9", "m10"]
