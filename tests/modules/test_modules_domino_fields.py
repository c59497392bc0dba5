"""Playbooks that change fields of a document of a small HTTP task."""

from typing import Any

import pytest
from domino_web import BEGINNING, Domino, unid
from domino_web_play import Play, shown

CHANGE = """
- name: change
  domino_fields:
    server: "{{ domino_http }}"
    database: smd/lab.nsf
    unid: "00000000000000000000000000000001"
    fields: {LabProxy: proxy.lab.example, LabPort: 8080, LabProxyPassword: hush-hush}
  register: changed
"""


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
