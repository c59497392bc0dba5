"""The answer to `?ReadViewEntries`, in XML and in JSON: the rows of one page of a view.

The elements are those of the Domino DTD: `viewentries`, `viewentry`, `entrydata`, and in them `text`,
`number`, `datetime`, or a list of these. The JSON says the same with `@` before what are attributes in XML.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from remediate.facts.domino_values import iso_time, number
from remediate.records import dataclass
from remediate.secrecy import whole_or_counted

KINDS = ("text", "number", "datetime")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a row: its number from 0, its programmatic name, and its values, mostly one."""

    number: int
    name: str
    values: tuple[str | int | float, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a view: a document, or (without a unid) a category or a total."""

    position: str
    unid: str
    columns: tuple[Column, ...]
    conflict: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """The rows of one answer, and how many top-level rows the view says it has, if it says so."""

    rows: tuple[Row, ...]
    top_level: int | None


def parse_xml_page(text: str) -> Page:
    """A page from XML.

    Raises:
        ValueError: if it is no such XML; document types, and so entities, are refused.
    """
    root = _parse_xml(text)
    top = root if root.tag == "viewentries" else root.find(".//viewentries")
    if top is None:
        raise ValueError(f"no viewentries in it, but {root.tag}")
    rows = tuple(_xml_row(entry) for entry in top.findall("viewentry"))
    return Page(rows=rows, top_level=_count(top.get("toplevelentries")))


def parse_json_page(text: str) -> Page:
    """A page from JSON.

    Raises:
        ValueError: if it is no such JSON; Domino 7 wrote something that is none.
    """
    try:
        top = json.loads(text, strict=False)
    except RecursionError:
        raise ValueError("too deep") from None
    if not isinstance(top, dict) or not ("viewentry" in top or "@toplevelentries" in top):
        raise ValueError("no viewentry in it")
    rows = tuple(_json_row(entry) for entry in _as_list(top.get("viewentry")))
    return Page(rows=rows, top_level=_count(top.get("@toplevelentries")))


def _parse_xml(text: str) -> Element:
    builder = TreeBuilder()
    parser = expat.ParserCreate(encoding="utf-8")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype  # no document type, no entity, no outside file
    parser.buffer_text = True
    try:
        parser.Parse(text.encode("utf-8", "surrogateescape"), True)
        return builder.close()
    except expat.ExpatError as error:
        raise ValueError(f"not well-formed: {error}") from None


def _refuse_doctype(*_: object) -> None:
    raise ValueError("it declares a document type, which is refused")


def _xml_row(entry: Element) -> Row:
    columns = [
        _column(data.get("columnnumber"), data.get("name"), _xml_values(data))
        for data in entry.findall("entrydata")
    ]
    return Row(
        position=entry.get("position", ""),
        unid=_unid(entry.get("unid")),
        columns=tuple(columns),
        conflict=entry.get("conflict") == "true",
    )


def _xml_values(data: Element) -> Iterator[str | int | float]:
    for element in data.iter():
        if element.tag in KINDS:
            yield _value(element.tag, element.text or "")


def _json_row(entry: Any) -> Row:
    if not isinstance(entry, Mapping):
        raise ValueError("a viewentry is no object")  # noqa: TRY004 - what came is wrong
    columns = []
    for data in _as_list(entry.get("entrydata")):
        if not isinstance(data, Mapping):
            raise ValueError("an entrydata is no object")  # noqa: TRY004
        columns.append(_column(data.get("@columnnumber"), data.get("@name"), _json_values(data)))
    return Row(
        position=str(entry.get("@position", "")),
        unid=_unid(entry.get("@unid")),
        columns=tuple(columns),
        conflict=str(entry.get("@conflict", "")).lower() == "true",
    )


def _json_values(data: Mapping[str, Any]) -> Iterator[str | int | float]:
    for kind in KINDS:
        for each in (*_as_list(data.get(kind)), *_listed(data.get(f"{kind}list"), kind)):
            # A value is written as {"0": value}.
            for value in each.values() if isinstance(each, Mapping) else (each,):
                if isinstance(value, list | dict):
                    raise ValueError("a value is no text")  # noqa: TRY004
                yield _value(kind, "" if value is None else str(value))


def _listed(value: Any, kind: str) -> list[Any]:
    return _as_list(value.get(kind) if isinstance(value, Mapping) else value)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _column(position: Any, name: Any, values: Iterable[str | int | float]) -> Column:
    return Column(number=_count(position) or 0, name=str(name or ""), values=tuple(values))


def _value(kind: str, text: str) -> str | int | float:
    if kind == "number":
        return number(text)
    return iso_time(text) if kind == "datetime" else text


def _count(value: Any) -> int | None:
    try:
        return None if value is None else int(value)
    except (TypeError, ValueError):
        raise ValueError(f"'{whole_or_counted(str(value), 20)}' is not a count") from None


def _unid(value: Any) -> str:
    return str(value or "").upper()
