"""How a task, or one item of its loop, ended; and one outcome out of those of all items."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from remediate.answers import Unknown
from remediate.effects.base import Effect
from remediate.engine.events import Certainty, Status
from remediate.errors import RemediateError
from remediate.modules.judgement import Judgement
from remediate.records import dataclass
from remediate.severity import GRAVEST_FIRST

EVERY_ITEM = (-1,)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a task, or one item of its loop, ended. `result` is what is registered."""

    status: Status
    result: Any
    effects: tuple[Effect, ...] = ()
    certainty: Certainty = "known"
    message: str = ""
    attempts: int = 1
    judgement: Judgement | None = None
    undecided: tuple[int, ...] = ()
    """Of which items of the loop nothing could be decided; EVERY_ITEM: of none, or there is no loop."""


def failure(error: RemediateError) -> Outcome:
    """The outcome of what could not even be tried."""
    message = error.explain()
    return Outcome(
        status="failed",
        result={"changed": False, "failed": True, "msg": message},
        message=message,
        undecided=EVERY_ITEM,
    )


def unknown(why: str, message: str = "") -> Outcome:
    """The outcome of what only the apply can tell."""
    said = f"unknown until applied: {why}" + (f"; {message}" if message else "")
    return Outcome(
        status="unknown", result=Unknown(why), certainty="unknown", message=said, undecided=EVERY_ITEM
    )


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome for all items: the gravest status, all effects, the results in a list."""
    ranks: tuple[Status, ...] = ("failed", "unknown", "changed", "ok", "skipped")
    statuses = {outcome.status for outcome in outcomes}
    status: Status = next((rank for rank in ranks if rank in statuses), "skipped")
    results = [outcome.result for outcome in outcomes]
    result: dict[str, Any] = {
        "results": results,
        "changed": _any_is(results, "changed"),
        "failed": _any_is(results, "failed"),
    }
    if status == "skipped":
        result["skipped"] = True
    certainties = {outcome.certainty for outcome in outcomes}
    order: tuple[Certainty, ...] = ("unknown", "provisional", "known")
    told = dict.fromkeys(o.message for o in outcomes if o.message and o.status == status)
    return Outcome(
        status=status,
        result=result,
        effects=tuple(effect for outcome in outcomes for effect in outcome.effects),
        certainty=next((each for each in order if each in certainties), "known"),
        message="; ".join(told) if status != "skipped" else "no item was for this host",
        attempts=max((outcome.attempts for outcome in outcomes), default=1),
        judgement=_gravest(outcomes),
        undecided=tuple(number for number, outcome in enumerate(outcomes) if outcome.undecided),
    )


def _gravest(outcomes: Iterable[Outcome]) -> Judgement | None:
    judgements = [each.judgement for each in outcomes if each.judgement is not None]
    return min(judgements, key=lambda each: GRAVEST_FIRST.index(each.severity), default=None)


def _any_is(results: Iterable[Any], key: str) -> Any:
    """Whether one of the results says so; Unknown if none surely does and one cannot be told."""
    doubt = None
    for result in results:
        value = result if isinstance(result, Unknown) else result.get(key, False)
        if isinstance(value, Unknown):
            doubt = value
        elif value:
            return True
    return False if doubt is None else doubt


def with_item(outcome: Outcome, name: str, item: Any) -> Any:
    """The result of one item, with the item in it."""
    return {**outcome.result, name: item} if isinstance(outcome.result, Mapping) else outcome.result
