"""Views and documents asked from a small HTTP task: paging, both formats, logins, and every refusal."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from domino_web import LOGIN_FORM, PASSWORD, USER, Domino, serving, unid
from local_host import LocalHost

from remediate.engine.asking import Refused, ask
from remediate.errors import RemediateError, TaskFailed
from remediate.facts.commands import CommandLine, CommandOutput
from remediate.facts.domino_document import Document, DominoDocument
from remediate.facts.domino_http import WebServer
from remediate.facts.domino_view import DominoView, ViewContent
from remediate.facts.http import Endpoint
from remediate.secrecy import Secret

Login = Literal["basic", "session"]


@pytest.fixture
def domino() -> Iterator[Domino]:
    """An HTTP task with nine documents."""
    with serving(Domino()) as task:
        for number in range(1, 10):
            task.add(number, LabPlatform=f"platform {number}", LabExpiry=f"2015010{number}", Note="<&>")
        yield task


def web(domino: Domino, login: Login | None = None, password: str = PASSWORD) -> WebServer:
    """The HTTP task, with or without a user."""
    endpoint = Endpoint(port=domino.port)
    if login is None:
        return WebServer(endpoint=endpoint)
    return WebServer(endpoint=endpoint, user=USER, password=Secret(password), login=login)


def view(domino: Domino, **changes: Any) -> DominoView:
    """The question for the lab's view."""
    return DominoView(**{"server": web(domino), "database": domino.database, "view": domino.view, **changes})


def document(domino: Domino, number: int = 1, **changes: Any) -> DominoDocument:
    """The question for a document."""
    given = {"server": web(domino), "database": domino.database, "unid": unid(number), **changes}
    return DominoDocument(**given)


def told(fact: Any, host: LocalHost | None = None) -> Any:
    """The answer, or the error that was given in its place."""
    found = ask(host or LocalHost(), [fact], None)[fact]
    if isinstance(found, Refused):
        raise found.error
    return found


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("most", [2, 3, 8, 9, 1000])
def test_a_view_is_read_to_its_end(domino: Domino, form: str, most: int) -> None:
    """However few entries come at a time, in the end all are there, once and in order."""
    domino.most = most
    content = told(view(domino, format=form))
    assert content.unids == tuple(unid(number) for number in range(1, 10))
    assert [entry.columns[0].values for entry in content.entries][:2] == [("platform 1",), ("platform 2",)]
    assert content.entries[0].columns[1].values == ("2015-01-01",)


def test_an_empty_view(domino: Domino) -> None:
    """A view may have no entries."""
    domino.docs.clear()
    assert told(view(domino)) == told(view(domino, format="json")) == ViewContent(entries=())


@pytest.mark.parametrize("most", [0, 1, 1000])
def test_a_part_of_a_view_is_no_answer(domino: Domino, most: int) -> None:
    """Entries that the view counts and does not give are missed, and fail the task."""
    domino.most, domino.hidden = most, 1
    with pytest.raises(TaskFailed, match=r"came incomplete: .* top-level rows"):
        told(view(domino))


CATEGORIES = b"""<viewentries toplevelentries="2">
<viewentry position="1" noteid="80000004" children="2" descendants="2" siblings="2">
<entrydata columnnumber="0" name="Platform" category="true"><text>AIX</text></entrydata></viewentry>
<viewentry position="1.1" unid="00000000000000000000000000000001" siblings="2">
<entrydata columnnumber="1" name="Until"><text>a</text></entrydata></viewentry>
<viewentry position="1.2" unid="00000000000000000000000000000002" siblings="2" conflict="true">
<entrydata columnnumber="1" name="Until"><text>b</text></entrydata></viewentry>
<viewentry position="2" noteid="80000008" children="1" descendants="1" siblings="2">
<entrydata columnnumber="0" name="Platform" category="true"><text>Linux</text></entrydata></viewentry>
<viewentry position="2.1" unid="00000000000000000000000000000003" siblings="1">
<entrydata columnnumber="1" name="Until"><text>c</text></entrydata></viewentry>
</viewentries>"""


def test_a_categorized_view(domino: Domino) -> None:
    """What stands in a category's row counts for the documents below it."""
    domino.override["ReadViewEntries"] = (200, {}, CATEGORIES)
    content = told(view(domino))
    found = [[value for column in entry.columns for value in column.values] for entry in content.entries]
    assert found == [["AIX", "a"], ["AIX", "b"], ["Linux", "c"]]
    assert [entry.conflict for entry in content.entries] == [False, True, False]


@pytest.mark.parametrize("login", ["basic", "session"])
def test_logged_in(domino: Domino, login: Login) -> None:
    """With a user and the right password the data come, page after page."""
    domino.login, domino.most = login, 4
    assert len(told(view(domino, server=web(domino, login))).entries) == 9
    assert told(document(domino, server=web(domino, login))).value("note") == "<&>"


HTML = {"Content-Type": "text/html"}


@pytest.mark.parametrize(
    ("answer", "message", "cure"),
    [
        ((200, HTML, LOGIN_FORM.encode()), "the HTTP task asks for a login", "login: session"),
        ((200, {"DominoAuthenticationFailure": "x"}, b""), "the HTTP task asks for a login", "password"),
        ((401, {}, b""), "wants a name and password", "Internet password"),
        ((403, {}, b""), "may not do that", "access control list"),
        ((404, {}, b""), "it is not there", "names of the database"),
        ((302, {"Location": "https://x/?a=b"}, b""), "sends elsewhere, to https://x/", "TLS"),
        ((500, {}, b""), "status 500", "log"),
        ((200, HTML, b"<html><title> Some\n Page</title>"), "a page came ('Some Page')", "browser"),
        ((200, {}, b"<x/>"), "no viewentries in it, but x", "format: json"),
    ],
)
def test_refusals(domino: Domino, answer: Any, message: str, cure: str) -> None:
    """Each way of giving no data is named for what it is, and has a cure."""
    domino.override["ReadViewEntries"] = answer
    with pytest.raises(TaskFailed) as caught:
        told(view(domino))
    assert message in caught.value.what
    assert cure in str(caught.value.cure)


def test_the_login_form_is_seen_behind_basic_authentication(domino: Domino) -> None:
    """A session server answers basic authentication with its form and status 200: that is no data."""
    domino.login = "session"
    for fact in (view(domino, server=web(domino, "basic")), document(domino, server=web(domino, "basic"))):
        with pytest.raises(TaskFailed, match="asks for a login"):
            told(fact)


@pytest.mark.parametrize("login", ["basic", "session"])
def test_a_wrong_password_is_never_shown(domino: Domino, login: Login) -> None:
    """A refused password is in no message."""
    domino.login = login
    with pytest.raises(RemediateError) as caught:
        told(view(domino, server=web(domino, login, "hush-hush")))
    assert "hush" not in f"{caught.value!r} {caught.value} {caught.value.cure}"


def test_a_document_through_access_services(domino: Domino) -> None:
    """Access Services give the fields, without what Domino keeps for itself, and the last change."""
    found = told(document(domino))
    assert found.source == "access services"
    assert [name for name, _ in found.items] == ["LabExpiry", "LabPlatform", "Note"]
    assert found.unmodified_since == "Sat, 01 Mar 2014 12:00:00 GMT"
    assert '"@unid"' in found.text
    assert "platform" not in repr(found)


def test_the_last_change_without_its_header(domino: Domino) -> None:
    """Where the header is missing, the field `@modified` says when a document was last changed."""
    body = b'{"@modified": "2014-03-01T14:00:00+02:00", "A": 1}'
    domino.override["/api/"] = (200, {}, body)
    assert told(document(domino)).unmodified_since == "Sat, 01 Mar 2014 12:00:00 GMT"
    domino.override["/api/"] = (200, {}, b'{"A": 1}')
    assert told(document(domino)).unmodified_since is None


@pytest.mark.parametrize("status", [403, 404, 500, 501])
def test_a_document_without_access_services(domino: Domino, status: int) -> None:
    """Without Access Services the page is kept as it is."""
    domino.override["/api/"] = (status, HTML, b"<html>no</html>")
    found = told(document(domino))
    assert (found.source, found.items) == ("page", ())
    assert "<li>LabPlatform: platform 1" in found.text
    assert found.page == found.text


@pytest.mark.parametrize("services", [True, False])
def test_no_document(domino: Domino, services: bool) -> None:
    """A document that is not there is None."""
    domino.access_services = services
    assert told(document(domino, 99)) is None


def test_a_page_that_may_not_be_seen(domino: Domino) -> None:
    """A document that this user may not see is no absent document."""
    domino.access_services = False
    domino.override["OpenDocument"] = (403, {}, b"")
    with pytest.raises(TaskFailed, match="may not do that"):
        told(document(domino))


def test_a_batch_of_both_kinds(domino: Domino) -> None:
    """Questions for the shell and for the HTTP task go together; one that fails spoils no other."""
    host = LocalHost()
    shell = CommandOutput(CommandLine(argv=("echo", "x")))
    wrong = view(domino, view="Nowhere")
    answers = ask(host, [view(domino), shell, wrong, document(domino)], None)
    assert answers[shell].stdout == b"x\n"
    assert isinstance(answers[wrong], Refused)
    assert len(answers[view(domino)].entries) == 9
    assert isinstance(answers[document(domino)], Document)
    assert len(host.sent) == 1


def test_a_refused_login_is_tried_once(domino: Domino) -> None:
    """Several questions with the same wrong password are one refused login: more might lock the account."""
    domino.login = "session"
    wrong = web(domino, "session", "hush-hush")
    facts = [view(domino, server=wrong), document(domino, server=wrong), view(domino, server=wrong, view="B")]
    answers = ask(LocalHost(), facts, None)
    assert all(isinstance(answers[fact], Refused) for fact in facts)
    assert domino.log == ["POST /names.nsf?Login"]


def test_what_changes_the_answers(domino: Domino) -> None:
    """A console command, the database's file, and a change over HTTP may change a view; others do not."""
    for fact in (view(domino), document(domino)):
        assert fact.reads("domino:/local/notesdata")
        assert fact.reads("/local/notesdata/smd/lab.nsf")
        assert fact.reads(web(domino).resource("SMD/lab.nsf"))
        assert not fact.reads("/etc/motd")


def test_names_are_escaped(domino: Domino) -> None:
    """Whatever a view or a database is called, it cannot become another request."""
    host = LocalHost()
    with pytest.raises(TaskFailed):
        told(view(domino, view="($All)/x?DeleteDocument&#", database="a b/ü.nsf"), host)
    assert host.requests == [
        "GET /a%20b/%C3%BC.nsf/%28%24All%29%2Fx%3FDeleteDocument%26%23"
        "?ReadViewEntries&Start=1&Count=500&ExpandView"
    ]
