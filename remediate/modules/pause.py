"""pause: wait for a time, or for a person."""

from collections.abc import Iterable
from typing import ClassVar

from remediate.effects.base import Effect
from remediate.effects.pause import Pause
from remediate.modules.base import HostView, Module
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class PauseTask(Module):
    """Wait `seconds` and `minutes`, or, with `prompt` or without anything, until a person presses Enter.

    With `word` the person must type just that word, in whatever case; anything else is asked again. The
    prompt is shown once for all hosts that come to it, with their names. A dry run lists the pause and does
    not wait. Without a terminal, or at its end of input, a pause for a person fails, with its prompt as the
    message.
    """

    elsewhere: ClassVar[bool] = True

    seconds: float | None = None
    minutes: float | None = None
    prompt: str | None = None
    word: str | None = None

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: for a negative time, a time together with a prompt, a word without a prompt, or a word
                that cannot be typed.
        """
        if (self.seconds or 0) < 0 or (self.minutes or 0) < 0:
            raise ValueError("a pause cannot be negative")
        if self.prompt is not None and (self.seconds is not None or self.minutes is not None):
            raise ValueError("give a time or a prompt, not both")
        if self.word is not None and not (self.prompt or "").strip():
            raise ValueError("'word' needs 'prompt': what the person is to do before typing it")
        if self.word is not None and (self.word != self.word.strip() or not self.word.isprintable()):
            raise ValueError("'word' must be one that a person can type, without blanks around it")
        if self.word == "":
            raise ValueError("'word' is empty")

    def decide(self, state: HostView) -> Iterable[Effect]:
        """One Pause."""
        if self.seconds is not None or self.minutes is not None:
            yield Pause(seconds=(self.seconds or 0) + 60 * (self.minutes or 0), prompt=None)
        else:
            yield Pause(seconds=None, prompt=self.prompt or "Press Enter to go on", word=self.word)
