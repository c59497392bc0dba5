"""domino_log: what a Domino server's console log says."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any, ClassVar

from remediate.facts.base import Fact
from remediate.facts.domino_lines import LogLines, Since
from remediate.modules.base import HostView, Module
from remediate.modules.checkers import Check, Limit
from remediate.modules.domino.server import ConsoleParameter, console_of
from remediate.modules.types import Path
from remediate.records import dataclass

_EXAMPLE = "such as '%m/%d/%Y %I:%M:%S %p'"


def parse_moment(value: Any) -> datetime | None:
    """A date, or a date and a time, without a time zone; also as YAML reads them.

    Raises:
        ValueError: if it is none.
    """
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        moment = False
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if moment is not None and not isinstance(moment, datetime):
        raise ValueError(f"'{value}' is not a date such as 2014-02-14, or 2014-02-14 08:00")
    if moment is not None and moment.tzinfo is not None:
        raise ValueError("it is in the server's local time, as the log is, and has no time zone")
    return moment


Moment = Annotated[Any, Check(parse_moment, "plain")]


@dataclass(frozen=True, kw_only=True)
class DominoLog(Module):
    """The lines of the console log that hold one of the texts of `contains` (without case), oldest first.

    With `since`, only those of that date or later; `date_format` says how this server writes dates (as
    strptime wants it), and a line without a date belongs to the last one that has one. With `since_offset`,
    only those after as many bytes: the `offset` of an earlier question; a log that has become shorter was
    started anew, and all of it is searched. Registers `lines` (the last 50), `last` (the last one, or an
    empty string), `offset` (how long the log is) and `anew`. It only reads the log.
    """

    query: ClassVar[bool] = True

    data: Path
    contains: list[str]
    since: Moment = None
    date_format: str | None = None
    since_offset: Annotated[int, Limit("ge", 0)] | None = None
    console: ConsoleParameter = None
    console_log: Path | None = None

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: if there is nothing to look for, or a text of several lines; for `since` without a
                usable `date_format`, or with `since_offset`; if the log is named twice.
        """
        if not self.contains or any(not text or "\n" in text for text in self.contains):
            raise ValueError("'contains' needs at least one text, each of one line")
        if self.since is not None and self.date_format is None:
            raise ValueError(f"'since' needs 'date_format', the form of the dates in the log, {_EXAMPLE}")
        if self.date_format is not None:
            _check_format(self.date_format)
        if self.since is not None and self.since_offset is not None:
            raise ValueError("give 'since' or 'since_offset', not both")
        self.question()

    def question(self) -> LogLines:
        """The fact."""
        # A log is read, not spoken to: which program directory belongs to it does not matter.
        console = console_of(self.data, "/", self.console, self.console_log)
        since = None
        if self.since is not None:
            since = Since(moment=self.since, date_format=str(self.date_format))
        return LogLines(
            console=console, contains=tuple(self.contains), since=since, since_offset=self.since_offset
        )

    def probe(self) -> Iterable[Fact[Any]]:
        """The question."""
        return (self.question(),)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The lines."""
        found = state.of(self.question())
        last = found.lines[-1] if found.lines else ""
        told = {"lines": list(found.lines), "last": last, "offset": found.offset, "anew": found.anew}
        if found.anew:
            log = self.question().console.log
            told["msg"] = f"{log} is shorter than it was ({self.since_offset} bytes): all of it was searched"
        return told


def _check_format(date_format: str) -> None:
    """Refuse a form from which the day would not come out again."""
    probe = datetime(2013, 11, 28, 21, 45, 57)
    try:
        again = datetime.strptime(probe.strftime(date_format), date_format)
    except ValueError:
        again = datetime.min
    if again.tzinfo is not None or again.date() != probe.date():
        raise ValueError(
            f"'date_format' must have day, month and year in strptime's letters, {_EXAMPLE}; "
            f"it is '{date_format}'"
        )
