"""Playbooks that read, delete and change documents of a small HTTP task."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from domino_web import BEGINNING, PASSWORD, Domino, make_certificate, serving, unid
from runs import Ran, perform

CODE = "SL-AB12-CDE34-FGH56-IJK78-LMN90-PQR12"
LIST = """
- name: list
  domino_view: {server: "{{ domino_http }}", database: smd/lab.nsf, view: Lab Licences}
  register: licences
- name: decide
  scanmail_licenses:
    entries: "{{ licences.entries }}"
    platform_column: LabPlatform
    expiry_column: LabExpiry
    keep: latest_expiry
  register: choice
"""
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
CHANGE = """
- name: change
  domino_fields:
    server: "{{ domino_http }}"
    database: smd/lab.nsf
    unid: "00000000000000000000000000000001"
    fields: {LabProxy: proxy.lab.example, LabPort: 8080, LabProxyPassword: hush-hush}
  register: changed
"""


@pytest.fixture
def domino() -> Iterator[Domino]:
    """An HTTP task with two licences for AIX, of which 2 is the renewed one, and one for Linux."""
    with serving(Domino()) as task:
        task.add(1, LabPlatform="AIX", LabExpiry="20140131", LabActivationCode=CODE, Remark=f"was {CODE}")
        task.add(2, LabPlatform="aix", LabExpiry="20150131")
        task.add(3, LabPlatform="Linux", LabExpiry="20140131")
        yield task


Play = Callable[..., Ran]


@pytest.fixture
def play(domino: Domino, tmp_path: Path) -> Play:
    """Performs tasks against the HTTP task; `server` adds to how it is reached."""

    def run(tasks: str, *, server: dict[str, Any] | None = None, dry: bool = False) -> Ran:
        variables = {"domino_http": domino.server(**(server or {}))}
        book = [{"name": "a play", "hosts": "all", "vars": variables, "tasks": yaml.safe_load(tasks)}]
        return perform(tmp_path, yaml.safe_dump(book, sort_keys=False), dry_run=dry)

    return partial(run)


def shown(ran: Ran) -> str:
    """Everything that any observer, and the journal, may come to see."""
    return repr(ran.events) + repr(ran.journal.lines)


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


def test_fields_are_changed(domino: Domino, play: Play) -> None:
    """Only the named fields change, once; the dry run shows them, and secrets nowhere."""
    before = dict(domino.docs[unid(1)].fields)
    dry = play(CHANGE, dry=True)
    assert domino.deleting == []
    wet = play(CHANGE)
    again = play(CHANGE)
    assert [ran.status("change") for ran in (dry, wet, again)] == ["changed", "changed", "ok"]
    assert dry.of("change").diff == wet.of("change").diff
    assert '+ LabProxy = "proxy.lab.example"\n' in wet.of("change").diff
    assert "+ LabProxyPassword = ********\n" in wet.of("change").diff
    new = {"LabProxy": "proxy.lab.example", "LabPort": 8080, "LabProxyPassword": "hush-hush"}
    assert domino.docs[unid(1)].fields == {**before, **new}
    for ran in (dry, wet, again):
        assert ran.of("change").result["fields"] == {**new, "LabProxyPassword": "********"}
        assert "hush-hush" not in shown(ran)


NUMBERS: list[tuple[Any, str, str, Any]] = [
    ("80", "8080", "changed", "8080"),
    ("80", '"8080"', "changed", "8080"),
    (80, '"8080"', "changed", 8080),
    (80, "8080", "changed", 8080),
    ("8080", "8080", "ok", "8080"),
    (8080, '"8080"', "ok", 8080),
    (8080, "none", "changed", "none"),
    ("", "true", "changed", True),
]
"""What is in a field, what a playbook wants there, and what comes of it."""


@pytest.mark.parametrize("case", NUMBERS)
def test_a_number_stays_what_its_field_has(
    domino: Domino, play: Play, case: tuple[Any, str, str, Any]
) -> None:
    """Text stays text and a number a number, however the playbook writes it; nothing else is turned."""
    there, wanted, status, then = case
    domino.docs[unid(1)].fields["LabPort"] = there
    change = (
        "- {name: change, domino_fields: {server: '{{ domino_http }}', database: smd/lab.nsf, unid: '%s', "
        "fields: {LabPort: %s}}}"
    )
    assert play(change % (unid(1), wanted)).status("change") == status
    assert domino.docs[unid(1)].fields["LabPort"] == then


def test_fields_that_another_changed(domino: Domino, play: Play) -> None:
    """What was modified since it was read is not overwritten."""

    def edit(task: Domino, request: str) -> None:
        if request.startswith("PATCH"):
            task.docs[unid(1)].modified = BEGINNING.replace(year=2015)

    domino.before = edit
    assert "it has been modified since it was read" in play(CHANGE).of("change").message
    assert "LabProxy" not in domino.docs[unid(1)].fields


def test_fields_by_hand(domino: Domino, play: Play) -> None:
    """Without Access Services the task says what a person has to enter where."""
    domino.access_services = False
    message = play(CHANGE).of("change").message
    assert f'in document {unid(1)}: LabProxy = "proxy.lab.example", LabPort = 8080' in message
    assert "hush-hush" not in message
    assert domino.deleting == []


def test_the_http_task_is_off(domino: Domino, play: Play) -> None:
    """Where nobody listens, the message says what to start or to do by hand."""
    ran = play(LIST, server={"port": 1})
    assert "nobody listens there" in ran.of("list").message


def test_tls_with_an_authority_beside_the_playbook(tmp_path: Path) -> None:
    """The authority's certificates are a file of the playbook."""
    certificate = make_certificate(tmp_path)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "authority.pem").write_text(certificate.pem)
    with serving(Domino(), certificate.context) as task:
        for more, status in (
            ({"tls_ca": "authority.pem", "name": "mail.lab.example"}, "ok"),
            ({"tls_pin": ":".join([certificate.pin[:2].upper(), certificate.pin[2:]])}, "ok"),
            ({"tls_pin": "0" * 64}, "failed"),
        ):
            tasks = yaml.safe_load(LIST)[:1]
            variables = {"domino_http": {"port": task.port, **more}}
            book = [{"name": "p", "hosts": "all", "vars": variables, "tasks": tasks}]
            assert perform(tmp_path, json.dumps(book)).status("list") == status


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ({"pasword": "hush-hush"}, "it has no 'pasword'"),
        ({"user": None}, "both 'user' and 'password'"),
        ({"password": ["hush-hush"]}, "its 'password' must be text"),
        ({"login": "hush-hush"}, "either basic or session"),
        ({"port": "hush-hush"}, "a number from 1 to 65535"),
        ({"tls_pin": "hush-hush"}, "64 hexadecimal digits"),
        ({"tls_pin": "0" * 64, "tls_ca": "-----BEGIN CERTIFICATE-----"}, "either 'tls_pin' or 'tls_ca'"),
        ({"address": "a b"}, "a host name or an address"),
        ({"user": "a:b"}, "login: session"),
    ],
)
def test_mistakes_in_the_server(domino: Domino, server: dict[str, Any], message: str) -> None:
    """A mistake in `server` is explained without the value, which might be a password."""
    from remediate.modules.domino.web import parse_server

    with pytest.raises(ValueError, match=message) as caught:
        parse_server({**domino.server(user="u", password="x", login="basic"), **server})
    assert "hush" not in str(caught.value)
