"""Commit-confirm: a change that the host takes back by itself, unless a new connection gets in.

For what can lock an administrator out: a firewall, sshd's own configuration, a network address.
"""

from collections.abc import Sequence

from remediate.bourne import quote
from remediate.effects.base import Effect, NoUndo, Undo
from remediate.effects.guards import on_host
from remediate.engine.context import Context
from remediate.errors import TaskFailed, Unreachable
from remediate.hosts.claim_words import collected
from remediate.hosts.spool import Spool
from remediate.hosts.target import Become
from remediate.hosts.timer import arm, disarm, was_in_time
from remediate.playbook.model import Task
from remediate.records import dataclass

_DEADLINE = 30.0


def words(seconds: int) -> str:
    """What a dry run says of it."""
    return f"taken back by the host after {seconds} s, unless a new connection gets in before"


def scripts_back(task: Task, effects: Sequence[Effect]) -> list[str]:
    """A script for each effect of a task that takes it back, if all is as it left it; the last one first.

    Raises:
        TaskFailed: one of them cannot be taken back by a script.
    """
    scripts: list[str] = []
    for effect in reversed(effects):
        script = _script_back(effect.undo())
        if isinstance(script, NoUndo):
            raise TaskFailed(
                f"not done: '{effect.summary()}' could not be taken back by the host itself: {script.why}",
                where=task.place_of("confirm"),
                cure="leave 'confirm' out, or split the task",
            )
        scripts.append(script)
    return scripts


def _script_back(undo: Undo | NoUndo) -> str | NoUndo:
    if isinstance(undo, NoUndo):
        return undo
    text = "".join(f"( {on_host(guard)}) || exit 1\n" for guard in undo.guards)
    for effect in undo.effects:
        script = effect.script()
        if not isinstance(script, str) or effect.feed() is not None:
            return NoUndo(why="what takes it back is no script")
        text += f"( eval {quote(f' {script}{chr(10)}')} ) || exit 1\n"
    return text


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """An armed timer: for the effects of one attempt at a task."""

    context: Context
    become: Become | None
    spool: Spool
    key: str
    seconds: int

    @classmethod
    def armed(
        cls, task: Task, context: Context, become: Become | None, back: Sequence[str], key: str
    ) -> "Confirmation | None":
        """The timer, running, with what takes the changes back; None where there are none.

        Raises:
            TaskFailed: it cannot be armed, so nothing is done.
            Unreachable: the connection was lost.
        """
        spool = context.memory.state.spool
        if task.confirm is None or not back:
            return None
        if spool is None:
            raise TaskFailed(
                "not done: the run has no place on the host for the timer of 'confirm'",
                where=task.place_of("confirm"),
                cure="leave 'confirm' out, or run it by 'remediate run' or 'apply'",
            )
        if context.past.has_begun(context.memory.name, context.setting.step_of(task)):
            raise TaskFailed(
                "it was broken off, and may have been taken back by the host",
                where=task.place_of("confirm"),
                cure="look at the host, then start a new run",
            )
        timer = arm(back, seconds=task.confirm, spool=spool, key=key)
        state = context.memory.state
        state.claimants[become] = None  # the timer's claim goes with the others
        (output,) = state.host.ask([timer], become=become, deadline=_DEADLINE)
        collected(output, "arm the timer of 'confirm'")
        if output.status != 0:
            raise TaskFailed("the timer of 'confirm' could not be armed", where=task.place_of("confirm"))
        return cls(context=context, become=become, spool=spool, key=key, seconds=task.confirm)

    def confirm(self) -> None:
        """Get in by a new connection, and stop the timer.

        Raises:
            TaskFailed: it was too late, and the host has taken the change back.
            Unreachable: no new connection; the host will take it back.
        """
        state = self.context.memory.state
        state.host.close()
        try:
            stop = disarm(spool=self.spool, key=self.key)
            (output,) = state.host.ask([stop], become=self.become, deadline=_DEADLINE)
        except Unreachable as error:
            raise type(error)(
                f"no new connection after the change; the host takes it back within {self.seconds} s: "
                + error.what,
                where=error.where,
                cure=error.cure,
            ) from None
        if not was_in_time(output):
            state.forget_all()
            raise TaskFailed(
                f"no new connection within {self.seconds} s: the host has taken the change back",
                cure="give 'confirm' more time, or see what keeps connections out",
            )
