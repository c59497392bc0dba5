"""What the HTTP task answers with: views as XML and JSON, documents as HTML and JSON, the login form.

The shape of a view's entries is Domino's (`viewentries/viewentry[@unid]/entrydata[@name]`); pages for people
are the lab's own.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from remediate.lab.documents import PLATFORM, VIEWS, Document, Documents, living

PAGE = 30
"""How many entries a view shows unless `Count` says otherwise."""
LOGIN_FORM = """<html><head><title>Server Login</title></head><body>
<form method="post" action="/names.nsf?Login"><input name="Username"><input name="Password" type="password">
</form></body></html>
"""


def entries_of(documents: Documents, view: str) -> tuple[tuple[Document, Mapping[str, str]], ...]:
    """A view's documents in their order, each with its columns.

    Raises:
        KeyError: if there is no such view.
    """
    forms, columns = VIEWS[view]
    found = [one for one in living(documents) if one.form in forms]
    found.sort(key=lambda one: (one.fields.get(PLATFORM, one.form), one.unid))
    return tuple(
        (one, {name: one.form if name == "Form" else one.fields.get(name, "") for name in columns})
        for one in found
    )


def view_xml(entries: Sequence[tuple[Document, Mapping[str, str]]], start: int, count: int) -> str:
    """Entries number `start` and following, as `?ReadViewEntries` gives them."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<viewentries toplevelentries="{len(entries)}">']
    for number, (document, columns) in list(enumerate(entries, 1))[start - 1 : start - 1 + count]:
        lines.append(
            f'<viewentry position="{number}" unid="{document.unid}" noteid="{2298 + 4 * number:X}" '
            f'siblings="{len(entries)}">'
        )
        for column, (name, value) in enumerate(columns.items()):
            lines.append(f'<entrydata columnnumber="{column}" name={quoteattr(name)}>')
            lines.append(f"<text>{escape(value, quote=False)}</text></entrydata>")
        lines.append("</viewentry>")
    return "\n".join([*lines, "</viewentries>", ""])


def view_json(entries: Sequence[tuple[Document, Mapping[str, str]]], start: int, count: int) -> Any:
    """The same, as `&OutputFormat=JSON` gives it."""
    shown = list(enumerate(entries, 1))[start - 1 : start - 1 + count]
    answer: dict[str, Any] = {"@toplevelentries": str(len(entries))}
    if shown:
        answer["viewentry"] = [
            {
                "@position": str(number),
                "@unid": document.unid,
                "@noteid": f"{2298 + 4 * number:X}",
                "@siblings": str(len(entries)),
                "entrydata": [
                    {"@columnnumber": str(column), "@name": name, "text": {"0": value}}
                    for column, (name, value) in enumerate(columns.items())
                ],
            }
            for number, (document, columns) in shown
        ]
    return answer


def document_html(document: Document) -> str:
    """A document for reading, as `?OpenDocument` gives it."""
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>\n"
        for name, value in {"Form": document.form, **document.fields}.items()
    )
    return f"<html><head><title>LAB: document</title></head><body><table>\n{rows}</table></body></html>\n"


def document_json(document: Document, database: str) -> dict[str, Any]:
    """A document as Access Services give it."""
    return {
        "@href": f"{quote(database)}/api/data/documents/unid/{document.unid}",
        "@unid": document.unid,
        "@modified": document.modified.replace("+00:00", "Z"),
        "@form": document.form,
        **document.fields,
    }


def page(title: str) -> str:
    """A page that says one thing."""
    return f"<html><head><title>{escape(title)}</title></head><body>{escape(title)}</body></html>\n"
