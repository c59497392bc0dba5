"""One host's walk through one play: tasks, blocks, rescues, handlers. A stream of events comes out."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace

from remediate.answers import Unknown
from remediate.engine.ahead import ask_ahead
from remediate.engine.context import Context
from remediate.engine.convoy import Convoy
from remediate.engine.events import Event, HostEnded, Step, Warned
from remediate.engine.hindsight import give_up
from remediate.engine.road import Straight
from remediate.engine.task import run_task
from remediate.engine.undoing import take_back
from remediate.playbook.model import Block, Task

Steps = Generator[Event, None, bool]
"""Yields what happens; its value is whether all went well."""


def walk_play(context: Context) -> Generator[Event, None, None]:
    """All tasks of the play on one host, then the handlers that were notified."""
    memory, play = context.memory, context.setting.play
    memory.notified.clear()
    memory.done = [
        each for each in context.past.changes.get(memory.name, ()) if each.step[0] == context.setting.number
    ]
    memory.at_work = True
    memory.convoy, memory.rewound = Convoy(), None
    through = memory.name in context.past.through  # then it is only told again what it has done
    if not through:
        ask_ahead(play.tasks, context)
    went_well = yield from _walk(play.tasks, context)
    if went_well:
        went_well = yield from _run_handlers(context)
    if not went_well and memory.ended is None:
        memory.ended = "failed"
    yield from _left(context)
    if memory.ended == "failed" and play.undo_on_failure and not (context.setting.dry_run or through):
        yield from take_back(context, memory.done, "undo_on_failure")
    yield HostEnded(
        play=play.name, host=memory.name, outcome=memory.ended or "done", replayed=not memory.at_work
    )


def _left(context: Context, step: Step | None = None) -> Iterator[Warned]:
    """What went ahead of the turn of this task (None: of any), and is not what came of it."""
    memory = context.memory
    for early in memory.convoy.left(step):
        memory.keep(early.order, early.intent)
        memory.state.forget_all()  # it is not laid over what was known
        what = (
            f"'{early.order.change}' of task '{early.order.task.name}' was done, though one before it failed"
        )
        yield Warned(message=f"{memory.name}: {what}; it is in the history, and can be undone")
    if step is None:
        give_up(context)
        memory.keep_adrift()


def _walk(
    tasks: Sequence[Task | Block],
    context: Context,
    *,
    rescued: bool = False,
    perhaps: str | None = None,
    beyond: Straight | None = None,
) -> Steps:
    """Tasks and blocks in their order.

    `rescued`: a failure will be mended; `perhaps`: see `run_task`; `beyond`: what comes behind them.
    """
    for number, task in enumerate(tasks):
        if context.stopped:
            context.memory.ended = "stopped"
            return False
        road = Straight(tasks=tasks, at=number, beyond=beyond)
        if isinstance(task, Block):
            went_well = yield from _walk_block(task, context, road, rescued=rescued, perhaps=perhaps)
        else:
            context.memory.road = road
            went_well = yield from _run(task, context, rescued=rescued, perhaps=perhaps)
        if not went_well:
            return False
    return True


def _walk_block(
    block: Block, context: Context, road: Straight, *, rescued: bool, perhaps: str | None
) -> Steps:
    open_ends = context.memory.open_ends
    guarded = rescued or bool(block.rescue)
    beyond = None if block.rescue or block.always else road
    went_well = yield from _walk(block.tasks, context, rescued=guarded, perhaps=perhaps, beyond=beyond)
    if not went_well and (block.rescue or block.always):
        yield from _left(context)
    if block.rescue and context.memory.ended is None:
        if not went_well:
            went_well = yield from _walk(block.rescue, context, rescued=rescued, perhaps=perhaps)
        elif context.setting.dry_run and context.memory.open_ends > open_ends:
            yield from _walk_in_doubt(block, context)
    if block.always and context.memory.ended is None:
        finished = yield from _walk(block.always, context, rescued=rescued, perhaps=perhaps)
        went_well = went_well and finished
    return went_well


def _walk_in_doubt(block: Block, context: Context) -> Steps:
    """A dry run shows what the rescue would do: the apply must do nothing that was not shown.

    What it would register is not there if the block succeeds, so whatever looks at that is in doubt.
    """
    why = f"it is done only if the block at {replace(block.place, column=0)} fails"
    memory = context.memory
    before = dict(memory.facts)
    memory.facts |= dict.fromkeys(("ansible_failed_task", "ansible_failed_result"), Unknown(why))
    went_well = yield from _walk(block.rescue, context, perhaps=why)
    set_there = [name for name, value in memory.facts.items() if value is not before.get(name)]
    memory.facts = before
    memory.doubtful |= dict.fromkeys(set_there, why)
    return went_well


def _run(
    task: Task,
    context: Context,
    *,
    rescued: bool = False,
    perhaps: str | None = None,
    handler: bool = False,
) -> Steps:
    event = run_task(task, context, perhaps)
    if handler:
        event = replace(event, handler=True)
    memory = context.memory
    failed = event.status == "failed" and not event.ignored
    if failed:
        memory.facts["ansible_failed_task"] = {"name": event.task}
        memory.facts["ansible_failed_result"] = dict(event.result)
    if event.status == "unreachable":
        memory.ended = "unreachable"
    shown = replace(event, rescued=True) if failed and rescued and memory.ended != "failed" else event
    memory.count(shown)
    memory.at_work = not event.replayed
    yield shown
    yield from _left(context, event.step)
    looks_on = event.check and context.setting.every_check and not rescued
    return (not failed or looks_on) and memory.ended is None


def _run_handlers(context: Context) -> Steps:
    """Each handler that was notified, once, in the order written; those that one above notifies come then."""
    memory = context.memory
    left, again = list(context.setting.play.handlers), True
    while again:
        again = False
        for handler in tuple(left):
            names = (handler.name, *handler.listen)
            whys = [memory.notified[name] for name in names if name in memory.notified]
            if not whys:
                continue
            if context.stopped:
                memory.ended = "stopped"
                return False
            left.remove(handler)
            again, memory.road = True, None
            perhaps = None if None in whys else whys[0]
            if not (yield from _run(handler, context, perhaps=perhaps, handler=True)):
                return False
    return True
