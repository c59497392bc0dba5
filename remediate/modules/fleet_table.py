"""fleet_table: one row a host, for a table of the whole fleet at the end of the play."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from remediate.answers import Unknown
from remediate.modules.base import HostView, Module
from remediate.modules.types import Word
from remediate.records import dataclass

LATER = "known only when it is applied"
"""What stands in a cell whose value depends on something that was not run."""

_PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True, kw_only=True)
class FleetTable(Module):
    """Give the host's row of the table `title`: `columns` are headings and their values, in this order.

    Reports print one table for each title; the row is in the events, too. Registers `title` and `row`. A
    host that gives several rows to one table has the last of them there.
    """

    query: ClassVar[bool] = True
    leafwise: ClassVar[tuple[str, ...]] = ("columns",)

    title: Word
    columns: dict[str, Any]

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: if there is no column.
        """
        if not self.columns:
            raise ValueError("'columns' needs at least one heading with its value")

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The row, as plain data."""
        return {"title": self.title, "row": {name: _plain(value) for name, value in self.columns.items()}}


def _plain(value: Any) -> Any:
    """A value that every report can write; a date, for example, as text."""
    if isinstance(value, Unknown):
        return LATER
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, _PLAIN) else str(value)
