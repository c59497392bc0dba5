"""scanmail_licenses: what the licence documents of a ScanMail console database are, and which are to go."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Literal

from remediate.errors import TaskFailed
from remediate.modules.base import HostView, Module
from remediate.modules.domino.web import parse_unid
from remediate.modules.scanmail.duplicates import Licence, choose, describe, last_day, too_many
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class ScanMailLicenses(Module):
    """Tell the licences among the documents of a view, and which of each platform expires last.

    `entries` are those of `domino_view`; the columns are their names or numbers. No source says what ScanMail
    calls them: look at the view. Where `kind_column` says `kind_full` it is a licence, where it says
    `kind_trial` a trial key; without it, all are licences. `expiry_format` is as for strptime.

    Registers `licenses` (each with `unid`, `platform` in small letters, `expires` as an ISO date, and
    `days_left` by this machine's calendar; the last two null where the expiry cannot be read), `trial_keys`
    (ids), `duplicates` (how many licences are more than one a platform), `keep` and `delete` (ids; of each
    platform the licence that expires last stays), `summary` (lines), and `refused`: a line with the documents
    for each platform that cannot be decided, of which nothing is in `keep` or `delete`. That is a tie, an
    expiry that cannot be read beside another, or a licence without a platform; with `keep: latest_expiry`
    the task fails over it. It asks nothing and deletes nothing: that takes `domino_document` with
    `state: absent`, these `unids` and this `keep`.
    """

    query: ClassVar[bool] = True

    entries: list[dict[str, Any]]
    platform_column: str | int
    expiry_column: str | int
    kind_column: str | int | None = None
    kind_full: str | int | None = None
    kind_trial: str | int | None = None
    keep: Literal["latest_expiry"] | None = None
    expiry_format: str | None = None

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: if it is not said what `kind_column` says of licences and of trial keys.
        """
        if len({each is None for each in (self.kind_column, self.kind_full, self.kind_trial)}) > 1:
            raise ValueError("give 'kind_column', 'kind_full' and 'kind_trial', or none of them")

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What there is, and the decision.

        Raises:
            TaskFailed: if a column is not there, or a document is of another kind; with `keep`, if a platform
                cannot be decided, too.
        """
        self._refuse_other_kinds()
        licences = tuple(dict.fromkeys(self._licences()))
        choice = choose(licences, self.expiry_format)
        if choice.refused and self.keep is not None:
            raise TaskFailed(
                f"which licence is the renewed one cannot be told: {' | '.join(choice.refused)}",
                cure="look at these documents in the console and delete the old one by hand",
            )
        summary = [f"keep {describe(each)}" for each in choice.keep]
        summary += [f"delete {describe(each)}" for each in choice.delete]
        today = date.today()
        return {
            "licenses": [self._shown(each, today) for each in licences],
            "trial_keys": [_unid(entry) for entry in self._of_kind(self.kind_trial)],
            "duplicates": too_many(licences),
            "keep": [each.unid for each in choice.keep],
            "delete": [each.unid for each in choice.delete],
            "refused": list(choice.refused),
            "summary": summary,
        }

    def _licences(self) -> Iterator[Licence]:
        for entry in self.entries if self.kind_column is None else self._of_kind(self.kind_full):
            platform, expiry = (_cell(entry, column) for column in (self.platform_column, self.expiry_column))
            yield Licence(unid=_unid(entry), platform=platform, expiry=expiry)

    def _of_kind(self, kind: str | int | None) -> list[dict[str, Any]]:
        if self.kind_column is None:
            return []
        return [entry for entry in self.entries if _cell(entry, self.kind_column) == str(kind).strip()]

    def _refuse_other_kinds(self) -> None:
        if self.kind_column is None:
            return
        known = {str(kind).strip() for kind in (self.kind_full, self.kind_trial)}
        for entry in self.entries:
            kind = _cell(entry, self.kind_column)
            if kind not in known:
                raise TaskFailed(
                    f"{_unid(entry)} is neither a licence nor a trial key: its kind is '{kind}', "
                    f"not '{self.kind_full}' or '{self.kind_trial}'",
                    cure="give 'kind_full' and 'kind_trial' as the view has them",
                )

    def _shown(self, licence: Licence, today: date) -> dict[str, Any]:
        day = last_day(licence.expiry, self.expiry_format)
        return {
            "unid": licence.unid,
            "platform": licence.platform.strip().lower(),
            "expires": None if day is None else day.isoformat(),
            "days_left": None if day is None else (day - today).days,
        }


def _unid(entry: Mapping[str, Any]) -> str:
    try:
        return parse_unid(str(entry.get("unid", "")))
    except ValueError as error:
        raise TaskFailed(f"'entries' must be those of domino_view: {error}") from None


def _cell(entry: Mapping[str, Any], column: str | int) -> str:
    """A column's one value as text; empty if there are several.

    Raises:
        TaskFailed: if there is no such column.
    """
    columns, cells = entry.get("columns") or {}, entry.get("cells") or []
    key = str(column)
    if key in columns and not isinstance(column, int):
        value = columns[key]
    elif key.isdecimal() and int(key) < len(cells):
        value = cells[int(key)]
    else:
        raise TaskFailed(
            f"the document {_unid(entry)} has no column '{column}' in the view: the view has "
            f"{', '.join(columns) or 'no columns with names'}",
            cure="look at the view in the database: is it the right one, and what are its columns called?",
        )
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()
