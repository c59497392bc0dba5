"""Trends as drawings (SVG) within a page: read by eyes, by screen readers, and in black and white."""

from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from remediate.records import dataclass
from remediate.reports.fleet_view import WORDS, Line, Point, Trend, moment

_WIDTH, _HEIGHT = 440, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 96, 10, 24
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_EDGE = 150, 32, 4
_LABEL_HEIGHT = 14
_DAY = 86400.0


@dataclass(frozen=True, kw_only=True)
class _Plane:
    """Where times and values are in a drawing."""

    left: float
    top: float
    width: float
    height: float
    first: float
    last: float
    low: float
    high: float

    def x(self, time: str) -> float:
        """From the left."""
        return self.left + self.width * (_seconds(time) - self.first) / ((self.last - self.first) or 1)

    def y(self, value: float) -> float:
        """From above; what is all at one height is in the middle."""
        # Halves: the distance between two numbers may be more than a number can be.
        span = self.high / 2 - self.low / 2
        share = (value / 2 - self.low / 2) / span if span else 0.5
        return self.top + self.height * (1 - share)


def chart(trend: Trend, number: int) -> Markup:
    """A trend with its axes, each line named at its end; `number` tells it from others of the page."""
    values = [point.value for line in trend.lines for point in line.points]
    values += [limit for _, limit in trend.limits]
    plane = _plane(
        trend, low=min(0.0, *values), high=max(1.0, *values),
        box=(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM),
    )  # fmt: skip
    parts = [_grid(plane)]
    parts += [_limit(plane, state, value) for state, value in trend.limits]
    parts += [_line(plane, line) for line in trend.lines]
    parts += _labels(plane, trend)
    return _drawing(trend, number, parts, kind="chart", width=_WIDTH, height=_HEIGHT)


def spark(trend: Trend, number: int) -> Markup:
    """A trend as a line among words; `number` tells it from others of the page."""
    values = [point.value for line in trend.lines for point in line.points]
    edge = _SPARK_EDGE
    plane = _plane(
        trend, low=min(values), high=max(values),
        box=(edge, edge, _SPARK_WIDTH - 2 * edge, _SPARK_HEIGHT - 2 * edge),
    )  # fmt: skip
    parts = [_line(plane, line) for line in trend.lines]
    return _drawing(trend, number, parts, kind="spark", width=_SPARK_WIDTH, height=_SPARK_HEIGHT)


def in_words(trend: Trend) -> str:
    """What a trend shows, for those who do not see it."""
    points = trend.lines[0].points
    unit = f" {trend.unit}" if trend.unit else ""
    told = [f"From {moment(points[0].time)} to {moment(points[-1].time)} UTC"]
    for line in trend.lines:
        values = [point.value for point in line.points]
        course = f"from {values[0]:.12g} to {values[-1]:.12g}{unit}"
        told.append(f"{line.name}: {course}, at least {min(values):.12g}, at most {max(values):.12g}")
    told += [f"{WORDS[state]} is at {value:.12g}{unit}" for state, value in trend.limits]
    return "; ".join(told)


def _plane(trend: Trend, *, low: float, high: float, box: tuple[float, float, float, float]) -> _Plane:
    times = [_seconds(point.time) for line in trend.lines for point in line.points]
    left, top, width, height = box
    return _Plane(
        left=left, top=top, width=width, height=height,
        first=min(times), last=max(times), low=low, high=high,
    )  # fmt: skip


def _drawing(
    trend: Trend, number: int, parts: Sequence[Markup], *, kind: str, width: int, height: int
) -> Markup:
    return Markup(
        '<svg class="{kind}" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t{number} d{number}">'
        '<title id="t{number}">{title}</title><desc id="d{number}">{desc}</desc>{parts}</svg>'
    ).format(
        kind=kind,
        width=width,
        height=height,
        number=number,
        title=trend.title,
        desc=in_words(trend),
        parts=Markup("").join(parts),
    )


def _grid(plane: _Plane) -> Markup:
    """Three levels with their values, and when the trend begins and ends."""
    level = Markup('<path class="grid" d="M{} {:.1f}h{}"/><text x="{}" y="{:.1f}" class="end">{}</text>')
    drawn = [
        level.format(plane.left, y, plane.width, plane.left - 6, y + 4, f"{value:.4g}")
        for value in (plane.low, plane.low / 2 + plane.high / 2, plane.high)
        for y in (plane.y(value),)
    ]
    day = Markup('<text x="{}" y="{}" class="{}">{}</text>')
    below = plane.top + plane.height + 16
    ends = ((plane.first, plane.left, "begin"), (plane.last, plane.left + plane.width, "end"))
    form = "%Y-%m-%d" if plane.last - plane.first >= _DAY else "%m-%d %H:%M"
    drawn += [
        day.format(x, below, where, datetime.fromtimestamp(time, UTC).strftime(form))
        for time, x, where in ends
    ]
    return Markup("").join(drawn)


def _limit(plane: _Plane, state: str, value: float) -> Markup:
    return Markup('<path class="limit {}" d="M{} {:.1f}h{}"/>').format(
        state, plane.left, plane.y(value), plane.width
    )


def _line(plane: _Plane, line: Line) -> Markup:
    places = [(plane.x(point.time), plane.y(point.value)) for point in line.points]
    x, y = places[-1]
    drawn = Markup('<path class="line {}" d="M{}"/><circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="3"/>')
    path = "L".join(f"{across:.1f} {down:.1f}" for across, down in places)
    return drawn.format(line.state, path, line.state, x, y)


def _labels(plane: _Plane, trend: Trend) -> list[Markup]:
    """The names and last values of the lines and limits, right of them, none over another."""
    ends = [(plane.y(line.points[-1].value), _last(line.points[-1], line, trend)) for line in trend.lines]
    ends += [(plane.y(value), WORDS[state]) for state, value in trend.limits]
    ends.sort()
    places, above = [], 0.0
    for y, _ in ends:
        above = max(y + 4, above + _LABEL_HEIGHT)
        places.append(above)
    below = _HEIGHT + _LABEL_HEIGHT - 4.0
    for number in reversed(range(len(places))):
        places[number] = below = min(places[number], below - _LABEL_HEIGHT)
    label = Markup('<text x="{}" y="{:.1f}">{}</text>')
    across = plane.left + plane.width + 8
    return [label.format(across, y, text) for y, (_, text) in zip(places, ends, strict=True)]


def _last(point: Point, line: Line, trend: Trend) -> str:
    if trend.limits or len(trend.lines) == 1:
        return f"{point.value:.12g} {trend.unit}"
    return f"{point.value:.12g} {line.name}"


def _seconds(time: str) -> float:
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return 0.0
