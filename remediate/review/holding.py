"""Holding a run to its plan: what has drifted since, and no effect that the plan does not show."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from remediate.effects.base import Effect
from remediate.engine.events import Step
from remediate.engine.outcome import EVERY_ITEM
from remediate.errors import NotPlanned
from remediate.facts.words import difference
from remediate.review.digests import is_planned
from remediate.review.plan import Plan, PlannedHost, PlannedTask, SeenFact
from remediate.sealing import masked


class Held:
    """The warrant of an apply: the effects of the plan and no others."""

    def __init__(self, plan: Plan, key: bytes) -> None:
        """Hold a run to `plan`, whose sums were made with `key`."""
        self._key = key
        self._tasks: Mapping[str, Mapping[Step, PlannedTask]] = {
            host.name: {task.step: task for task in host.tasks} for host in plan.hosts
        }
        self._made: dict[str, Counter[tuple[Step, int, int]]] = {host.name: Counter() for host in plan.hosts}
        self._granted: dict[tuple[str, Step, int, int], list[tuple[Step, int, int]]] = {}
        """Which of them each attempt was let make."""

    def admit(self, host: str, step: Step, effects: Sequence[Effect], *, item: int, attempt: int) -> None:
        """See `remediate.engine.warrant.Warrant`.

        An item of which nothing could be decided when the plan was made may do what it turns out to need: the
        plan says so. Any other one may do what is shown, or less.
        """
        planned = self._tasks.get(host, {}).get(step)
        if planned is not None and (planned.undecided == EVERY_ITEM or item in planned.undecided):
            return
        made = self._made[host]
        granted = self._granted.setdefault((host, step, item, attempt), [])
        made.subtract(granted)
        granted.clear()
        for effect in effects:
            for number, each in enumerate(planned.effects if planned is not None else ()):
                if not made[step, attempt, number] and is_planned(each.digest, effect, self._key):
                    made[step, attempt, number] += 1
                    granted.append((step, attempt, number))
                    break
            else:
                raise NotPlanned(
                    f"not done, for the plan does not show it: {effect.summary()}",
                    cure="it comes out otherwise than when the plan was made: look, and make a new one",
                )


def drift(planned: PlannedHost, found: PlannedHost, nonce: str) -> list[str]:
    """How a host differs from what the plan saw there, in lines for people; none if it does not.

    Both are sealed with this nonce. What the plan shows of a change must be what is found, word for word.
    """
    lines: list[str] = []
    before = {task.step: task for task in planned.tasks}
    after = {task.step: task for task in found.tasks}
    seen: set[tuple[str, str]] = set()
    for step in sorted(before.keys() & after.keys()):
        lines += _drift_of_task(before[step], after[step], seen, nonce)
    for these, others, how in ((before, after, "not reached any more"), (after, before, "reached only now")):
        names = [f"'{these[step].task}'" for step in sorted(these.keys() - others.keys())]
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            lines.append(f"{how}: task {names[0]}{more}")
    if not lines and planned.outcome != found.outcome:
        lines.append(f"the dry run ended otherwise: {planned.outcome}, now {found.outcome}")
    return lines


def _drift_of_task(
    before: PlannedTask, after: PlannedTask, seen: set[tuple[str, str]], nonce: str
) -> list[str]:
    """`seen` are the questions whose answers were told to differ, and these are added."""
    lines = _drift_of_facts(before.facts, after.facts, seen)
    if (before.status, before.certainty) != (after.status, after.certainty):
        why = f": {after.message}" if after.status in ("failed", "unreachable") and after.message else ""
        lines.append(f"was {_ending(before)}, is now {_ending(after)}{why}")
    elif [each.digest for each in before.effects] != [each.digest for each in after.effects]:
        lines += ["its changes came out otherwise:", *_diff(_shown(before), _shown(after))]
    elif (shown := masked(_told(before), nonce)) != (found := masked(_told(after), nonce)):
        lines += ["the plan shows it otherwise than it is:", *_diff(shown, found)]
    return [f"task '{before.task}':", *(f"  {line}" for line in lines)] if lines else []


def _ending(task: PlannedTask) -> str:
    return (
        task.status
        if task.certainty == "known" or task.status == "unknown"
        else f"{task.status} ({task.certainty})"
    )


def _drift_of_facts(
    before: Iterable[SeenFact], after: Iterable[SeenFact], seen: set[tuple[str, str]]
) -> list[str]:
    lines: list[str] = []
    now = {(each.question, each.user): each for each in after}
    for fact in before:
        key = (fact.question, fact.user)
        found = now.get(key)
        if found is None or found.digest == fact.digest or key in seen:
            continue  # a question that is not asked any more follows from another answer
        seen.add(key)
        if fact.text is not None and found.text is not None and fact.text != found.text:
            lines += [f"{fact.about} has changed:", *_diff(fact.text, found.text)]
        else:  # the plan keeps texts only where it changes something
            lines.append(f"{fact.about} has changed")
    return lines


def _told(task: PlannedTask) -> str:
    """All that a reader of the plan sees of a task that changes something, but for what it says itself."""
    if not task.effects and task.status != "unknown":
        return ""
    person = "a person does it" if task.asks_person else ""
    changes = (f"{each.summary}\n{each.diff}\n{each.no_undo}" for each in task.effects)
    head = (task.play, task.task, task.module, person, f"{task.undecided}")
    return "\n".join([*head, *changes])


def _shown(task: PlannedTask) -> str:
    return "".join(each.diff for each in task.effects)


def _diff(before: str, after: str) -> list[str]:
    return [f"  {line}" for line in difference(before, after, was="as planned", now="now")]
