"""The report's files for programs and for people: each is read again by a reader of its kind."""

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fleet_examples import VERDICTS, days, finding, report, shown, three_nights
from hostile import WORDS as HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from remediate.measured import Measured
from remediate.reports.fleet_csv import as_csv
from remediate.reports.fleet_html import as_html
from remediate.reports.fleet_json import as_json
from remediate.reports.fleet_markdown import as_markdown
from remediate.reports.fleet_view import FleetView
from remediate.reports.junit import as_junit
from remediate.reports.prometheus import as_prometheus

DOCUMENTATION = Path(__file__).resolve().parents[2] / "docs" / "reports.md"
MARKUP = "</title></script><script>alert(1)</script><img src=x onerror=alert(1)> & \"'"
BIDI = "\u202egnp.exe\u2066"
TEXTS = (
    *HOSTILE,
    MARKUP,
    BIDI,
    "]]>",
    "\ufffe\uffff\ud800\x00\x0b\x85\u2028",
    "[a](javascript:x) | `b` **c**",
)
texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=40))
numbers = st.floats(allow_nan=False, allow_infinity=False)
figures = st.none() | st.builds(
    Measured, value=numbers, unit=texts, warning=st.none() | numbers, critical=st.none() | numbers
)
reports = st.lists(
    st.builds(
        lambda host, check, severity, message, figure: finding(
            host, check, severity, message=message, figure=figure, change="new" if severity != "ok" else ""
        ),
        texts,
        texts,
        st.sampled_from(list(VERDICTS)),
        texts,
        figures,
    ),
    max_size=6,
).map(lambda found: shown(found, absent=found))


def three(store: Path) -> FleetView:
    """The report of three nights."""
    return report(store, three_nights(store))


def read_xml(text: str) -> ElementTree.Element:
    """The root of a document that is our own."""
    return ElementTree.fromstring(text)  # noqa: S314


def test_json_has_a_format_and_all_that_was_found(tmp_path: Path) -> None:
    """The keys of docs/reports.md; checks that were not looked at are no entries."""
    found = json.loads(as_json(three(tmp_path)))
    assert (found["format"], found["version"], found["run"]) == ("remediate report", 1, 3)
    assert found["states"] == {"critical": 1, "warning": 2, "unreachable": 1}
    (one,) = found["hosts"][0]["checks"]
    assert one == {
        "check": "the certificate check is on",
        "state": "critical",
        "change": "new",
        "since": "2026-03-03T06:00:00+00:00",
        "message": "it is off\n<b>why</b>",
        "figure": None,
    }
    keys = DOCUMENTATION.read_text()
    assert [key for key in (*found, *found["hosts"][0], *one) if f"`{key}`" not in keys] == []


def test_csv_has_a_line_for_each_check(tmp_path: Path) -> None:
    """With its figure and limits as numbers."""
    rows = list(csv.DictReader(io.StringIO(as_csv(three(tmp_path)))))
    assert Counter(row["host"] for row in rows) == {"mail10": 1, "mail1": 2, "mail2": 3, "old": 1}
    left = next(row for row in rows if (row["host"], row["check"]) == ("mail1", "days left"))
    assert [left[each] for each in ("value", "unit", "warning", "critical")] == ["12", "d", "30", "7"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum(a1)", "  =1", "\t=1", "\uff1d1"])
def test_a_spreadsheet_finds_no_formula(text: str) -> None:
    """A text that would be one stands behind an apostrophe; a number below zero stays a number."""
    view = shown([finding(text, text, "warning", message=text, figure=Measured(value=-1, unit=text))])
    (row,) = csv.DictReader(io.StringIO(as_csv(view)))
    for name in ("host", "check", "message", "unit"):
        assert row[name].startswith("'")
    assert row["value"] == "-1"


def test_junit_has_a_suite_for_each_host(tmp_path: Path) -> None:
    """Its attributes count what is in it; drift is a failure, what could not be told an error."""
    root = read_xml(as_junit(three(tmp_path)))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == (
        "testsuites", "7", "4", "1",
    )  # fmt: skip
    assert [suite.get("name") for suite in root] == ["mail10", "mail1", "mail2", "old"]
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("errors", "")) == len(suite.findall("testcase/error"))
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("critical", "it is off")
    assert failure.text == "critical, new\nit is off\n<b>why</b>"


_ALLOWED = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "hostname", "timestamp", "time", "tests", "failures", "errors", "skipped"},
    "testcase": {"classname", "name", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": set(),
    "system-out": set(),
}
"""Elements and attributes that the schemas of Jenkins and GitLab know."""


@given(reports)
def test_junit_is_xml_whatever_hosts_say(view: FleetView) -> None:
    """It is read as XML 1.0, with the elements that its readers know, and names stay what they are."""
    root = read_xml(as_junit(view))
    for each in root.iter():
        assert set(each.keys()) <= _ALLOWED[each.tag]
    names = [re.sub(r"\s+", " ", host.name) for host in view.hosts]
    assert [suite.get("name") for suite in root] == names


def test_prometheus_reads_the_metrics(tmp_path: Path) -> None:
    """Gauges in base units, with names and help as its conventions ask; days are seconds there."""
    families = {each.name: each for each in text_string_to_metric_families(as_prometheus(three(tmp_path)))}
    assert all(each.documentation.endswith(".") and each.type == "gauge" for each in families.values())
    assert all(re.fullmatch("remediate_[a-z_]+[a-z]", name) for name in families)
    left = {
        sample.labels["host"]: sample.value for sample in families["remediate_check_measured_seconds"].samples
    }
    assert left == {"mail1": 12 * 86400, "mail2": 300 * 86400}
    states = {sample.labels["state"]: sample.value for sample in families["remediate_hosts"].samples}
    assert (states["critical"], states["warning"], states["unreachable"], states["ok"]) == (1, 2, 1, 0)
    severities = {
        sample.labels["host"]: sample.value for sample in families["remediate_host_severity"].samples
    }
    assert severities == {"mail10": 2, "mail1": 1, "mail2": 1, "old": 3}
    since = families["remediate_check_bad_since_timestamp_seconds"].samples
    assert {sample.value for sample in since} == {1772517600, 1772431200}


@given(reports)
def test_prometheus_reads_whatever_hosts_say(view: FleetView) -> None:
    """Every sample is one line, no series is there twice, and names come out as they went in."""
    text = as_prometheus(view)
    families = list(text_string_to_metric_families(text))
    found = [sample for family in families for sample in family.samples]
    series = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in found]
    assert len(series) == len(set(series)) == sum(1 for line in text.split("\n") if line and line[0] != "#")
    hosts = {sample.labels["host"] for sample in found if "host" in sample.labels}
    assert hosts == {host.name for host in view.hosts}


@given(reports)
def test_json_and_csv_hold_whatever_hosts_say(view: FleetView) -> None:
    """Both are UTF-8, and are read as they were written."""
    found = json.loads(as_json(view).encode())
    assert [host["host"] for host in found["hosts"]] == [host.name for host in view.hosts]
    rows = list(csv.DictReader(io.StringIO(as_csv(view).encode().decode(), newline="")))
    assert len(rows) == sum(
        len(each["checks"]) for part in ("hosts", "not_looked_at") for each in found[part]
    )


@given(reports)
def test_markdown_holds_no_markup_of_others(view: FleetView) -> None:
    """No link, image, or HTML comes of what hosts say."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(as_markdown(view))
    inline = [child.type for token in tokens for child in token.children or ()]
    assert not {"link_open", "image", "html_inline"} & set(inline)
    assert "html_block" not in {token.type for token in tokens}


@pytest.mark.parametrize("text", [MARKUP, BIDI], ids=["markup", "bidi"])
def test_a_page_shows_hostile_texts_as_text(text: str) -> None:
    """Wherever they stand: markup is escaped, and what turns the direction of writing is replaced."""
    found = [finding(text, text, "critical", message=text, change="new")]
    page = as_html(shown(found, absent=found))
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert "\u202e" not in page


def test_a_message_of_ten_megabytes_is_cut_short_for_people_and_kept_for_programs() -> None:
    """The page, the ticket and the table stay small and say what is missing; the JSON has it all."""
    view = shown([finding("one", "check", "critical", message="x" * 10_000_000, change="new")])
    for write in (as_html, as_markdown, as_junit):
        assert len(write(view)) < 100_000
        assert "more letters" in write(view)
    assert len(as_csv(view)) < 100_000
    assert len(json.loads(as_json(view))["hosts"][0]["checks"][0]["message"]) == 10_000_000


def test_many_long_messages_share_the_room_of_a_page() -> None:
    """The more there are, the less is shown of each."""
    view = shown([days(f"h{number}", 1, "critical") for number in range(10)])
    long = shown([finding(f"h{number}", "check", "critical", message="x" * 5000) for number in range(5000)])
    assert len(as_html(long)) < 20_000_000
    assert "more letters" not in as_html(view)
