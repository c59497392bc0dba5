"""Sending a convoy: orders whose turn it is, with those of later tasks that are certain already.

All of them are journalled before the first is sent, and all go as one script, which ends with the first that
fails. It is as if each task had sent its own, but for the round trips.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from remediate.answers import Unknown
from remediate.effects.base import Effect
from remediate.effects.write import WriteFile
from remediate.engine.context import Context
from remediate.engine.convoy import Decision, Sent, Uncertain
from remediate.engine.memory import Memory
from remediate.engine.order import Order
from remediate.engine.rewinding import rewind
from remediate.engine.state import Came
from remediate.errors import ConnectionLost, DeadlinePassed, NotKnown, RemediateError, ShellEnded
from remediate.facts.base import Output
from remediate.facts.files import FileText, PathStatus
from remediate.facts.http import HttpRequest, HttpResponse
from remediate.hosts.target import Become
from remediate.modules.base import Module
from remediate.playbook.model import Task
from remediate.store.journal import DONE, NOT_SENT

_MOST = 50
"""Orders in one convoy."""
_LARGEST = 256 * 1024
"""Letters of content in one convoy: the host's shell has to hold them all at once."""


def depart(module: Module, orders: Sequence[Order], context: Context, *, item: int) -> bool:
    """Send these, if others are certain behind them; False if the connection broke meanwhile.

    What they came to, each will be told at its turn. If they would go alone, nothing is sent.

    Raises:
        TaskFailed: they cannot be journalled, or could not be sent at all.
        Unreachable: there is no connection any more.
    """
    road = context.memory.road
    if context.memory.convoy.broken or context.memory.rewound or not orders or not _may_join(orders):
        return True
    if road is None or (len(orders) < 2 and not road.leads_on()):
        return True
    ahead = _ahead_of(context)
    templar = context.setting.templar
    shown = templar.shown()
    try:
        decide(module, orders, ahead)
        with templar.steady():  # at its turn it would be rendered once more
            road.rehearse(ahead, item)
    except Uncertain:
        return True
    finally:
        templar.shown()  # what the others will show is theirs
        templar.show(shown)
    decisions = list(_that_fit(ahead.rehearsal or []))
    if sum(len(each.orders) for each in decisions) < 2:
        return True
    return _send(decisions, context)


def decide(module: Module, orders: Sequence[Order], ahead: Context) -> None:
    """Lay what these will make of the host over what is known, and note it as a decision.

    Raises:
        Uncertain: they cannot go with those before them, or what they make of it is not certain.
    """
    if not orders:
        return
    first = ahead.rehearsal[0].orders[:1] if ahead.rehearsal else ()
    if not _may_join([*first, *orders]):
        raise Uncertain
    state = ahead.memory.state
    laid = []
    for order in orders:
        laid.append(state.foretell(order.effect, order.become))
        state.lay(laid[-1])
    decision = Decision(
        place=orders[0].address.attempted,
        module=module,
        orders=orders,
        laid=laid,
        looked=frozenset(state.looked),
        shown=ahead.setting.templar.shown(),
    )
    if ahead.rehearsal is not None:
        ahead.rehearsal.append(decision)


def _may_join(orders: Sequence[Order]) -> bool:
    """Whether these can go in one script, and nothing has to be judged between two of them."""
    return all(
        order.effect.joins
        and order.become == orders[0].become
        and not _is_judged(order.task)
        and not _is_open(order.effect)
        for order in orders
    )


def _is_judged(task: Task) -> bool:
    """Whether it shows only afterwards if all is well with a task, or it is watched over."""
    again = task.until or task.retries is not None
    return bool(again or task.failed_when is not None or task.confirm is not None)


def _is_open(effect: Effect) -> bool:
    """Whether an effect depends on what only the host can tell, itself or by what was there before it."""
    values = vars(effect).values()
    within = (
        part for each in values if isinstance(each, PathStatus | FileText) for part in vars(each).values()
    )
    return any(isinstance(each, Unknown) for each in (*values, *within))


def _ahead_of(context: Context) -> Context:
    """The same context on a copy of what is known, where nothing is sent and everything is only decided."""
    memory = context.memory
    copy = Memory(
        name=memory.name,
        target=memory.target,
        state=memory.state.copied(_Nobody()),
        facts={**memory.facts},
        doubtful={**memory.doubtful},
    )
    return replace(context, memory=copy, ahead={**context.ahead}, rehearsal=[], tell=None)


class _Nobody:
    """Who looks ahead has nobody to ask."""

    name = "nobody"

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        raise Uncertain

    def send(
        self, script: str, pieces: Iterable[bytes], *, become: Become | None = None, deadline: float
    ) -> Output:
        raise Uncertain

    def fetch(self, request: HttpRequest, *, deadline: float) -> HttpResponse:
        raise Uncertain

    def aside(self, scripts: Sequence[str], *, become: Become | None, deadline: float) -> list[Output]:
        raise Uncertain

    def close(self) -> None:
        raise Uncertain


def _that_fit(decisions: Iterable[Decision]) -> Iterator[Decision]:
    """The first of the decisions, as many as one script may carry."""
    count = size = 0
    for each in decisions:
        count += len(each.orders)
        size += sum(len(o.effect.after) for o in each.orders if isinstance(o.effect, WriteFile))
        if count > _MOST or size > _LARGEST:
            return
        yield each


def _send(decisions: Sequence[Decision], context: Context) -> bool:
    memory, journal = context.memory, context.journal
    orders = [order for decision in decisions for order in decision.orders]
    laid = [each for decision in decisions for each in decision.laid]
    intents = journal.intend([order.intent(memory.name) for order in orders])
    sent = [
        Sent(order=order, intent=intent, laid=each)
        for order, intent, each in zip(orders, intents, laid, strict=True)
    ]
    try:
        came = memory.state.carry_out_in_order([order.effect for order in orders], laid, orders[0].become)
    except RemediateError as error:
        for each in sent:
            journal.conclude(each.intent, type(error).__name__)
        if not isinstance(error, ConnectionLost | DeadlinePassed | ShellEnded | NotKnown):
            raise
        memory.convoy.lose(sent)
        memory.state.forget_all()
        if isinstance(error, DeadlinePassed):  # what hung may be at work still: nothing goes on beside it
            together = f"{len(sent)} changes went together, and which of them were made is not known"
            raise DeadlinePassed(f"{error.what}; {together}", where=error.where, cure=error.cure) from None
        _find_out(sent, memory)
        return False
    _arrive(decisions, sent, came, context)
    return True


def _find_out(sent: Sequence[Sent], memory: Memory) -> None:
    """How far a convoy came that was lost."""
    changes = [change for each in sent if (change := each.order.made(each.intent)) is not None]
    if len(changes) == len(sent):
        memory.rewound = rewind(memory.state, changes)
        memory.convoy.found({each.number for each in memory.rewound.changes})


def _arrive(decisions: Sequence[Decision], sent: Sequence[Sent], came: Came, context: Context) -> None:
    """Journal what came of each, and keep it until its task's turn comes, which for the first is now."""
    arrived = []
    for number, each in enumerate(sent):
        error = came.errors.get(number)
        if error is not None:
            context.journal.conclude(each.intent, type(error).__name__)
        else:
            context.journal.conclude(each.intent, DONE if number < came.done else NOT_SENT)
        if error is not None or number < came.done:
            arrived.append(replace(each, error=error, found=came.found))
    places = {each.order.address.attempted for each in arrived}
    later = (each for each in decisions[1:] if each.place in places)
    context.memory.convoy.arrive(later, arrived)
