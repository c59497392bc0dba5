"""domino_view: which documents are in a view, over HTTP."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar, Literal

from remediate.facts.base import Fact
from remediate.facts.domino_view import DominoView, ViewEntry
from remediate.modules.base import Desk, HostView, Module
from remediate.modules.domino.web import Database, Server, authority_of, shown, with_authority
from remediate.modules.types import Word
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class DominoViewEntries(Module):
    """Read a view of a database through the server's own HTTP task, by way of the SSH connection.

    Registers `entries` (each with `unid`, `position`, `conflict`, `columns` by name and `cells` by number)
    and `count`. Columns whose names sound secret, those of `secret_columns`, and whatever looks like an
    activation code are masked. Times are in ISO 8601.
    """

    query: ClassVar[bool] = True

    server: Server
    database: Database
    view: Word
    format: Literal["xml", "json"] = "xml"
    secret_columns: list[str] = field(default_factory=list)
    timeout: float = 60.0

    @classmethod
    def reads(cls, params: Mapping[str, Any]) -> Iterable[tuple[str, Any, str]]:
        """`tls_ca`."""
        return authority_of(params)

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """Read the authority's certificates."""
        return with_authority(params, desk)

    def question(self) -> DominoView:
        """The fact."""
        return DominoView(
            server=self.server,
            database=self.database,
            view=self.view,
            format=self.format,
            deadline=self.timeout,
        )

    def probe(self) -> Iterable[Fact[Any]]:
        """The question."""
        return (self.question(),)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The entries."""
        content = state.of(self.question())
        entries = [self._entry(entry) for entry in content.entries]
        return {"entries": entries, "count": len(entries)}

    def _entry(self, entry: ViewEntry) -> dict[str, Any]:
        columns: dict[str, Any] = {}
        cells: list[Any] = [None] * (1 + max((column.number for column in entry.columns), default=-1))
        for column in entry.columns:
            secret = (*self.secret_columns, *self._numbers(column.number, column.name))
            values = [shown(column.name, value, secret) for value in column.values]
            value = values[0] if len(values) == 1 else values
            cells[column.number] = value
            if column.name:
                columns[column.name] = value
        return {
            "unid": entry.unid,
            "position": entry.position,
            "conflict": entry.conflict,
            "columns": columns,
            "cells": cells,
        }

    def _numbers(self, number: int, name: str) -> tuple[str, ...]:
        return (name,) if str(number) in self.secret_columns else ()
