"""A plan for its readers: what they see of it, on the terminal and in files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from remediate.cli.outputs import put
from remediate.reports.plan_html import page
from remediate.reports.plan_markdown import markdown
from remediate.reports.plan_view import PlanView, view_of
from remediate.reports.words import counted
from remediate.review.approvals import judge_approvals
from remediate.review.plan import Plan
from remediate.review.plan_file import ReadPlan, read_plan


def view_of_file(path: Path, allowed_signers: Path | None) -> PlanView:
    """What people see of the plan in a file, and by whom it is approved.

    Raises:
        UsageError: it is no plan, or was changed; or the file of allowed signers cannot be read.
    """
    read = read_plan(path)
    return view(read.plan, read.identity, _approvals(read, allowed_signers))


def _approvals(read: ReadPlan, allowed_signers: Path | None) -> Sequence[str]:
    """Who has approved, and what does not count; without a file of those who may, how many signatures."""
    if allowed_signers is None:
        number = len(read.approvals)
        return [f"{counted(number, 'signature')}, not checked"] if number else []
    judged = judge_approvals(read, allowed_signers)
    return [*judged.approvers, *(f"does not count: {why}" for why in judged.refused)]


def view(plan: Plan, identity: str, approved_by: Sequence[str] = ()) -> PlanView:
    """What people see of a plan."""
    return view_of(plan, identity=identity, approved_by=approved_by)


def write_views(view: PlanView, options: Mapping[str, Any]) -> None:
    """The web page and the Markdown, each if an option names its file.

    Raises:
        UsageError: a file cannot be written.
    """
    for option, write in (("html", page), ("markdown", markdown)):
        path: Path | None = options[option]
        if path is not None:
            put(option, path, write(view))
