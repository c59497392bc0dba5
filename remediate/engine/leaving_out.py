"""Hosts that a run leaves out: their first task tells why, and nothing is sent to them."""

from collections.abc import Iterator
from dataclasses import replace

from remediate.engine.context import Context
from remediate.engine.ending import ended_event
from remediate.engine.events import Event, HostEnded
from remediate.engine.outcome import Outcome
from remediate.engine.past import Apart
from remediate.playbook.model import each_task


def leave_out(apart: Apart, context: Context) -> Iterator[Event]:
    """End the host before the play's first task."""
    memory, play = context.memory, context.setting.play
    unreachable = apart.outcome == "unreachable"
    memory.ended = "unreachable" if unreachable else "stopped"
    memory.at_work = not apart.known
    outcome = Outcome(status="unreachable" if unreachable else "failed", result={}, message=apart.message)
    task = next(each_task(play.tasks))
    scope = context.setting.scope(memory, task.variables)
    ended = ended_event(task, context, scope, outcome, ignored=False, seconds=0)
    # The message tells of the comparison, and of nothing that the task itself hides.
    event = replace(ended, message=apart.message, begun=False)
    memory.count(event)
    yield event
    yield HostEnded(play=play.name, host=memory.name, outcome=apart.outcome, replayed=apart.known)
