"""`remediate show`: the plan in plain lines, in colour on a terminal."""

import io

from plan_examples import IDENTITY, create, edit, host, plan, small, task

from remediate.reports.plan_text import plan_lines, print_plan
from remediate.reports.plan_view import view_of
from remediate.review.plan import Plan


def shown(made: Plan, *approved_by: str) -> str:
    """What is printed of a plan where there is no terminal."""
    out = io.StringIO()
    print_plan(view_of(made, identity=IDENTITY, approved_by=approved_by), out)
    return out.getvalue()


def test_risks_first_then_tasks_then_one_sentence() -> None:
    """The order is: what it is, its risks, its plays, and the figures as the last line."""
    text = shown(small(), "bob", "dora")
    places = [
        text.index(each)
        for each in (
            IDENTITY,
            "Approved by  bob, dora",
            "\nCannot be undone:\n",
            "\nNeeds a person:\n",
            "\nKnown only after apply:\n",
            "\nNot in the change",
            "\nWarnings:\n",
            "\nPLAY Bring the pattern up to date (40 hosts)\n",
            "  TASK Set the proxy  copy, pattern.yaml:16:7\n",
            "\nPlan: 112 changes on 40 of 42 hosts",
        )
    ]
    assert places == sorted(places)
    assert text.splitlines()[-1].startswith("Plan: ")


def test_a_group_is_told_once_with_its_diff() -> None:
    """On 27 hosts the same: the names, the change and its diff stand there once."""
    text = shown(small())
    names = "mail13, mail14, mail15, mail16, mail17, mail18, mail19, mail20 and 19 more"
    assert f"  ~ on 27 hosts the same: {names}\n    ~ write /opt/pattern/proxy.conf\n" in text
    assert text.count("+proxy=http://u:(secret proxy_password)@proxy1:3128") == 1
    assert "  . nothing to do on 12 hosts\n" in text
    assert "  ? on 39 hosts the same (known after apply): " in text
    assert "  ~ on 40 hosts the same: all 40 hosts\n" in text
    assert "      cannot be undone: a deleted document cannot be brought back from here\n" in text
    assert "  1 task with nothing to do on any host\n" in text


def test_nobody_has_approved_and_no_limit_of_time() -> None:
    """What is not there is said in words."""
    text = shown(plan([host("a")], not_before="", not_after="", secrets=()))
    assert "Approved by  nobody yet\n" in text
    assert "Window       no limit of time\n" in text
    assert "Secrets" not in text
    assert text.endswith("\nPlan: 0 changes on 0 of 1 host (+ 0  ~ 0  - 0)\n")


def test_no_text_of_a_host_passes_for_a_line_of_ours() -> None:
    """Every line of a message or diff is indented, and a summary is one line."""
    forged = "x\nPlan: 0 changes"
    wild = [edit(f"/a{forged}", "1", forged), create(forged, forged)]
    text = shown(
        plan(
            [host(f"a{forged}", task(0, forged, *wild, message=forged)), host(f"b{forged}", outcome=forged)],
            planner=forged,
        )
    )
    assert sum(line.startswith("Plan: ") for line in text.splitlines()) == 1


def test_colour_is_a_style_of_the_line_and_never_in_a_file() -> None:
    """In a file there are no escape sequences; for a terminal, added lines are green."""
    assert "\x1b" not in shown(small())
    lines = list(plan_lines(view_of(small(), identity=IDENTITY, approved_by=())))
    assert {str(line.style) for line in lines if line.plain.strip().startswith("+site=")} == {"green"}
