"""How a task's end is told: what people may see of it, and what the store keeps."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from remediate.effects.pause import Pause
from remediate.engine.context import Context
from remediate.engine.events import TaskEnded
from remediate.engine.order import HIDDEN
from remediate.engine.outcome import Outcome
from remediate.errors import RemediateError, UnknownUntilApplied
from remediate.playbook.model import Task
from remediate.templating.scope import Scope


def ended_event(
    task: Task, context: Context, scope: Scope, outcome: Outcome, *, ignored: bool, seconds: float
) -> TaskEnded:
    """The event that tells of an outcome; of a task with `no_log`, nothing that could show a secret."""
    # What could not be reached has nothing to hide: the message is the connection's.
    secret = task.no_log and outcome.status != "unreachable"
    judgement = outcome.judgement
    name = task.name
    with suppress(RemediateError, UnknownUntilApplied):  # then it is shown as written
        name = name if task.no_log else str(context.setting.templar.render(task.name, scope))
    return TaskEnded(
        step=context.setting.step_of(task),
        play=context.setting.play.name,
        task=name,
        place=context.setting.place_of(task),
        module=task.module,
        host=context.memory.name,
        status=outcome.status,
        certainty=outcome.certainty,
        diff=HIDDEN + "\n" if secret and outcome.effects else "".join(e.diff() for e in outcome.effects),
        effects=tuple(HIDDEN if secret else effect.summary() for effect in outcome.effects),
        seconds=seconds,
        attempts=outcome.attempts,
        message=HIDDEN if secret and outcome.message else outcome.message,
        ignored=ignored,
        asks_person=any(
            isinstance(effect, Pause) and effect.prompt is not None for effect in outcome.effects
        ),
        orders=outcome.effects,
        undecided=outcome.undecided if outcome.status == "unknown" else (),
        seen=context.memory.state.consulted(),
        no_log=task.no_log,
        stopped=context.memory.ended == "stopped",
        check=context.catalog.module(task.module).check,
        judgement=replace(judgement, measured=None) if secret and judgement is not None else judgement,
        exposes=() if task.no_log else context.setting.templar.shown(),
        result={} if secret or not isinstance(outcome.result, Mapping) else outcome.result,
    )
