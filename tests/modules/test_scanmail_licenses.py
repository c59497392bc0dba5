"""What scanmail_licenses tells of a view's documents: kinds, platforms, and how long each is valid."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from domino_web import unid
from hypothesis import given
from hypothesis import strategies as st
from module_view import Told

from remediate.errors import TaskFailed
from remediate.facts.domino_values import iso_time
from remediate.modules.scanmail.duplicates import last_day, read_expiry
from remediate.modules.scanmail.licenses import ScanMailLicenses

COLUMNS = ("Lic. Platform", "2", "Kind of key")
KINDS: dict[str, Any] = {"kind_column": "Kind of key", "kind_full": "full", "kind_trial": "trial"}


def entries(*rows: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Documents of a view whose columns have a dot, only digits, and blanks in their names."""
    return [
        {"unid": unid(n), "columns": dict(zip(COLUMNS, row, strict=True)), "cells": list(row)}
        for n, row in enumerate(rows, 1)
    ]


def told(found: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """What the module registers."""
    columns: dict[str, Any] = {"platform_column": COLUMNS[0], "expiry_column": COLUMNS[1]}
    return ScanMailLicenses(entries=found, **{**columns, **KINDS, **more}).report(Told({}), [])


def test_each_licence_is_told_by_platform_and_day() -> None:
    """Times hide no day, an expiry that cannot be read is null, trial keys are no licences."""
    found = told(
        entries(
            ("AIX ", "2014-02-28", "full"),
            ("aix", "2027-03-31T23:59:59.00+01:00", "full"),
            ("Linux", "see the contract", "full"),
            ("Linux", "2014-04-30", "trial"),
        )
    )
    today = date.today()
    days = (date(2027, 3, 31) - today).days
    assert [(one["unid"], one["platform"], one["expires"]) for one in found["licenses"]] == [
        (unid(1), "aix", "2014-02-28"),
        (unid(2), "aix", "2027-03-31"),
        (unid(3), "linux", None),
    ]
    left = [one["days_left"] for one in found["licenses"]]
    assert left[1:] in ([days, None], [days + 1, None])  # midnight may have passed in between
    assert left[0] < 0
    assert found["trial_keys"] == [unid(4)]
    assert (found["duplicates"], found["keep"], found["delete"]) == (1, [unid(2), unid(3)], [unid(1)])
    assert found["refused"] == []


def test_only_with_keep_a_tie_fails() -> None:
    """Otherwise it is told, with the documents, and nothing of the platform is to stay or to go."""
    tie = entries(("AIX", "2015-01-31", "full"), ("AIX", "2015-01-31T10:00:00Z", "full"))
    found = told(tie)
    assert (found["duplicates"], found["keep"], found["delete"]) == (1, [], [])
    (line,) = found["refused"]
    assert all(number in line for number in (unid(1), unid(2), "tie"))
    with pytest.raises(TaskFailed, match="is a tie"):
        told(tie, keep="latest_expiry")


@pytest.mark.parametrize("column", ["platform_column", "expiry_column", "kind_column"])
def test_a_column_that_is_not_there_is_said(column: str) -> None:
    """With the names that the view has."""
    with pytest.raises(TaskFailed, match=r"no column 'Nowhere' in the view: the view has Lic\. Platform, 2"):
        told(entries(("AIX", "2015-01-31", "full")), **{column: "Nowhere"})


def test_columns_by_number() -> None:
    """A number is a column's place, also as text where no column has it as its name."""
    found = told(entries(("AIX", "2015-01-31", "full")), platform_column=0, expiry_column="1", kind_column=2)
    assert [(one["platform"], one["expires"]) for one in found["licenses"]] == [("aix", "2015-01-31")]


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)),
    st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
def test_the_day_is_the_one_that_is_written(moment: datetime, zone: timezone) -> None:
    """Whatever time and zone follow it, in ISO 8601 or as Domino writes it."""
    day = moment.date()
    domino = iso_time(moment.strftime("%Y%m%dT%H%M%S,25+01"))
    for text in (str(day), str(day).replace("-", "/"), moment.replace(tzinfo=zone).isoformat(), domino):
        assert last_day(text) == day
        assert read_expiry(text) is not None
    assert last_day(moment.strftime("%d.%m.%Y %H h"), "%d.%m.%Y %H h") == day


@given(st.text())
def test_what_cannot_be_read_has_no_day(text: str) -> None:
    """There is a day just where there is an expiry."""
    assert (last_day(text) is None) == (read_expiry(text) is None)


def test_a_document_of_another_kind_is_refused() -> None:
    """A kind that is misspelt in the inventory must not make licences or trial keys disappear."""
    seen = entries(("AIX", "2015-01-31", "full"), ("AIX", "2014-01-31", "Trial"))
    with pytest.raises(
        TaskFailed, match=r"neither a licence nor a trial key: its kind is 'Trial', not 'full' or"
    ):
        told(seen)
