"""What every view of a plan shows besides its tasks: what it is, its figures, and its risks first."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from remediate.engine.events import Step
from remediate.records import dataclass
from remediate.reports.plan_folding import Alike, FoldedPlay, FoldedTask, fold, is_in_change
from remediate.reports.plan_words import fit_to_show
from remediate.reports.words import counted, natural, one_line
from remediate.review.plan import Plan, PlannedHost

NO_UNDO = "Cannot be undone"
NEEDS_PERSON = "Needs a person"
AFTER_APPLY = "Known only after apply"
PROVISIONAL = "Provisional: an earlier change may still alter it"
LEFT_OUT = "Not in the change: the dry run did not come to its end there"


@dataclass(frozen=True, kw_only=True)
class Risk:
    """One thing to be careful about: what, why, where in the plan (None: nowhere), and on which hosts."""

    what: str
    why: str
    step: Step | None
    hosts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Counts over the whole plan; a change is one effect on one host."""

    hosts: int
    in_change: int
    changed_hosts: int
    adds: int
    changes: int
    removes: int
    after_apply: int
    provisional: int
    no_undo: int
    by_hand: int

    @property
    def total(self) -> int:
        """All changes."""
        return self.adds + self.changes + self.removes

    @property
    def left_out(self) -> int:
        """Hosts that are not in the change."""
        return self.hosts - self.in_change

    def sentence(self) -> str:
        """The plan in one line, in the words of Terraform."""
        where = f"on {self.changed_hosts:,} of {counted(self.hosts, 'host')}"
        signs = f"+ {self.adds:,}  ~ {self.changes:,}  - {self.removes:,}"
        said = [f"Plan: {counted(self.total, 'change')} {where} ({signs})"]
        words = {
            "known only after apply": self.after_apply,
            "provisional": self.provisional,
            "cannot be undone": self.no_undo,
            "to be done by a person": self.by_hand,
        }
        said += [f"{number:,} {word}" for word, number in words.items() if number]
        if self.left_out:
            said.append(f"{counted(self.left_out, 'host')} not in the change")
        return "; ".join(said)


@dataclass(frozen=True, kw_only=True)
class PlanView:
    """A plan as all views show it. Every text is fit to be shown: no seal, no control characters."""

    title: str
    identity: str
    about: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    figures: Figures
    risks: Sequence[tuple[str, Sequence[Risk]]]
    plays: Sequence[FoldedPlay]
    all_hosts: Sequence[str]


def view_of(plan: Plan, *, identity: str, approved_by: Sequence[str]) -> PlanView:
    """The plan made ready for its readers; `approved_by` are those whose signatures are valid."""

    def clean(text: str) -> str:
        return one_line(fit_to_show(text, plan.nonce))

    plays = fold(plan)
    by_name = sorted(plan.hosts, key=lambda host: natural(host.name))
    left_out = [host for host in by_name if not is_in_change(host)]
    risks = [*_risks(plays), (LEFT_OUT, _left_out(left_out, clean))]
    place = {clean(host.name): number for number, host in enumerate(by_name)}
    return PlanView(
        title=", ".join(map(clean, plan.content.playbooks)),
        identity=clean(identity),
        about=[(label, clean(text)) for label, text in _about(plan, approved_by)],
        warnings=list(map(clean, plan.warnings)),
        figures=_figures(plays, hosts=len(plan.hosts), in_change=len(plan.hosts) - len(left_out)),
        risks=[(title, [_in_order(risk, place) for risk in each]) for title, each in risks if each],
        plays=plays,
        all_hosts=list(place),
    )


def _about(plan: Plan, approved_by: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "Made", plan.made
    yield "Planner", plan.planner
    yield "Approved by", ", ".join(approved_by) or "nobody yet"
    limits = {"not before": plan.not_before, "not after": plan.not_after}
    window = ", ".join(f"{word} {time}" for word, time in limits.items() if time)
    yield "Window", window or "no limit of time"
    yield "Playbooks", ", ".join(plan.content.playbooks)
    yield "Inventories", ", ".join(plan.inventories)
    if plan.content.packages:
        yield "Packages", ", ".join(plan.content.packages)
    if plan.secrets:
        names = ", ".join(dict.fromkeys(secret.name for secret in plan.secrets))
        yield "Secrets", f"{names} (not in the plan; asked for again at apply)"
    yield "Tool", plan.tool


def _pairs(plays: Iterable[FoldedPlay]) -> Iterator[tuple[FoldedTask, Alike]]:
    for play in plays:
        for task in play.tasks:
            for group in task.telling:
                yield task, group


def _figures(plays: Sequence[FoldedPlay], *, hosts: int, in_change: int) -> Figures:
    signs = dict.fromkeys(("+", "~", "-", ""), 0)
    changed: set[str] = set()
    after_apply = provisional = no_undo = by_hand = 0
    for _, group in _pairs(plays):
        size = len(group.hosts)
        for change in group.changes:
            signs[change.sign] += size
            no_undo += size if change.no_undo else 0
        if any(change.sign for change in group.changes):
            changed.update(group.hosts)
        after_apply += size if group.is_unknown else 0
        provisional += size if group.certainty == "provisional" else 0
        by_hand += size if group.asks_person else 0
    return Figures(
        hosts=hosts,
        in_change=in_change,
        changed_hosts=len(changed),
        adds=signs["+"],
        changes=signs["~"],
        removes=signs["-"],
        after_apply=after_apply,
        provisional=provisional,
        no_undo=no_undo,
        by_hand=by_hand,
    )


def _risks(plays: Sequence[FoldedPlay]) -> Iterator[tuple[str, Sequence[Risk]]]:
    pairs = list(_pairs(plays))
    lasting = [
        Risk(what=change.summary, why=change.no_undo, step=task.step, hosts=group.hosts)
        for task, group in pairs
        for change in group.changes
        if change.no_undo
    ]
    yield NO_UNDO, _merged(lasting)
    yield NEEDS_PERSON, _tasks(pairs, lambda group: group.asks_person)
    yield AFTER_APPLY, _tasks(pairs, lambda group: group.is_unknown)
    yield PROVISIONAL, _tasks(pairs, lambda group: group.certainty == "provisional")


def _tasks(pairs: Iterable[tuple[FoldedTask, Alike]], holds: Callable[[Alike], bool]) -> Sequence[Risk]:
    return _merged(
        Risk(what=task.name, why=_reason(group), step=task.step, hosts=group.hosts)
        for task, group in pairs
        if holds(group)
    )


def _reason(group: Alike) -> str:
    return one_line(group.message) or "; ".join(change.summary for change in group.changes)


def _merged(risks: Iterable[Risk]) -> Sequence[Risk]:
    """Those that say the same as one, in the order of the run."""
    together: dict[tuple[str, str, Step | None], dict[str, None]] = {}
    for risk in risks:
        together.setdefault((risk.what, risk.why, risk.step), {}).update(dict.fromkeys(risk.hosts))
    return [
        Risk(what=what, why=why, step=step, hosts=tuple(hosts))
        for (what, why, step), hosts in together.items()
    ]


def _in_order(risk: Risk, place: Mapping[str, int]) -> Risk:
    return replace(risk, hosts=tuple(sorted(risk.hosts, key=lambda host: place[host])))


def _left_out(hosts: Iterable[PlannedHost], clean: Callable[[str], str]) -> Sequence[Risk]:
    def why(host: PlannedHost) -> Risk:
        ended = next(
            (task for task in reversed(host.tasks) if task.status in ("failed", "unreachable")), None
        )
        said = "" if ended is None else f"{ended.task}: {ended.message}" if ended.message else ended.task
        return Risk(what=clean(host.outcome), why=clean(said), step=None, hosts=(clean(host.name),))

    return _merged(map(why, hosts))
