"""The page of a plan in a real browser: bright, dark, on a phone and on paper."""

from pathlib import Path
from typing import Any

import pytest
from chromium import CONTRAST, opened, printed, probed
from plan_examples import IDENTITY, edit, fleet, host, plan, small, task

from remediate.reports.plan_html import page
from remediate.reports.plan_view import view_of
from remediate.review.plan import Plan

PHONE, DESK = 380, 1200


def html(made: Plan) -> str:
    """The page of a plan."""
    return page(view_of(made, identity=IDENTITY, approved_by=("bob",)))


def wide() -> Plan:
    """Long words everywhere, and more tasks than a screen is wide."""
    long = "/opt/" + "x" * 300
    tasks = [task(step, f"Task {long} {step}", edit(long, "", long), message=long) for step in range(30)]
    return plan([host(f"h{number}{'-long' * 30}", *tasks) for number in range(12)], planner=long)


def test_it_opens_without_a_complaint(tmp_path: Path) -> None:
    """The browser finds nothing to say: no style is refused, nothing is missing."""
    found = opened(tmp_path, html(small()))
    assert found.console == []
    assert "Every change</h2>" in found.dom


def test_a_style_that_was_changed_is_refused(tmp_path: Path) -> None:
    """The page's policy holds: with another style than its own the browser complains."""
    found = opened(tmp_path, html(small()).replace("--paper:", "--papier:", 1))
    assert any("Content Security Policy" in line for line in found.console)


_WIDTHS = """(page, view) => {
  for (const each of page.querySelectorAll("details")) each.open = true;
  const box = page.querySelector(".box"), root = page.documentElement;
  return {window: view.innerWidth, page: root.scrollWidth, box: box.clientWidth, table: box.scrollWidth};
}"""


@pytest.mark.parametrize("made", [small(), wide(), fleet(40, 40)], ids=["small", "wide", "fleet"])
def test_on_a_phone_nothing_scrolls_sideways_but_the_tables(tmp_path: Path, made: Plan) -> None:
    """The page is as wide as the screen, with everything unfolded; a wide table scrolls in its own box."""
    widths = probed(tmp_path, html(made), _WIDTHS, width=PHONE)
    assert widths["window"] == PHONE
    assert widths["page"] <= PHONE
    assert widths["table"] > widths["box"]


@pytest.mark.parametrize("dark", [False, True], ids=["bright", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(tmp_path: Path, dark: bool) -> None:
    """Contrast is at least 4.5 to 1 everywhere, as the accessibility guidelines ask; dark is really dark."""
    told = probed(tmp_path, html(small()), CONTRAST, width=DESK, dark=dark)
    assert told["dark"] is dark
    assert (max(told["paper"]) < 60) is dark
    assert len(told["found"]) > 30
    assert {name: ratio for name, ratio in told["found"].items() if ratio < 4.5} == {}


_STICKY = """(page, view) => {
  const box = page.querySelector(".box");
  box.scrollTop = 300; box.scrollLeft = 200;
  const at = (name) => page.querySelector(name).getBoundingClientRect();
  const edge = box.getBoundingClientRect();
  return {scrolled: [box.scrollTop, box.scrollLeft],
          top: at("thead th:nth-child(9)").top - edge.top,
          left: at("tbody tr:last-child th").left - edge.left};
}"""


def test_the_headings_of_a_table_stay_in_sight(tmp_path: Path) -> None:
    """However far the table is scrolled, tasks stay above and hosts on the left."""
    hosts = [
        host(
            f"h{row}",
            *(task(step, f"t{step}", edit("/a", "1", "2")) for step in range(30) if row >> step % 6 & 1),
        )
        for row in range(1, 64)
    ]
    told: Any = probed(tmp_path, html(plan(hosts)), _STICKY, width=500, height=500)
    assert told["scrolled"] == [300, 200]
    assert 0 <= told["top"] <= 2
    assert 0 <= told["left"] <= 2


def test_paper_shows_what_is_folded_on_a_screen(tmp_path: Path) -> None:
    """Printed, the diffs are there, all hosts of every group, and the risks before them."""
    text = printed(tmp_path, html(small()))
    for each in (
        IDENTITY,
        "+proxy=http://u:(secret proxy_password)@proxy1:3128",
        "-   expires: 2019-01-31",
        "+site=mail02",
        "mail37, mail38, mail39",
        "See which pattern is there",
    ):
        assert each in text
    assert text.index("Cannot be undone") < text.index("+site=mail02")
