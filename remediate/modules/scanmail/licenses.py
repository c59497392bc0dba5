"""scanmail_licenses: which duplicate licence documents of a ScanMail console database are to go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from remediate.errors import TaskFailed
from remediate.modules.base import HostView, Module
from remediate.modules.domino.web import parse_unid
from remediate.modules.scanmail.duplicates import Licence, choose, describe


@dataclass(frozen=True, kw_only=True)
class ScanMailLicenses(Module):
    """Decide which licence of each platform stays: with `keep: latest_expiry` the one that expires last.

    `entries` are those of `domino_view`; `platform_column` and `expiry_column` are names or numbers of
    columns. No source says what ScanMail calls them: look at the view. A tie, an expiry that cannot be read
    (see `expiry_format`, as for strptime) or a licence without a platform fails the task, which then shows
    the documents. Registers `keep` and `delete` (ids), and `summary` (lines). It asks nothing and deletes
    nothing: that takes `domino_document` with `state: absent`, these `unids` and this `keep`.
    """

    query: ClassVar[bool] = True

    entries: list[dict[str, Any]]
    platform_column: str | int
    expiry_column: str | int
    keep: Literal["latest_expiry"]
    expiry_format: str | None = None

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The decision.

        Raises:
            TaskFailed: if a platform cannot be decided; nothing is to be deleted then.
        """
        choice = choose((self._licence(entry) for entry in self.entries), self.expiry_format)
        if choice.refused:
            raise TaskFailed(
                f"which licence is the renewed one cannot be told: {' | '.join(choice.refused)}",
                cure="look at these documents in the console and delete the old one by hand",
            )
        summary = [f"keep {describe(each)}" for each in choice.keep]
        summary += [f"delete {describe(each)}" for each in choice.delete]
        return {
            "keep": [each.unid for each in choice.keep],
            "delete": [each.unid for each in choice.delete],
            "summary": summary,
        }

    def _licence(self, entry: Mapping[str, Any]) -> Licence:
        try:
            unid = parse_unid(str(entry.get("unid", "")))
        except ValueError as error:
            raise TaskFailed(f"'entries' must be those of domino_view: {error}") from None
        platform, expiry = (_cell(entry, column) for column in (self.platform_column, self.expiry_column))
        return Licence(unid=unid, platform=platform, expiry=expiry)


def _cell(entry: Mapping[str, Any], column: str | int) -> str:
    """A column's one value as text; empty if there is none, or several."""
    key = str(column)
    if isinstance(column, int) or key.isdigit():
        cells = entry.get("cells") or []
        value = cells[int(key)] if int(key) < len(cells) else None
    else:
        value = (entry.get("columns") or {}).get(key)
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()
