"""command: run a program, without a shell between."""

import shlex
from dataclasses import replace
from functools import lru_cache

from remediate.facts.commands import CommandLine
from remediate.modules.running import Running
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Command(Running):
    """Run a program once.

    `cmd` is split into words as a shell would; `argv` gives the words themselves. `read_only: true` declares
    that it changes nothing: it is then asked like any fact, in a dry run too. `creates` and `removes` name a
    path, or are a pattern, whose presence (or absence) means that there is nothing to do. `changes` names the
    paths that it changes; without it, a dry run marks all that follows as provisional. `timeout` is in
    seconds. `undo` is the command that takes it back, split as `cmd` is; it gets the same directory,
    environment and time.
    """

    cmd: str | None = None
    argv: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: if there is not exactly one command, or it contradicts itself.
        """
        if (self.cmd is None) == (not self.argv):
            raise ValueError("give the command either as 'cmd' or as 'argv'")
        if not self._words():
            raise ValueError("the command is empty")
        super().__post_init__()

    def _words(self) -> tuple[str, ...]:
        return self.argv or _split("cmd", self.cmd or "")

    def _given(self, setting: CommandLine) -> CommandLine:
        return replace(setting, argv=self._words())

    def _undoing(self, setting: CommandLine, undo: str) -> CommandLine:
        return replace(setting, argv=_split("undo", undo))


@lru_cache(maxsize=256)  # the same words for each host
def _split(parameter: str, text: str) -> tuple[str, ...]:
    """A command line as a shell would split it into words.

    Raises:
        ValueError: if it has a quote without its partner.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ValueError(f"'{parameter}' cannot be split into words: {error}") from None
