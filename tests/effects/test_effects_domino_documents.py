"""Deleting a document and changing fields: what is foretold, what is shown, and the same over real SSH."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from domino_web import Domino, serving, unid
from sshd import Sshd
from taking_back import take_back

from remediate.answers import Known, Provisional, Unknown
from remediate.effects.base import NoUndo, Undo
from remediate.effects.domino_documents import ChangeFields, DeleteDocument
from remediate.engine.state import HostState
from remediate.errors import Drifted, TaskFailed
from remediate.facts.domino_document import Document, DominoDocument
from remediate.facts.domino_entries import Column
from remediate.facts.domino_http import WebServer
from remediate.facts.domino_view import DominoView, ViewContent, ViewEntry
from remediate.facts.http import Endpoint, HttpResponse
from remediate.hosts.fleet import Fleet

SERVER = WebServer(endpoint=Endpoint())
VIEW = DominoView(server=SERVER, database="smd/lab.nsf", view="Lab Licences")


def entry(number: int) -> ViewEntry:
    """The n-th document in the view."""
    columns = (Column(number=0, name="LabPlatform", values=("AIX",)),)
    return ViewEntry(unid=unid(number), position=str(number), columns=columns)


def saved(number: int, **changes: Any) -> Document:
    """The n-th document."""
    given = {"unid": unid(number), "source": "access services", "items": (("A", "1"),), **changes}
    return Document(**given)


BEFORE = ViewContent(entries=(entry(1), entry(2)))
DELETE = DeleteDocument(view=VIEW, before=BEFORE, saved=saved(1))
CHANGE = ChangeFields(
    server=SERVER, database="smd/lab.nsf", before=saved(1), changes_json=(("a", "2"), ("B", '"x"'))
)


def document(number: int) -> DominoDocument:
    """The question for the n-th document."""
    return DominoDocument(server=SERVER, database="smd/lab.nsf", unid=unid(number))


def test_a_deletion_foretells_its_view() -> None:
    """In the view that was read the document will be gone and nothing else, however sure that reading is."""
    after = ViewContent(entries=(entry(2),))
    assert DELETE.foretell(VIEW, Known(BEFORE)) == Known(after)
    assert DELETE.foretell(replace(VIEW, format="json"), Known(BEFORE)) == Known(after)
    assert DELETE.foretell(VIEW, Provisional(BEFORE, "x")) == Provisional(after, "x")


def test_a_deletion_leaves_other_answers_open() -> None:
    """Of other views of the database nothing is claimed; other documents and databases stay as they are."""
    other = DELETE.foretell(replace(VIEW, view="Other"), Known(BEFORE))
    assert isinstance(other, Unknown)
    assert isinstance(DELETE.foretell(document(1), Known(saved(1))), Unknown)
    for fact in (document(2), replace(VIEW, database="other.nsf")):
        assert DELETE.foretell(fact, answer := Known(saved(2))) is answer


def test_a_change_foretells_the_fields() -> None:
    """The document will have the new values under the names it has, and a time that only the server knows."""
    answer = CHANGE.foretell(document(1), Known(saved(1, unmodified_since="x")))
    assert isinstance(answer, Known)
    assert answer.value.items == (("A", "2"), ("B", '"x"'))
    assert isinstance(answer.value.unmodified_since, Unknown)
    assert CHANGE.foretell(document(2), known := Known(saved(2))) is known
    assert isinstance(CHANGE.foretell(VIEW, Known(BEFORE)), Unknown)


@pytest.mark.parametrize("effect", [DELETE, CHANGE])
@pytest.mark.parametrize(
    ("status", "error"),
    [(412, Drifted), (404, Drifted), (401, TaskFailed), (403, TaskFailed), (500, TaskFailed)],
)
def test_refusals(effect: DeleteDocument | ChangeFields, status: int, error: type[TaskFailed]) -> None:
    """What has changed or gone since is drift; every other refusal is a failure."""
    with pytest.raises(TaskFailed) as caught:
        effect.judge_response(HttpResponse(status=status))
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("source", "location", "good"),
    [
        ("page", "/smd/lab.nsf/Lab", True),
        ("page", "/names.nsf?Login&RedirectTo=x", False),
        ("access services", "/smd/lab.nsf/Lab", False),
    ],
)
def test_redirects_after_a_deletion(source: str, location: str, good: bool) -> None:
    """The URL command may send a browser on, but not to a login."""
    effect = replace(DELETE, saved=saved(1, source=source))
    response = HttpResponse(status=302, headers=(("Location", location),))
    if good:
        assert effect.judge_response(response) == {}
    else:
        with pytest.raises(TaskFailed, match="sends elsewhere"):
            effect.judge_response(response)


def test_secret_fields_are_not_shown() -> None:
    """Named fields, and those whose names sound secret, are masked before and after."""
    items = (("Mine", '"secret-1"'), ("Password", '"secret-2"'))
    effect = replace(
        CHANGE,
        before=saved(1, items=items),
        changes_json=(("mine", '"secret-3"'), ("Password", '"secret-4"')),
        secret_fields=("MINE",),
    )
    delete = replace(DELETE, saved=saved(1, items=items), secret_fields=("MINE",))
    assert effect.diff().count("********") == 4
    assert delete.diff().count("********") == 2
    for each in (effect, delete):
        assert "secret-" not in each.diff() + each.summary() + repr(each)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[HostState]:
    """What is known of a host behind a real SSH server."""
    fleet = Fleet(ssh_config=os.devnull, pause=0.01)
    with Sshd(tmp_path / "sshd") as sshd:
        host = fleet.host(sshd.target())
        yield HostState(host=host, dry_run=False)
        host.close()
    fleet.close()


@pytest.mark.parametrize("services", [True, False])
def test_over_ssh(state: HostState, services: bool) -> None:
    """Through the tunnel a document is deleted and proven gone; a second time it has drifted."""
    with serving(Domino(access_services=services)) as task:
        task.add(1, LabPlatform="AIX")
        task.add(2, LabPlatform="AIX")
        view = replace(VIEW, server=WebServer(endpoint=Endpoint(port=task.port)))
        fact = DominoDocument(server=view.server, database=view.database, unid=unid(1))
        state.ask([view, fact], None)
        before, found = state.answer(view, None), state.answer(fact, None)
        assert isinstance(before, Known)
        assert isinstance(found, Known)
        effect = DeleteDocument(view=view, before=before.value, saved=found.value)
        assert state.carry_out(effect, None) == {}
        assert state.answer(view, None) == Known(before.value.without(unid(1)))
        assert list(task.docs) == [unid(2)]
        with pytest.raises(Drifted, match="has changed since it was read"):
            state.carry_out(effect, None)
        assert len(task.deleting) == 1


def test_a_change_of_fields_is_taken_back(state: HostState) -> None:
    """The fields have their old values again; not if the document was changed in between."""
    with serving(Domino(access_services=True)) as task:
        task.add(1, LabPlatform="AIX", Other="x")
        server = WebServer(endpoint=Endpoint(port=task.port))
        fact = DominoDocument(server=server, database=VIEW.database, unid=unid(1))
        state.ask([fact], None)
        found = state.answer(fact, None)
        assert isinstance(found, Known)
        effect = ChangeFields(
            server=server,
            database=VIEW.database,
            before=found.value,
            changes_json=(("LabPlatform", '["HP-UX","AIX"]'),),
        )
        undo, before = effect.undo(), found.value.items
        assert isinstance(undo, Undo)
        for drifted in (False, True):
            state.carry_out(replace(effect, before=fresh(state, fact)), None)
            if drifted:
                task.docs[unid(1)].fields["Other"] = "y"
                with pytest.raises(Drifted, match="has changed since it was read"):
                    take_back(undo, state.host)
                assert fresh(state, fact).value("LabPlatform") == ["HP-UX", "AIX"]
            else:
                take_back(undo, state.host)
                assert fresh(state, fact).items == before


def fresh(state: HostState, fact: DominoDocument) -> Document:
    """The document as it is now."""
    state.forget_all()
    found = state.answer(fact, None)
    assert isinstance(found, Known)
    document: Document = found.value
    return document


def test_documents_that_cannot_come_back() -> None:
    """A deletion names where the document was saved; a field that is new is not taken away."""
    new = CHANGE.undo()
    assert isinstance(new, NoUndo)
    assert "has no B before" in new.why
    for saved_to, said in ((None, "as it was"), ("/s/a.json", "what it held is in /s/a.json on the host")):
        gone = replace(DELETE, saved_to=saved_to).undo()
        assert isinstance(gone, NoUndo)
        assert said in gone.why
        assert ("/s/a.json" in gone.why) is (saved_to is not None)
