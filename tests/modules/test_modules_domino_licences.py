"""Playbooks that list, keep and delete licences: documents of a small HTTP task."""

from pathlib import Path

import pytest
from domino_web import BEGINNING, PASSWORD, Domino, unid
from domino_web_play import CODE, LIST, Play, shown

DELETE = """
- name: delete
  domino_document:
    server: "{{ domino_http }}"
    database: smd/lab.nsf
    view: Lab Licences
    state: absent
    unids: "{{ choice.delete }}"
    keep: "{{ choice.keep }}"
    save_to: "{{ root }}"
  register: gone
"""


@pytest.mark.parametrize("login", ["none", "basic", "session"])
@pytest.mark.parametrize("services", [True, False])
def test_the_old_licence_goes(domino: Domino, play: Play, tmp_path: Path, login: str, services: bool) -> None:
    """The dry run says what the run then does: the old one is saved and deleted, the others stay."""
    domino.login, domino.access_services = login, services
    dry = play(LIST + DELETE, dry=True)
    assert domino.deleting == []
    wet = play(LIST + DELETE)
    assert [each.status for each in wet.tasks] == ["ok", "ok", "changed"]
    for ran in (dry, wet):
        gone = ran.of("delete")
        assert gone.certainty == "known"
        assert [each.partition(" to ")[0] for each in gone.effects] == [
            f"save document {unid(1)}",
            f"delete document {unid(1)} from the view 'Lab Licences' of smd/lab.nsf",
        ]
        assert gone.result["deleted"] == [unid(1)]
        assert "-   LabExpiry: 2014-01-31\n" in gone.diff
        assert CODE not in shown(ran)
        assert PASSWORD not in shown(ran)
    assert dry.of("delete").diff == wet.of("delete").diff
    assert list(domino.docs) == [unid(2), unid(3)]
    assert len(domino.deleting) == 1
    saved = tmp_path / "root" / (f"{unid(1)}.json" if services else f"{unid(1)}.html")
    assert CODE in saved.read_text()
    assert saved.stat().st_mode & 0o777 == 0o600


def test_again_nothing_is_to_do(domino: Domino, play: Play) -> None:
    """A second run finds nothing to delete."""
    play(LIST + DELETE)
    again = play(LIST + DELETE)
    assert [each.status for each in again.tasks] == ["ok", "ok", "ok"]
    assert len(domino.deleting) == 1


def test_several_go_one_after_another(domino: Domino, play: Play) -> None:
    """Each deletion is proven before the next one."""
    domino.add(4, LabPlatform="Linux", LabExpiry="20160131")
    domino.add(5, LabPlatform="Linux", LabExpiry="20130131")
    ran = play(LIST + DELETE)
    assert ran.of("delete").result["deleted"] == [unid(1), unid(3), unid(5)]
    assert list(domino.docs) == [unid(2), unid(4)]
    after = [index for index, each in enumerate(domino.log) if each.startswith("DELETE")]
    assert all("ReadViewEntries" in domino.log[index + 1] for index in after)


def test_what_is_listed_holds_no_code(domino: Domino, play: Play) -> None:
    """A column with activation codes is masked where it is registered, by its name and by its looks."""
    domino.columns = ("LabPlatform", "LabActivationCode", "Remark", "LabExpiry")
    ran = play(LIST + DELETE)
    first = ran.of("list").result["entries"][0]
    assert first["columns"] == {
        "LabPlatform": "AIX",
        "LabActivationCode": "********",
        "Remark": "was ********",
        "LabExpiry": "2014-01-31",
    }
    assert first["cells"] == list(first["columns"].values())
    assert CODE not in shown(ran)


def test_a_tie_deletes_nothing(domino: Domino, play: Play) -> None:
    """When nobody can tell which is the renewed one, both are shown and the run ends there."""
    domino.docs[unid(1)].fields["LabExpiry"] = "20150131"
    ran = play(LIST + DELETE)
    message = ran.of("decide").message
    assert "is a tie" in message
    assert unid(1) in message
    assert unid(2) in message
    assert domino.deleting == []


def test_somebody_else_edits_the_licence(domino: Domino, play: Play) -> None:
    """A document that changes after it was read is not deleted."""

    def edit(task: Domino, _: str) -> None:
        if len(task.log) == 3:  # list, and the document: what is asked next is the guard
            task.docs[unid(1)].fields["Remark"] = "renewed after all"

    domino.before = edit
    ran = play(LIST + DELETE)
    assert "has changed since it was read" in ran.of("delete").message
    assert domino.deleting == []


@pytest.mark.parametrize(
    ("page", "deleted"),
    [
        ("<script>var now = %d;</script><!-- made in %d ms --><p>AIX</p>", True),
        ("<p>AIX, %d visitors since %d</p>", False),
    ],
)
def test_a_page_that_varies_by_itself(domino: Domino, play: Play, page: str, deleted: bool) -> None:
    """Scripts and comments do not count; if the rest varies, it is said what may be and what helps."""
    domino.access_services = False

    def vary(task: Domino, _: str) -> None:
        seen = len(task.log)
        task.override["OpenDocument"] = (200, {}, (page % (seen, seen)).encode())

    domino.before = vary
    gone = play(LIST + DELETE).of("delete")
    if deleted:
        assert gone.result["deleted"] == [unid(1)]
    else:
        assert "has changed since it was read" in gone.message
        assert "varies by itself" in gone.message
        assert "enable Domino Access Services" in gone.message
        assert domino.deleting == []


def test_somebody_else_deletes_the_other_licence(domino: Domino, play: Play) -> None:
    """When what should stay goes in between, nothing is deleted: it would be the platform's last."""

    def edit(task: Domino, _: str) -> None:
        if len(task.log) == 3:
            task.docs.pop(unid(2), None)

    domino.before = edit
    ran = play(LIST + DELETE)
    assert "the view 'Lab Licences' of smd/lab.nsf has changed since it was read" in ran.of("delete").message
    assert domino.deleting == []


def test_an_edit_in_the_last_moment(domino: Domino, play: Play) -> None:
    """Access Services refuse to delete what was modified between the guard and the deletion."""

    def edit(task: Domino, request: str) -> None:
        if request.startswith("DELETE"):
            task.docs[unid(1)].modified = BEGINNING.replace(year=2015)

    domino.before = edit
    ran = play(LIST + DELETE)
    assert "it has been modified since it was read" in ran.of("delete").message
    assert len(domino.docs) == 3


@pytest.mark.parametrize("services", [True, False])
def test_a_deletion_that_did_not_take(domino: Domino, play: Play, services: bool) -> None:
    """The server's word is not enough: the view must have one less."""
    domino.keeps, domino.access_services = True, services
    assert "did not converge" in play(LIST + DELETE).of("delete").message


def test_a_deletion_that_took_more(domino: Domino, play: Play) -> None:
    """If another document goes at the same time, the task fails and shows what is left."""

    def edit(task: Domino, request: str) -> None:
        if request.startswith("DELETE"):
            task.docs.pop(unid(3), None)

    domino.before = edit
    message = play(LIST + DELETE).of("delete").message
    assert f"the host answers 1 entries: {unid(2)} where 2 entries" in message


def test_the_login_ends_before_the_deletion(domino: Domino, play: Play) -> None:
    """A login form in place of the deletion's answer is no success, though its status is 200."""
    domino.access_services = False
    domino.override["DeleteDocument"] = (
        200,
        {},
        b"<form action='/names.nsf?Login'><input type='password'></form>",
    )
    assert "asks for a login" in play(LIST + DELETE).of("delete").message


def test_what_must_stay_must_be_there(domino: Domino, play: Play) -> None:
    """Nothing is deleted when a document to be kept is not in the view."""
    tasks = DELETE.replace("{{ choice.delete }}", "{{ ['%s'] }}" % unid(1))  # noqa: UP031
    ran = play(tasks.replace("{{ choice.keep }}", "{{ ['%s'] }}" % unid(9)))  # noqa: UP031
    assert "which must stay, is not in" in ran.of("delete").message
    assert domino.deleting == []


def test_reading_a_document(domino: Domino, play: Play) -> None:
    """A document's fields are registered without secrets; one that is not there fails the task."""
    read = (
        "- {name: read, domino_document: {server: '{{ domino_http }}', database: smd/lab.nsf, unids: ['%s']}}"
    )
    ran = play(read % unid(1))
    (found,) = ran.of("read").result["documents"]
    assert found["fields"] == {
        "LabPlatform": "AIX",
        "LabExpiry": "20140131",
        "LabActivationCode": "********",
        "Remark": "was ********",
    }
    assert "there is no document" in play(read % unid(9)).of("read").message
