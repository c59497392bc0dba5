"""View entries as Domino writes them: XML and JSON, every kind of value, and what must be refused."""

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.facts.domino_entries import Page, parse_json_page, parse_xml_page
from remediate.facts.domino_values import iso_time, number

XML = """<?xml version="1.0" encoding="UTF-8"?>
<viewentries timestamp="20100416T112140,02Z" toplevelentries="77">
<viewentry position="77" unid="c3a77cc76eaa7d08802576fd0043d7d0" noteid="27B42" siblings="77">
<entrydata columnnumber="0" name="$134"><datetime>20100423T103000,00Z</datetime></entrydata>
<entrydata columnnumber="1" name="$149"><number>158</number></entrydata>
<entrydata columnnumber="3" name="Who">
<textlist><text>G. Hall</text><text>A &amp; B</text></textlist></entrydata>
</viewentry></viewentries>"""
JSON = {
    "@timestamp": "20100416T112140,02Z",
    "@toplevelentries": "77",
    "viewentry": [
        {
            "@position": "77",
            "@unid": "C3A77CC76EAA7D08802576FD0043D7D0",
            "@noteid": "27B42",
            "entrydata": [
                {"@columnnumber": "0", "@name": "$134", "datetime": {"0": "20100423T103000,00Z"}},
                {"@columnnumber": "1", "@name": "$149", "number": {"0": "158"}},
                {
                    "@columnnumber": "3",
                    "@name": "Who",
                    "textlist": {"text": [{"0": "G. Hall"}, {"0": "A & B"}]},
                },
            ],
        }
    ],
}
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=12)
ROWS = st.lists(st.lists(st.tuples(TEXTS, TEXTS), max_size=3), max_size=4)


def test_both_formats_say_the_same() -> None:
    """A row in XML and the same in JSON are one: times in ISO 8601, numbers as numbers, lists as lists."""
    page = parse_xml_page(XML)
    assert page == parse_json_page(json.dumps(JSON))
    (row,) = page.rows
    assert page.top_level == 77
    assert (row.position, row.unid) == ("77", "C3A77CC76EAA7D08802576FD0043D7D0")
    assert [(each.number, each.name, each.values) for each in row.columns] == [
        (0, "$134", ("2010-04-23T10:30:00.00Z",)),
        (1, "$149", (158,)),
        (3, "Who", ("G. Hall", "A & B")),
    ]


@given(ROWS)
def test_any_text_comes_through_both_formats(rows: list[list[tuple[str, str]]]) -> None:
    """Whatever is in a column, both formats give it back, however it had to be escaped."""
    xml, entries = "", []
    for index, columns in enumerate(rows):
        xml += f"<viewentry position='{index}' unid='{index:032X}'>"
        data: list[dict[str, Any]] = []
        for column, (name, value) in enumerate(columns):
            xml += f"<entrydata columnnumber='{column}' name={quoteattr(name)}>"
            xml += f"<text>{escape(value)}</text></entrydata>"
            data.append({"@columnnumber": str(column), "@name": name, "text": {"0": value}})
        xml += "</viewentry>"
        entries.append({"@position": str(index), "@unid": f"{index:032X}", "entrydata": data})
    page = parse_xml_page(f"<viewentries toplevelentries='{len(rows)}'>{xml}</viewentries>")
    assert page == parse_json_page(json.dumps({"@toplevelentries": len(rows), "viewentry": entries}))
    assert [[(each.name, *each.values) for each in row.columns] for row in page.rows] == rows


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html><form></form></html>",
        "<viewentries><viewentry></viewentries>",
        "<!DOCTYPE v SYSTEM 'http://127.0.0.1/x'><viewentries/>",
        "<!DOCTYPE v [<!ENTITY a 'b'>]><viewentries><viewentry unid='&a;'/></viewentries>",
        "<!DOCTYPE v [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><viewentries>&x;</viewentries>",
        "<viewentries toplevelentries='many'/>",
        "<viewentries>&nbsp;</viewentries>",
    ],
)
def test_what_is_no_view_in_xml_is_refused(text: str) -> None:
    """Broken XML, another page, and every document type, with which entities come, are refused."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_xml_page(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "{viewentry: []}",
        "<html>",
        '{"viewentry": [1]}',
        '{"viewentry": [{"entrydata": ["x"]}]}',
        '{"viewentry": [{"entrydata": [{"text": {"0": ["x"]}}]}]}',
        '{"viewentry": [{"entrydata": [{"@columnnumber": "x"}]}]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_view_in_json_is_refused(text: str) -> None:
    """What only looks like JSON (as Domino 7 wrote it), or is not made as documented, is refused."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_json_page(text)


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_nothing_else_than_a_page_or_a_refusal_comes(text: str) -> None:
    """Whatever a server sends, the parsers either give a page or refuse it."""
    for parse in (parse_xml_page, parse_json_page):
        try:
            assert isinstance(parse(text), Page)
        except ValueError:
            continue


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("20130725T153106,25Z", "2013-07-25T15:31:06.25Z"),
        ("19990713T060306, 52+05", "1999-07-13T06:03:06.52+05:00"),
        ("20010522T103636,81-0430", "2001-05-22T10:36:36.81-04:30"),
        ("20010601", "2001-06-01"),
        ("T060306,52", "06:03:06.52"),
        ("20010601T103636", "2001-06-01T10:36:36"),
        ("06/01/2001", "06/01/2001"),
        ("", ""),
        ("2001060", "2001060"),
    ],
)
def test_times(text: str, time: str) -> None:
    """Every form that the documentation names is read; anything else is left as it is."""
    assert iso_time(text) == time


@given(st.datetimes())
def test_every_time_is_read_to_the_hundredth(when: Any) -> None:
    """A time written as Domino does is the same time in ISO 8601."""
    hundredths = when.microsecond // 10_000
    domino = f"{when:%Y%m%dT%H%M%S}".rjust(15, "0") + f",{hundredths:02}Z"
    assert iso_time(domino) == when.replace(microsecond=0).isoformat() + f".{hundredths:02}Z"


@pytest.mark.parametrize(
    ("text", "value"), [("158", 158), ("1.5", 1.5), ("-2", -2), ("1,5", "1,5"), ("nan", "nan")]
)
def test_numbers(text: str, value: object) -> None:
    """Numbers are numbers; what is none stays text."""
    assert number(text) == value
