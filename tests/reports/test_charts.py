"""Trends as drawings: within their frame, readable, and told in words."""

import re
import sys
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remediate.reports.charts import chart, in_words, spark
from remediate.reports.fleet_view import Line, Point, State, Trend

values = st.floats(allow_nan=False, allow_infinity=False)
DAY = "2026-03-01T06:00:00+00:00"
HUGE = sys.float_info.max
times = st.datetimes().map(lambda time: time.isoformat(timespec="seconds") + "+00:00")


def trend(*lines: list[float], limits: tuple[tuple[State, float], ...] = ()) -> Trend:
    """A trend by the day."""
    states: tuple[State, ...] = ("critical", "warning", "unknown")
    return Trend(
        title="Days of licence <left>",
        unit="d",
        lines=tuple(
            Line(
                name=state,
                state=state,
                points=tuple(
                    Point(time=f"2026-03-{day:02}T06:00:00+00:00", value=value)
                    for day, value in enumerate(line, 1)
                ),
            )
            for state, line in zip(states, lines, strict=False)
        ),
        limits=limits,
    )


def numbers(path: str) -> list[float]:
    """The coordinates of a path."""
    return [float(each) for each in re.findall(r"-?\d+\.?\d*", path)]


@pytest.mark.parametrize("draw", [chart, spark])
@example([(DAY, 1.2e29)] * 2, [])
@example([(DAY, HUGE), (DAY, -HUGE)], [HUGE])
@example([(DAY, 0.0), (DAY, 5e-324)], [])
@given(st.lists(st.tuples(times, values), min_size=1, max_size=30), st.lists(values, max_size=2))
def test_whatever_was_measured_lies_within_the_frame(
    draw: object, points: list[tuple[str, float]], limits: list[float]
) -> None:
    """Also one point, equal ones, huge ones, all at one time: it is XML, and no line leaves the drawing."""
    line = Line(name="n", state="ok", points=tuple(Point(time=time, value=value) for time, value in points))
    drawn = Trend(title="t", unit="", lines=(line,), limits=tuple(("warning", limit) for limit in limits))
    root = ElementTree.fromstring(draw(drawn, 1))  # type: ignore[operator]  # noqa: S314
    width, height = numbers(root.attrib["viewBox"])[2:]
    for path in root.iter("path"):
        places = numbers(path.attrib["d"])
        if not path.attrib["class"].startswith("line"):
            places = places[:2]  # where a level begins; its length follows
        assert all(0 <= x <= width for x in places[::2])
        assert all(0 <= y <= height for y in places[1::2])


@pytest.mark.parametrize("last", [0, 2, 3])
def test_no_label_lies_over_another(last: int) -> None:
    """Lines that end at the same place are named below each other, within the frame."""
    root = ElementTree.fromstring(chart(trend(*([3, last] for _ in range(3))), 1))  # noqa: S314
    labels = {each.text: float(each.attrib["y"]) for each in root.iter("text") if "class" not in each.attrib}
    assert set(labels) == {f"{last} critical", f"{last} warning", f"{last} unknown"}
    places = sorted(labels.values())
    assert min(other - one for one, other in pairwise(places)) >= 12
    assert 10 <= places[0] <= places[-1] <= numbers(root.attrib["viewBox"])[3]


def test_a_drawing_has_a_name_and_says_what_it_shows() -> None:
    """A title and a description, which it refers to by identities of its own; a title is text."""
    drawn = trend([40, 12], limits=(("warning", 30),))
    root = ElementTree.fromstring(chart(drawn, 7))  # noqa: S314
    assert root.attrib["aria-labelledby"].split() == [root[0].attrib["id"], root[1].attrib["id"]]
    assert root[0].text == "Days of licence <left>"
    assert root[1].text == in_words(drawn)
    assert in_words(drawn) == (
        "From 2026-03-01 06:00 to 2026-03-02 06:00 UTC; critical: from 40 to 12 d, at least 12, at most 40; "
        "warning is at 30 d"
    )
