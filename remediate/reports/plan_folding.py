"""A plan folded for its readers: hosts with the same change together, in the order of the run.

Everything here is text that may be shown: seals read as `(secret NAME)`, and nothing in it steers a terminal.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from remediate.engine.events import Certainty, Status, Step
from remediate.records import dataclass
from remediate.reports.plan_words import Kind, Sign, fit_to_show
from remediate.reports.words import natural, one_line
from remediate.review.plan import Plan, PlannedEffect, PlannedHost, PlannedTask

_KINDS: dict[Sign, Kind] = {"+": "adds", "~": "changes", "-": "removes", "": "waits"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One effect as people see it; no diff if it would only say the summary again."""

    sign: Sign
    summary: str
    diff: str
    no_undo: str


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Hosts on which a task comes to exactly the same.

    `unlike`: a larger group looks the same, and differs in what is not shown.
    """

    hosts: tuple[str, ...]
    status: Status
    certainty: Certainty
    message: str
    asks_person: bool
    changes: tuple[Change, ...]
    unlike: bool = False

    @property
    def kind(self) -> Kind:
        """What it comes to; what needs most care counts."""
        if self.status in ("failed", "unreachable"):
            return "failed" if self.status == "failed" else "unreachable"
        if self.asks_person:
            return "needs a person"
        if self.is_unknown:
            return "known after apply"
        if self.changes:
            return _KINDS[joined(each.sign for each in self.changes)]
        if self.status == "changed":
            return "changes"
        return "skipped" if self.status == "skipped" else "nothing to do"

    @property
    def is_unknown(self) -> bool:
        """Whether only the apply will tell."""
        return "unknown" in (self.status, self.certainty)

    @property
    def is_for_good(self) -> bool:
        """Whether a part of it cannot be undone."""
        return any(each.no_undo for each in self.changes)

    @property
    def headline(self) -> str:
        """On how many hosts, and what is to be known of it: `on 38 hosts the same (provisional)`."""
        number = len(self.hosts)
        where = "on 1 host" if number == 1 else f"on {number:,} hosts the same"
        marks = [] if self.kind in _KINDS.values() else [str(self.kind)]
        if self.kind in ("failed", "unreachable"):
            marks.append("the run goes on")
        if self.certainty == "provisional":
            marks.append("provisional")
        if self.unlike:
            marks.append("looks like the one above, but differs in what is not shown")
        return where + (f" ({', '.join(marks)})" if marks else "")

    @property
    def tells(self) -> bool:
        """Whether it is more than that there is nothing to do."""
        settled = self.certainty == "known" and self.kind in ("nothing to do", "skipped")
        return bool(self.changes) or not settled


@dataclass(frozen=True, kw_only=True)
class FoldedTask:
    """One task on all its hosts, the largest group first."""

    step: Step
    name: str
    module: str
    place: str
    groups: tuple[Alike, ...]

    @property
    def telling(self) -> tuple[Alike, ...]:
        """The groups that are to be read."""
        return tuple(group for group in self.groups if group.tells)

    def idle(self, kind: Kind) -> int:
        """On how many hosts it is settled that there is nothing to do, or that it is skipped."""
        return sum(len(group.hosts) for group in self.groups if group.kind == kind and not group.tells)


@dataclass(frozen=True, kw_only=True)
class FoldedPlay:
    """One play: its tasks in the order of the run, and the hosts that come to any of them."""

    number: int
    name: str
    hosts: tuple[str, ...]
    tasks: tuple[FoldedTask, ...]


def fold(plan: Plan) -> tuple[FoldedPlay, ...]:
    """The plays of a plan, without the hosts that are not in the change."""

    @cache
    def clean(text: str) -> str:
        return fit_to_show(text, plan.nonce)

    @cache
    def change(effect: PlannedEffect) -> Change:
        sign, summary, diff = sign_of(effect.diff), one_line(clean(effect.summary)), clean(effect.diff)
        is_told = diff.strip() in (summary, f"{sign} {summary}")
        return Change(
            sign=sign,
            summary=summary,
            diff="" if is_told else diff,
            no_undo=one_line(clean(effect.no_undo)),
        )

    def folded(key: _Address, alike: dict[_Outcome, list[str]]) -> FoldedTask:
        groups = [
            Alike(
                hosts=tuple(dict.fromkeys(hosts)),
                status=status,
                certainty=certainty,
                message=clean(message).strip(),
                asks_person=asks_person,
                changes=tuple(map(change, effects)),
            )
            for (status, certainty, message, asks_person, effects), hosts in alike.items()
        ]
        step, _, task, module, place = key
        return FoldedTask(
            step=step,
            name=one_line(clean(task)),
            module=one_line(clean(module)),
            place=one_line(clean(place)),
            groups=_marked(sorted(groups, key=lambda group: -len(group.hosts))),
        )

    plays: dict[tuple[int, str], list[FoldedTask]] = {}
    hosts = sorted(filter(is_in_change, plan.hosts), key=lambda host: natural(host.name))
    for key, alike in sorted(_outcomes(hosts, clean).items(), key=lambda item: item[0][0]):
        plays.setdefault((key[0][0], key[1]), []).append(folded(key, alike))
    order = [one_line(clean(host.name)) for host in hosts]
    return tuple(
        FoldedPlay(
            number=number, name=one_line(clean(name)), hosts=_hosts_of(tasks, order), tasks=tuple(tasks)
        )
        for (number, name), tasks in plays.items()
    )


def is_in_change(host: PlannedHost) -> bool:
    """Whether the plan holds for this host: its dry run came to the end."""
    return host.outcome == "done"


_Address = tuple[Step, str, str, str, str]
_Looks = tuple[Status, Certainty, str, bool, tuple[Change, ...]]
_Outcome = tuple[Status, Certainty, str, bool, tuple[PlannedEffect, ...]]


def _outcomes(
    hosts: Iterable[PlannedHost], clean: Callable[[str], str]
) -> dict[_Address, dict[_Outcome, list[str]]]:
    """For each task, what it comes to, and on which hosts."""
    found: dict[_Address, dict[_Outcome, list[str]]] = {}
    for host in hosts:
        name = one_line(clean(host.name))
        for task in host.tasks:
            alike = found.setdefault((task.step, task.play, task.task, task.module, task.place), {})
            alike.setdefault(_outcome(task), []).append(name)
    return found


def _outcome(task: PlannedTask) -> _Outcome:
    # The words of a task that is settled are no difference that a reader of the plan has to know.
    settled = task.status in ("ok", "skipped") and task.certainty == "known" and not task.effects
    message = "" if settled and not task.asks_person else task.message
    return task.status, task.certainty, message, task.asks_person, task.effects


def _marked(groups: list[Alike]) -> tuple[Alike, ...]:
    """The groups, each one marked that looks like one before it: then only the digests differ."""
    seen: set[_Looks] = set()
    marked = []
    for group in groups:
        looks = group.status, group.certainty, group.message, group.asks_person, group.changes
        marked.append(replace(group, unlike=True) if looks in seen else group)
        seen.add(looks)
    return tuple(marked)


def _hosts_of(tasks: Iterable[FoldedTask], order: Iterable[str]) -> tuple[str, ...]:
    present = {host for task in tasks for group in task.groups for host in group.hosts}
    return tuple(host for host in order if host in present)


def sign_of(diff: str) -> Sign:
    """Whether a diff adds, changes or removes; empty if it says that nothing is changed."""
    lines = diff.split("\n")
    if len(lines) > 1 and lines[0].startswith("--- ") and lines[1].startswith("+++ "):
        if lines[0] == "--- /dev/null":
            return "+"
        return "-" if lines[1] == "+++ /dev/null" else "~"
    signs = {line[0] for line in lines if line[:1] in ("+", "~", "-")}
    if diff and all(line[:1] in ("", " ") for line in lines):
        return ""
    return "+" if signs == {"+"} else "-" if signs == {"-"} else "~"


def joined(signs: Iterable[Sign]) -> Sign:
    """The sign of several changes together."""
    real = {sign for sign in signs if sign}
    return real.pop() if len(real) == 1 else "~" if real else ""
