"""A plan for its readers: what they see of it, on the terminal and in files."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from remediate.errors import UsageError
from remediate.reports.plan_html import page
from remediate.reports.plan_markdown import markdown
from remediate.reports.plan_view import PlanView, view_of
from remediate.review.approvals import judge_approvals
from remediate.review.plan import Plan
from remediate.review.plan_file import ReadPlan, read_plan

_ANOTHER = "name a file in a directory that is there, and that you may write"


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
        return [f"{number} signature{'s' if number > 1 else ''}, not checked"] if number else []
    judged = judge_approvals(read, allowed_signers)
    return [*judged.approvers, *(f"does not count: {why}" for why in judged.refused)]


def view(plan: Plan, identity: str, approved_by: Sequence[str] = ()) -> PlanView:
    """What people see of a plan."""
    return view_of(plan, identity=identity, approved_by=approved_by)


def refuse_unwritable(options: Mapping[str, Any], *names: str, inputs: Iterable[Path]) -> None:
    """See that the files which these options name can be written, before there is anything to write.

    Raises:
        UsageError: one cannot, or is one of the inputs, or another output.
    """
    taken = {path.resolve() for path in inputs}
    for name in names:
        path: Path | None = options[name]
        if path is not None and (path.is_dir() or not os.access(path.absolute().parent, os.W_OK)):
            raise UsageError(f"--{name} {path}: cannot be written", cure=_ANOTHER)
        if path is not None and path.resolve() in taken:
            raise UsageError(f"--{name} {path}: would be written over", cure="name another file")
        if path is not None:
            taken.add(path.resolve())


def write_views(view: PlanView, options: Mapping[str, Any]) -> None:
    """The web page and the Markdown, each if an option names its file.

    Raises:
        UsageError: a file cannot be written.
    """
    for option, write in (("html", page), ("markdown", markdown)):
        path: Path | None = options[option]
        if path is None:
            continue
        try:
            path.write_text(write(view), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--{option} {path}: {error.strerror}", cure=_ANOTHER) from None
