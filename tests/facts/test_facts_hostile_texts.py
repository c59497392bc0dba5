"""What a host answers may be made to keep a reader busy for hours: each of these texts was.

There is no clock in these tests. They come to their end, or they do not.
"""

import pytest

from remediate.facts.base import Follow, Output
from remediate.facts.domino_document import DominoDocument
from remediate.facts.domino_http import WebServer, is_login_form, page_title
from remediate.facts.domino_log import besides_answers, parse_server
from remediate.facts.files import FileStatus
from remediate.facts.http import Endpoint, HttpResponse
from remediate.secrecy import MASK, is_secret_field, without_codes

MEGABYTE = 1_000_000
CODE = "AB12-CD34-EF56-GH78"


def full_of(text: str) -> str:
    """A megabyte of it."""
    return text * (MEGABYTE // len(text))


def page(text: str) -> HttpResponse:
    """What a web server answers."""
    return HttpResponse(status=200, headers=(("Content-Type", "text/html"),), body=text.encode())


@pytest.mark.parametrize("text", ["<input ", "<input type=", "<input type" + " " * 99, "<title", "<title>"])
def test_a_page_of_openings_is_read_to_its_end(text: str) -> None:
    """It is a login form only if it asks for a password, and has a title only if that is closed."""
    full = f"<html>{full_of(text)}"
    assert not is_login_form(page(f"{full}?login"))
    assert is_login_form(page(f'{full}><input name=p type = "Password"><a href="?Login">'))
    assert page_title(page(full)) == "without a title"
    assert page_title(page(f"<html><TITLE lang='de'>A\n page</Title>{full}")) == "A page"


@pytest.mark.parametrize("text", ["<script>", "<script></script", "<!--", "<!--<script>"])
def test_what_is_not_closed_on_a_page_is_seen(text: str) -> None:
    """Scripts and comments are left out of a page up to the first that does not end."""
    fact = DominoDocument(server=WebServer(endpoint=Endpoint(port=80)), database="a.nsf", unid="0" * 32)
    follow = fact.read(page("<html>"))
    assert isinstance(follow, Follow)
    found = follow.fact.read(page(f"a<!-- 12:00 -->b<Script x>c</SCRIPT >d{full_of(text)}"))
    assert found.page == f"abd{full_of(text)}"


@pytest.mark.parametrize("text", ["A-", "AAAA-", "AA-BBBB-", "AAAA-AAAA-AAAA-AAAA--"])
def test_codes_are_found_among_what_looks_nearly_so(text: str) -> None:
    """Groups of capitals are no code as long as no digit follows them."""
    full = full_of(text)
    assert without_codes(f"{full} {CODE}.") == f"{full} {MASK}."


def test_a_field_of_any_name_is_judged() -> None:
    """The name of a field comes from the server, too."""
    assert not is_secret_field(full_of("regist"))
    assert is_secret_field(full_of("regist") + "ration_key")


@pytest.mark.parametrize(
    "text", ["Domino ", "Domino Server ", "Domino Server (Release ", "Server" + " " * 99]
)
def test_a_line_of_a_console_is_read_to_its_end(text: str) -> None:
    """The release is told only where it is whole."""
    full = full_of(text)
    assert besides_answers((f".{full}",)) == (f".{full}",)
    lines = (f"{full}Domino Server (Release 8.5.3 for AIX)", "Server directory: /d", "Partition: /d")
    told = parse_server(lines)
    assert told is not None
    assert told.release.endswith("8.5.3 for AIX")


def test_a_line_of_ls_is_read_to_its_end() -> None:
    """A group's name ends before the size, also where the size stands everywhere behind it."""
    numbers = b"-rw-r--r-- 1 0 0 1 Jan 1 00:00 /f"
    names = b"-rw-r--r-- 1 root " + full_of("1").encode() + b" a group 1 Jan 1 00:00 /f"
    status = FileStatus("/f").parse(Output(status=0, stdout=names + b"\n" + numbers + b"\n"))
    assert (status.owner, status.group) == ("root", full_of("1") + " a group")
