"""Order: run a command."""

from typing import Any, ClassVar

from remediate.answers import Unknown
from remediate.bourne import decode, quote_path
from remediate.effects.base import DRIFTED, Effect, NoUndo, Undo
from remediate.effects.guards import APPEARED, GONE, guard_kind, refuse
from remediate.errors import Drifted, TaskFailed
from remediate.facts.base import Output
from remediate.facts.commands import CommandLine
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Run(Effect):
    """Run a command, once. What it changes only its author knows, unless he names it in `changes`."""

    once: ClassVar[bool] = True

    command: CommandLine
    creates: str | None = None
    removes: str | None = None
    changes_paths: tuple[str, ...] | None = None
    undo_command: CommandLine | None = None
    """What takes it back, as its author says."""
    deadline: float = 60.0

    def summary(self) -> str:
        """`run`."""
        return f"run {self.command.text()}"

    def diff(self) -> str:
        """The command, where it runs, and what takes it back if its author says it."""
        where = f" (in {self.command.chdir})" if self.command.chdir else ""
        undo = "" if self.undo_command is None else f"  undo: {self.undo_command.text()}\n"
        return f"~ run {self.command.text()}{where}\n{undo}"

    def script(self) -> str:
        """The command, unless what it creates has appeared or what it removes has gone."""
        guard = guard_kind(self.creates, "absent") if self.creates is not None else ""
        if self.removes is not None:
            guard += f"ls -d {quote_path(self.removes)} >/dev/null || {refuse(GONE)}\n"
        return guard + self.command.script()

    def judge(self, output: Output) -> dict[str, Any]:
        """Exit status and output; whether that is a failure, the task decides.

        Raises:
            Drifted: what it creates is there already, or what it removes is gone.
        """
        guarded = self.creates is not None or self.removes is not None
        # The command itself may end with the same number, so the guard's words count too.
        last = decode(output.stderr).rstrip("\n").rpartition("\n")[2]
        if guarded and output.status == DRIFTED and not output.stdout and last in (APPEARED, GONE):
            path = self.creates if last == APPEARED else self.removes
            raise Drifted(f"not done: {self.summary()}: {path}: {last} since it was looked at")
        return command_result(self.command, output)

    def undo(self) -> Undo | NoUndo:
        """The command that its author names, if what this one creates is still there."""
        if self.undo_command is None:
            return NoUndo(why="a command without 'undo'")
        back = TakeBack(
            command=self.undo_command,
            removes=self.creates,
            changes_paths=self.changes_paths,
            deadline=self.deadline,
        )
        return Undo(effects=(back,), guards=())

    def expected(self) -> dict[str, Any]:
        """Everything but the command itself is unknown."""
        why = Unknown(f"the result of: {self.command.text()}")
        keys = ("rc", "stdout", "stdout_lines", "stderr", "stderr_lines", "failed")
        return {"cmd": self.command.given(), **dict.fromkeys(keys, why)}

    def touches(self) -> frozenset[str] | None:
        """What `changes`, `creates` and `removes` name; None if its author named no `changes`."""
        if self.changes_paths is None:
            return None
        named = (self.creates, self.removes, *self.changes_paths)
        return frozenset(path for path in named if path is not None)


@dataclass(frozen=True, kw_only=True)
class TakeBack(Run):
    """Run a command that takes another one back; no task decides what of it is a failure."""

    def summary(self) -> str:
        """`take back`."""
        return f"take back by {self.command.text()}"

    def judge(self, output: Output) -> dict[str, Any]:
        """Exit status and output.

        Raises:
            Drifted: what it takes away is gone.
            TaskFailed: its exit status is not 0.
        """
        result = super().judge(output)
        if result["failed"]:
            said = (result["stderr"] or result["stdout"]).strip()
            raise TaskFailed(f"failed: {self.summary()}: exit status {output.status}: {said}".rstrip(": "))
        return result


def command_result(command: CommandLine, output: Output) -> dict[str, Any]:
    """The values that `command` and `shell` register, in Ansible's words."""
    stdout, stderr = (decode(text).rstrip("\r\n") for text in (output.stdout, output.stderr))
    return {
        "cmd": command.given(),
        "rc": output.status,
        "stdout": stdout,
        "stdout_lines": stdout.splitlines(),
        "stderr": stderr,
        "stderr_lines": stderr.splitlines(),
        "failed": output.status != 0,
    }
