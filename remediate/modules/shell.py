"""shell: run text with the host's own shell."""

from dataclasses import replace

from remediate.facts.commands import CommandLine
from remediate.modules.running import Running
from remediate.modules.types import Path
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Shell(Running):
    """Run shell text once. Parameters as for `command`; `executable` names another shell than `/bin/sh`.

    `undo` is shell text, too, for the same shell.
    """

    cmd: str
    executable: Path = "/bin/sh"

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: if there is no command, or it contradicts itself.
        """
        if not self.cmd.strip():
            raise ValueError("the command is empty")
        super().__post_init__()

    def _given(self, setting: CommandLine) -> CommandLine:
        return replace(setting, shell=self.cmd, executable=self.executable)

    def _undoing(self, setting: CommandLine, undo: str) -> CommandLine:
        return replace(setting, shell=undo, executable=self.executable)
