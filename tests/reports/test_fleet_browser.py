"""The page of a report in a real browser: read, sorted, sifted, by keyboard, on a telephone, on paper."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from chromium import CONTRAST, browsed, opened, printed, probed
from fleet_examples import finding, keep_run, report, shown, task, three_nights
from playwright.sync_api import Page, expect

from remediate.reports.fleet_html import as_html
from remediate.reports.fleet_view import FleetView

PHONE, DESK = 380, 1200
HOSTILE = '</script><script>console.log("run")</script><img src="x:y" onerror="console.log(1)">'


@pytest.fixture
def view(tmp_path: Path) -> FleetView:
    """The report of three nights."""
    return report(tmp_path / "store", three_nights(tmp_path / "store"))


@contextmanager
def open_page(tmp: Path, view: FleetView, **options: Any) -> Iterator[Page]:
    """A report's page in a tab."""
    file = tmp / "report.html"
    file.write_text(as_html(view), encoding="utf-8")
    with browsed(**{"width": DESK, **options}) as page:
        page.goto(file.as_uri())
        yield page


def hosts(page: Page) -> list[str]:
    """The hosts of the table that are to be seen, in their order."""
    return page.locator("#fleet tbody tr:visible th").all_text_contents()


def test_it_opens_without_a_complaint(tmp_path: Path, view: FleetView) -> None:
    """The gravest host comes first; the page loads nothing, and the browser has nothing to say."""
    with open_page(tmp_path, view) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.reload()
        assert hosts(page) == ["mail10", "mail1", "mail2", "old"]
        assert len(asked) == 1


def test_it_is_complete_without_a_script(tmp_path: Path, view: FleetView) -> None:
    """All is there, in the order of gravity; what only a script can do is not to be seen."""
    with open_page(tmp_path, view, scripts=False) as page:
        assert hosts(page) == ["mail10", "mail1", "mail2", "old"]
        assert page.get_by_text("this page needs JavaScript").is_visible()
        assert not page.locator("#sieve").is_visible()
        assert page.locator("#fleet button").count() == 0
        page.get_by_role("link", name="mail2").click()
        assert page.get_by_text("+blue").is_visible()


def test_columns_sort_both_ways(tmp_path: Path, view: FleetView) -> None:
    """By name as people count, by state the gravest first, by figure the least first; headings say so."""
    with open_page(tmp_path, view) as page:
        heads = {name: page.get_by_role("columnheader", name=name) for name in ("Host", "State", "days left")}
        heads["Host"].get_by_role("button").click()
        assert hosts(page) == ["mail1", "mail2", "mail10", "old"]
        assert heads["Host"].get_attribute("aria-sort") == "ascending"
        assert heads["State"].get_attribute("aria-sort") is None
        heads["Host"].get_by_role("button").click()
        assert hosts(page) == ["old", "mail10", "mail2", "mail1"]
        assert heads["Host"].get_attribute("aria-sort") == "descending"
        heads["days left"].get_by_role("button").click()
        assert hosts(page)[:2] == ["mail1", "mail2"]
        heads["State"].get_by_role("button").click()
        assert hosts(page) == ["mail10", "mail1", "mail2", "old"]
        heads["State"].get_by_role("button").click()
        assert hosts(page) == ["old", "mail2", "mail1", "mail10"]


def test_hosts_are_sifted_by_text_and_state(tmp_path: Path, view: FleetView) -> None:
    """By name or by what their stories say, by state or by what is new; how many are left is said aloud."""
    with open_page(tmp_path, view) as page:
        stories = page.locator("details.story:visible > summary b")
        page.get_by_label("Find").fill("no ROUTE")
        expect(page.get_by_role("status")).to_have_text("1 of 4 hosts")
        assert (hosts(page), stories.all_text_contents()) == (["old"], ["old"])
        page.get_by_label("Find").fill("")
        expect(page.get_by_role("status")).to_have_text("4 hosts")
        for choice, left in (("fixed", ["mail2"]), ("what is not well", ["mail10", "mail1", "mail2", "old"])):
            page.get_by_label("Show").select_option(label=choice)
            assert hosts(page) == left
        page.get_by_label("Show").select_option(label="warning")
        page.get_by_label("Find").fill("mail1")
        expect(page.get_by_role("status")).to_have_text("1 of 4 hosts")
        assert hosts(page) == ["mail1"]


def test_all_of_it_is_reached_by_keyboard(tmp_path: Path, view: FleetView) -> None:
    """Search, choice, table, headings, hosts and stories come one after the other; Enter works them."""
    with open_page(tmp_path, view) as page:
        reached = []
        for _ in range(14):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.innerText"))
            if reached[-1] == "Host":
                page.keyboard.press("Enter")
        assert reached[:2] == ["find", "show"]
        assert reached[3:9] == [each.strip() for each in page.locator("#fleet thead th").all_inner_texts()]
        assert reached[9:13] == hosts(page) == ["mail1", "mail2", "mail10", "old"]
        page.keyboard.press("Enter")
        assert page.locator("details.story[open]").count() == 1


def test_a_link_opens_its_story(tmp_path: Path, view: FleetView) -> None:
    """The host's name in the table leads to its story, with the diff."""
    with open_page(tmp_path, view) as page:
        page.get_by_role("link", name="mail2").click()
        assert page.get_by_text("+blue").is_visible()


def test_a_screen_reader_finds_a_table_and_charts(tmp_path: Path, view: FleetView) -> None:
    """The rows lie as the page wants them, and are rows all the same; charts tell their numbers."""
    with open_page(tmp_path, view) as page:
        nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        found = [
            (each["role"]["value"], each.get("name", {}).get("value", "")) for each in nodes if "role" in each
        ]
        roles = [role for role, _ in found]
        assert (roles.count("row"), roles.count("columnheader")) == (5, 6)
        assert roles.count("rowheader") == 4
        assert roles.count("cell") == 4 * 5
        (chart,) = [name for role, name in found if role == "image" and name.startswith("Hosts that are not")]
        assert "critical: from 1 to 1 hosts" in chart


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("dark", [False, True], ids=["bright", "dark"])
def test_the_accessibility_check_passes(tmp_path: Path, view: FleetView, width: int, dark: bool) -> None:
    """axe-core finds nothing, with every story open."""
    with open_page(tmp_path, view, width=width, dark=dark) as page:
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        page.evaluate(AXE_SCRIPT)
        found = page.evaluate("axe.run().then((result) => result.violations)")
        told = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
        assert told == []


@pytest.mark.parametrize("dark", [False, True], ids=["bright", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(tmp_path: Path, view: FleetView, dark: bool) -> None:
    """Contrast is at least 4.5 to 1 everywhere; dark is really dark."""
    told = probed(tmp_path, as_html(view), CONTRAST, width=DESK, dark=dark)
    assert (told["dark"], max(told["paper"]) < 60) == (dark, dark)
    assert len(told["found"]) > 30
    assert {name: ratio for name, ratio in told["found"].items() if ratio < 4.5} == {}


def wide() -> FleetView:
    """Long words everywhere, and more checks than a screen is wide."""
    long = "x" * 300
    found = [
        finding(f"h{number}{'-long' * 30}", f"{long} {check}", "critical", message=long, change="new")
        for number in range(5)
        for check in range(30)
    ]
    return shown(found, absent=found)


def test_on_a_phone_nothing_scrolls_sideways_but_the_table(tmp_path: Path, view: FleetView) -> None:
    """The page is as wide as the screen, with everything unfolded, and every button is on it."""
    for made in (view, wide()):
        with open_page(tmp_path, made, width=PHONE) as page:
            page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE
            assert page.evaluate("(box => box.scrollWidth > box.clientWidth)(document.querySelector('.box'))")


def test_the_headings_of_the_table_stay_in_sight(tmp_path: Path) -> None:
    """However far the table is scrolled, checks stay above and hosts on the left."""
    made = shown(finding(f"h{number}", f"check {check}") for number in range(60) for check in range(30))
    with open_page(tmp_path, made, width=500, height=500) as page:
        page.evaluate("document.querySelector('.box').scrollTo(200, 600)")
        page.wait_for_timeout(200)
        at = "(s) => document.querySelector(s).getBoundingClientRect()"
        edge = page.evaluate(f"({at})('.box').toJSON()")
        assert 0 <= page.evaluate(f"({at})('#fleet thead').top") - edge["top"] <= 2
        rows = page.locator("#fleet tbody th")
        assert 0 <= rows.nth(20).bounding_box()["x"] - edge["left"] <= 2  # type: ignore[index]


def test_a_host_cannot_say_anything_that_runs(tmp_path: Path) -> None:
    """Its name, its checks and its messages are text in the page, whatever is in them."""
    made = shown([finding(HOSTILE, HOSTILE, "critical", message=HOSTILE, change="new")])
    with open_page(tmp_path, made) as page:
        assert hosts(page) == [HOSTILE]
        assert page.locator("script").count() == 1
        assert page.locator("img").count() == 0
        page.get_by_label("Find").fill("<script>")
        page.wait_for_timeout(200)
        assert hosts(page) == [HOSTILE]


def test_a_script_that_was_changed_is_refused(tmp_path: Path, view: FleetView) -> None:
    """The page's policy holds: with another script than its own the browser complains."""
    found = opened(tmp_path, as_html(view).replace('"use strict"', '"use  strict"', 1))
    assert any("Content Security Policy" in line for line in found.console)


def test_paper_shows_what_is_folded_on_a_screen(tmp_path: Path, view: FleetView) -> None:
    """Printed, all hosts are there, with their stories and diffs; what nobody can press is not."""
    text = printed(tmp_path, as_html(view))
    for each in ("What changed", "mail10", "unreachable", "no route to host", "+blue", "Host by host"):
        assert each in text
    assert "Find" not in text


def test_a_run_is_a_page_too(tmp_path: Path) -> None:
    """Tasks against hosts, without the tasks of which there is nothing to tell."""
    tasks = [task("one", "write", "failed", message="no room"), task("one", "look", step=1)]
    number = keep_run(tmp_path / "store", "2026-03-01T06:00:00+00:00", tasks)
    with open_page(tmp_path, report(tmp_path / "store", number)) as page:
        heads = page.get_by_role("columnheader").all_inner_texts()
        assert [each.strip() for each in heads] == ["Host", "State", "write"]
        assert page.get_by_text("1 task with nothing to tell of any host is left out.").is_visible()
