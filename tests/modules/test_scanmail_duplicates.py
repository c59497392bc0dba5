"""Which licence stays: never none of a platform, never on a tie, always the one that expires last."""

from datetime import datetime, timedelta

import pytest
from domino_web import unid
from hypothesis import given
from hypothesis import strategies as st

from remediate.modules.scanmail.duplicates import TOO_CLOSE, Choice, Licence, choose, read_expiry

EXPIRIES = st.one_of(
    st.dates(datetime(2010, 1, 1).date(), datetime(2030, 1, 1).date()).map(str),
    st.sampled_from(
        ["2015-01-31", "2015-02-01", "2015/01/31", "2015-01-31T23:30:00+02:00", "", "soon", "01/02/2015"]
    ),
)
LICENCES = st.lists(
    st.builds(
        Licence,
        unid=st.integers(1, 12).map(unid),
        platform=st.sampled_from(["AIX", "aix ", "Linux", "Solaris", "", " "]),
        expiry=EXPIRIES,
    ),
    max_size=8,
)


def platform(licence: Licence) -> str:
    """A platform as it is compared."""
    return licence.platform.strip().lower()


@given(LICENCES)
def test_the_last_of_a_platform_never_goes(licences: list[Licence]) -> None:
    """Of each platform with something to delete, exactly one licence stays."""
    choice = choose(licences)
    for gone in choice.delete:
        kept = [each for each in choice.keep if platform(each) == platform(gone)]
        assert len(kept) == 1
    assert len({platform(each) for each in choice.keep}) == len(choice.keep)


@given(LICENCES)
def test_what_stays_expires_clearly_later(licences: list[Licence]) -> None:
    """Whatever goes has an expiry that can be read and is clearly before that of what stays."""
    choice = choose(licences)
    for gone in choice.delete:
        (kept,) = [each for each in choice.keep if platform(each) == platform(gone)]
        late, early = read_expiry(kept.expiry), read_expiry(gone.expiry)
        assert late is not None
        assert early is not None
        assert late - early >= TOO_CLOSE


@given(LICENCES)
def test_every_document_has_one_fate(licences: list[Licence]) -> None:
    """Each document stays, goes, or is shown among the refused ones; never two of these."""
    choice = choose(licences)
    kept, gone = {each.unid for each in choice.keep}, {each.unid for each in choice.delete}
    refused = {each.unid for each in licences if any(each.unid in line for line in choice.refused)}
    assert kept | gone | refused == {each.unid for each in licences}
    assert not kept & gone
    assert not gone & refused


@given(st.data(), LICENCES)
def test_order_does_not_matter(data: st.DataObject, licences: list[Licence]) -> None:
    """The same documents in another order, or some of them twice, give the same decision."""
    other = data.draw(st.permutations(licences))
    assert choose(other) == choose([*licences, *licences[:3]])


@given(LICENCES)
def test_deciding_again_finds_nothing(licences: list[Licence]) -> None:
    """What stays needs no second decision."""
    kept = choose(licences).keep
    assert choose(kept) == Choice(keep=kept, delete=(), refused=())


@given(
    st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1)), st.timedeltas(timedelta(0), timedelta(days=40))
)
def test_ties(when: datetime, gap: timedelta) -> None:
    """Two expiries that may be the same day to somebody are a tie, and both are shown; others are none."""
    pair = [Licence(unid=unid(n), platform="AIX", expiry=(when + gap * n).isoformat()) for n in (0, 1)]
    choice = choose(pair)
    if gap < TOO_CLOSE:
        assert not choice.delete
        assert all(each.unid in choice.refused[0] for each in pair)
    else:
        assert [each.unid for each in choice.delete] == [unid(0)]


def test_a_tie_below_the_latest_is_none() -> None:
    """Two old licences of the same day are both old."""
    days = ("2014-01-31", "2014-01-31", "2015-01-31")
    choice = choose([Licence(unid=unid(n), platform="AIX", expiry=day) for n, day in enumerate(days)])
    assert ([each.unid for each in choice.keep], len(choice.delete)) == ([unid(2)], 2)


def test_one_refused_platform_leaves_the_others_decided() -> None:
    """A platform that cannot be decided says why, with its documents; the others are decided."""
    found = [("AIX", "?"), ("AIX", "2015-01-31"), ("Linux", "2015-01-31"), ("Linux", "2014-01-31")]
    choice = choose([Licence(unid=unid(n), platform=p, expiry=e) for n, (p, e) in enumerate(found)])
    assert len(choice.refused) == 1
    assert "an expiry cannot be read" in choice.refused[0]
    assert unid(0) in choice.refused[0]
    assert [each.unid for each in choice.delete] == [unid(3)]


@pytest.mark.parametrize(
    ("text", "form", "found"),
    [
        ("2015-01-31", None, datetime(2015, 1, 31)),
        (" 2015/01/31 ", None, datetime(2015, 1, 31)),
        ("2015-01-31T10:00:00.25Z", None, datetime(2015, 1, 31, 10, 0, 0, 250000)),
        ("2015-01-31T01:00:00+02:00", None, datetime(2015, 1, 30, 23)),
        ("01/02/2015", None, None),
        ("2015-13-01", None, None),
        ("20150131", None, None),
        ("", None, None),
        ("01/31/2015", "%m/%d/%Y", datetime(2015, 1, 31)),
        ("31/01/2015", "%m/%d/%Y", None),
        ("2015-01-31", "%m/%d/%Y", None),
        ("0001-01-01T00:00:00+14:00", None, None),
    ],
)
def test_reading_expiries(text: str, form: str | None, found: datetime | None) -> None:
    """Only what can be read for certain is read."""
    assert read_expiry(text, form) == found
