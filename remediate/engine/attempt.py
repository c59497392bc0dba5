"""One attempt at a task: build the module, decide, foresee or carry out, have it judged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from remediate.answers import Unknown
from remediate.effects.base import Effect
from remediate.engine.becoming import become_of
from remediate.engine.confirming import Confirmation, scripts_back
from remediate.engine.context import Context
from remediate.engine.convoy import Sent, Uncertain
from remediate.engine.departing import decide, depart
from remediate.engine.doubt import Perhaps
from remediate.engine.hindsight import give_up, look_back
from remediate.engine.judging import Attempt, judge
from remediate.engine.order import Address, Order
from remediate.engine.rewinding import Otherwise, are_the_same
from remediate.engine.view import View
from remediate.errors import (
    Drifted,
    NotPlanned,
    RemediateError,
    TemplateError,
    UnknownUntilApplied,
    Unreachable,
)
from remediate.hosts.target import Become
from remediate.modules.base import Module
from remediate.playbook.model import Task
from remediate.records import dataclass
from remediate.store.journal import DONE
from remediate.templating.scope import Scope


def attempt_once(
    task: Task, context: Context, scope: Scope, perhaps: str | None, *, item: int, number: int
) -> Attempt:
    """Decide, and do it (in a dry run: foresee it).

    Args:
        task: what to do.
        context: on which host.
        scope: the variables.
        perhaps: on what it depends whether the task runs at all; None if it surely does.
        item: which item of the loop, from 0.
        number: which attempt this is, from 1.

    Raises:
        Unreachable: the host could not be reached, or was lost.
        NotPlanned: it comes out otherwise than the plan shows.
        UnknownUntilApplied: the parameters depend on what has not run.
        TemplateError: they cannot be rendered.
        Uncertain: it is only looked at ahead, and what comes of it cannot be told.
    """
    if context.rehearsal is not None:
        return _rehearsed(task, context, scope, perhaps, item=item, number=number)
    look_back(context)
    try:
        attempt = _attempt(task, context, scope, perhaps, item=item, number=number)
        if not (attempt.failed and context.memory.rewound) or attempt.effects:
            return attempt
    except (Otherwise, UnknownUntilApplied):
        if not context.memory.rewound:
            raise
    give_up(context)
    return _attempt(task, context, scope, perhaps, item=item, number=number)


def _rehearsed(
    task: Task, context: Context, scope: Scope, perhaps: str | None, *, item: int, number: int
) -> Attempt:
    """An attempt that is only looked at ahead: either it goes well beyond doubt, or the road ends here."""
    decided = context.rehearsal or []
    before = len(decided)
    with suppress(RemediateError, UnknownUntilApplied, Uncertain):
        if perhaps is None and number == 1:
            attempt = _attempt(task, context, scope, None, item=item, number=number)
            sure = attempt.unknown is None and attempt.provisional is None
            if sure and attempt.enough and not attempt.failed:
                return attempt
    del decided[before:]
    raise Uncertain


def _attempt(
    task: Task, context: Context, scope: Scope, perhaps: str | None, *, item: int, number: int
) -> Attempt:
    at = _At(task, context, item, number)
    lost = context.memory.convoy.lost(at.place)
    begun = bool(lost) or context.past.has_begun(context.memory.name, at.place)
    view = View(context.memory.state, become_of(task, context, scope), begun=begun)
    done: list[Effect] = []
    decided = False
    before = len(context.memory.done)
    module = judgement = None
    try:
        ready = context.memory.convoy.decided(at.place)
        if ready is not None:
            module, orders = ready.module, ready.orders
            view.state.consult(ready.looked)
            context.setting.templar.show(ready.shown)
        else:
            module = context.setting.workshop.build(task, scope, item=item, kept=context.ahead)
        _reach(module, task, context, view)
        judgement = module.judgement()
        if number > 1:
            context.memory.state.forget(module.probe(), view.become)
        if ready is None:
            orders = at.orders(module.decide(view), view.become)
        decided = True
        if perhaps is not None:
            return _perhaps([each.effect for each in orders], task, context, view.become, perhaps)
        if ready is None and not _begin(module, orders, at, view, lost):
            return _attempt(task, context, scope, perhaps, item=item, number=number)
        outcomes = [*_do(orders, at, view, done)]
        result = {"changed": False, "failed": False, **module.report(view, outcomes)}
    except (Unreachable, NotPlanned):
        raise
    except RemediateError as error:
        if perhaps is not None:
            return Attempt(result=Unknown(perhaps), unknown=perhaps, decided=False)
        if isinstance(error, Drifted):
            done = done[:-1]  # its guard refused it, so nothing of it was done
        context.memory.keep_adrift(at.place)
        if module is None or isinstance(error, TemplateError):
            raise  # the playbook's mistake: `failed_when` judges what the host did
        result = {"changed": False, "failed": True, "msg": error.explain()}
    last = Attempt(
        result=result,
        # What was sent in an earlier part of the run, and is found made, is this task's change.
        changed=begun or any(effect.changes for effect in done),
        effects=tuple(done),
        decided=decided,
        provisional=next(iter(view.provisional), None),
        judgement=judgement,
        unknown=_doubt(done),
    )
    judged = judge(task, context, scope, last)
    if judged.failed:
        context.disown(before)
    return judged


def _reach(module: Module, task: Task, context: Context, view: View) -> None:
    """See in a dry run that the host can be reached: else a plan would show what can be done to none."""
    if context.setting.dry_run and module.may_change(task.params) and not module.elsewhere:
        view.state.reach(view.become)


@dataclass(frozen=True)
class _At:
    """Which attempt at what."""

    task: Task
    context: Context
    item: int
    attempt: int

    def address(self, count: int) -> Address:
        """Where the effect of this number (from 0) stands in the run."""
        return Address(self.context.setting.step_of(self.task), self.item, self.attempt, count)

    @property
    def place(self) -> tuple[int, ...]:
        """See `Address.attempted`."""
        return self.address(0).attempted

    def orders(self, effects: Iterable[Effect], become: Become | None) -> Sequence[Order]:
        """The effects with their places."""
        return [
            Order(effect=effect, become=become, task=self.task, address=self.address(count))
            for count, effect in enumerate(effects)
        ]


def _begin(module: Module, orders: Sequence[Order], at: _At, view: View, lost: Sequence[Sent]) -> bool:
    """See that the orders may be carried out; False if the connection broke over those that went together.

    What is not needed any more of those that were `lost` before has been done.

    Raises:
        Otherwise: what was made of them before, and is seen as not made yet, was something else.
    """
    context, effects = at.context, [each.effect for each in orders]
    if context.setting.dry_run:
        return True
    step = context.setting.step_of(at.task)
    context.warrant.admit(context.memory.name, step, effects, item=at.item, attempt=at.attempt)
    if context.rehearsal is not None:
        decide(module, orders, context)
        return True
    if context.memory.rewound:
        made = context.memory.rewound.at(at.place)
        if view.provisional or bool(orders) != bool(made) or not are_the_same(orders, made):
            raise Otherwise
    # If just the last of them are needed still, those before them were surely made.
    settled = effects == [each.order.effect for each in lost[len(lost) - len(effects) :]]
    for each in lost:
        if each.order.effect not in effects:
            context.memory.keep(each.order, each.intent)
            if settled:
                context.journal.conclude(each.intent, DONE)
    context.memory.convoy.settled(at.place)
    return depart(module, orders, context, item=at.item)


def _do(orders: Sequence[Order], at: _At, view: View, done: list[Effect]) -> Iterator[Mapping[str, Any]]:
    """Carry them out (in a dry run: foresee them); what came of each. `done` gets the effects as they go."""
    task, context = at.task, at.context
    # Also in a dry run: a plan must fail where its apply would.
    back = scripts_back(task, [each.effect for each in orders]) if task.confirm is not None else []
    if context.setting.dry_run or context.rehearsal is not None:
        for each in orders:
            done.append(each.effect)
            yield context.foresee(each.effect, view.become, task, next(iter(view.provisional), None))
        return
    timer = f"{at.address(0)}.confirm"
    confirmation = Confirmation.armed(task, context, view.become, back, timer)
    for each in orders:
        done.append(each.effect)  # before it is sent: if it fails, the event names it
        yield context.carry_out(each)
    if confirmation is not None:
        confirmation.confirm()


def _doubt(effects: list[Effect]) -> str | None:
    """On what it depends whether any of the effects is needed; None if one surely is, or there is none."""
    whys = [None if (doubt := effect.doubt()) is None else doubt.why for effect in effects if effect.changes]
    return None if None in whys else next(iter(whys), None)


def _perhaps(effects: list[Effect], task: Task, context: Context, become: Become | None, why: str) -> Attempt:
    for effect in effects:
        context.memory.state.foresee(Perhaps(effect=effect, why=why), f"task '{task.name}'", become)
    return Attempt(result=Unknown(why), effects=tuple(effects), unknown=why)
