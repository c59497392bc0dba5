"""The proxy is put into both places, from here or by a person, and the licence updates through it."""

from pathlib import Path

import pytest
from cases import One, lab_with, web
from commands import PLAYBOOKS
from worlds import QUESTIONS, bytes_of, changes_between

from remediate.lab.documents import (
    LICENCE_PROXY_FORM,
    PROXY_SERVER,
    RIGHT_PROXY,
    SERVER_PROXY_FORM,
    living,
    proxy_is_right,
)
from remediate.lab.person import set_proxy
from remediate.lab.state import read_commands

PROXY = PLAYBOOKS / "proxy.yaml"
SET, ASKED = "The proxy is set", "A person sets the proxy"
BOTH = {LICENCE_PROXY_FORM, SERVER_PROXY_FORM}
WRONG = {
    "proxy missing": BOTH,
    "proxy right for the licence alone": {SERVER_PROXY_FORM},
}
"""Cases of the lab, and the places that are not right there."""

FROM_HERE = {
    "proxy missing": web("basic", "pin", access_services=True),
    "proxy right for the licence alone": web("session", "authority", access_services=True),
}
BY_HAND = {
    "proxy wrong": web("session", "pin", newer_http=False),
    "proxy missing": web("off"),
}


def places(one: One) -> dict[str, str]:
    """The proxy that each of the two places has."""
    return {each.form: each.fields[PROXY_SERVER] for each in living(one.documents) if each.form in BOTH}


@pytest.mark.parametrize("case", FROM_HERE)
def test_only_what_is_wrong_is_changed_and_the_licence_updates(case: str, tmp_path: Path) -> None:
    """With Access Services: the dry run shows the very fields, the run changes those, and then none."""
    with lab_with(tmp_path, case, FROM_HERE[case]) as one:
        before, drawn = bytes_of(one.fleet), one.documents
        dry = one.run(PROXY, "-C")
        assert dry.code == 0, dry.out
        assert changes_between(before, bytes_of(one.fleet)) == set()
        assert one.documents == drawn
        wet = one.run(PROXY)
        assert wet.code == 0, wet.out
        assert proxy_is_right(one.documents)
        assert one.is_well
        diffs = [[e["diff"] for e in done.events if e.get("task") == SET] for done in (dry, wet)]
        assert diffs[0] == diffs[1]
        assert diffs[0][0].count("  document ") == len(WRONG[case])
        revised = {each.form for each in one.documents if each.form in BOTH and each.revision > 1}
        assert revised == WRONG[case]
        again = one.run(PROXY)
        assert again.code == 0, again.out
        assert again.statuses("changed") == set()


@pytest.mark.parametrize("case", BY_HAND)
def test_a_person_is_told_what_to_enter_where(case: str, tmp_path: Path) -> None:
    """The proxy and both places in the article's words, once; the licence updates, and nothing is left."""
    with lab_with(tmp_path, case, BY_HAND[case]) as one:
        done, asked = one.at_terminal(PROXY, set_proxy)
        assert done.code == 0, done.out
        (asked_once,) = asked
        server, port = list(RIGHT_PROXY.values())[1:]
        assert f"proxy server: {server}\n  port:         {port}\n" in asked_once.prompt
        assert "Administration > Product License > Proxy Settings" in asked_once.prompt
        assert one.is_well
        assert set(places(one).values()) == {server}
        again = one.run(PROXY)
        assert again.code == 0, again.out
        assert again.statuses("changed") == set()


def test_where_the_proxy_is_right_nothing_is_changed_there(tmp_path: Path) -> None:
    """The licence is updated; a look at the documents finds them as they were."""
    with lab_with(tmp_path, "proxy right", web("basic", newer_http=False)) as one:
        drawn = places(one)
        done = one.run(PROXY)
        assert done.code == 0, done.out
        assert one.is_well
        assert places(one) == drawn
        assert (one.name, ASKED) in done.statuses("skipped")


def test_a_person_is_not_believed(tmp_path: Path) -> None:
    """What was said to be entered, and is not there, fails before any update is tried."""
    with lab_with(tmp_path, "proxy wrong", BY_HAND["proxy wrong"]) as one:
        done, _ = one.at_terminal(PROXY, None)
        assert done.code == 2
        assert "in both places: see document" in done.out
        assert set(read_commands(one.paths)) <= QUESTIONS


def test_without_a_terminal_it_is_said_what_to_enter_where(tmp_path: Path) -> None:
    """In one line, and nothing is sent but questions."""
    with lab_with(tmp_path, "proxy wrong", BY_HAND["proxy wrong"]) as one:
        done = one.run(PROXY)
        assert done.code == 2
        (message,) = [e["message"] for e in done.events if e.get("status") == "failed"]
        assert "Configurations > Server Settings > Proxy Settings" in message
        assert "\n" not in message
        assert set(read_commands(one.paths)) <= QUESTIONS


def test_another_route_is_passed_over(tmp_path: Path) -> None:
    """Nothing is asked of a server that goes directly."""
    with lab_with(tmp_path, "renewed, smdreal not loaded") as one:
        done = one.run(PROXY)
        assert done.code == 0
        assert {e["status"] for e in done.events if e["event"] == "task"} == {"skipped"}
        assert read_commands(one.paths) == []


def test_what_is_not_given_is_refused(tmp_path: Path) -> None:
    """No name of a view or field is guessed: the message says which are wanted, and nothing is sent."""
    with lab_with(tmp_path, "proxy missing", web("basic", access_services=True)) as one:
        inventory = one.fleet.paths.inventory
        text = inventory.read_text()
        assert "server_proxy_form:" in text
        inventory.write_text(text.replace("server_proxy_form:", "another_name:"))
        done = one.run(PROXY)
        assert done.code == 2
        (message,) = [e["message"] for e in done.events if e.get("status") == "failed"]
        assert "server_proxy_form" in message
        assert set(read_commands(one.paths)) <= QUESTIONS


def test_what_somebody_edits_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """The change is refused; the next run reads anew, and makes it."""
    wanted = web("basic", access_services=True)
    with lab_with(
        tmp_path, "proxy right for the licence alone", wanted, faults=("somebody_edits@{}",)
    ) as one:
        done = one.run(PROXY)
        assert done.code == 2
        assert "has changed since it was read" in done.out
        assert not proxy_is_right(one.documents)
        done = one.run(PROXY)
        assert done.code == 0, done.out
        assert proxy_is_right(one.documents)
