"""The grace period is over: a person enters a trial key, the licence is updated, the key is proven gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from at_terminal import END, at_terminal
from cases import QUICK, One, lab_with, web
from commands import PLAYBOOKS
from worlds import bytes_of, changes_between

from remediate.lab.documents import TRIAL, licences
from remediate.lab.person import enter_trial_key, remove_trial_key
from remediate.lab.site import GRACE_OVER
from remediate.lab.state import read_commands

GRACE, TRIAL_KEY = PLAYBOOKS / "grace.yaml", PLAYBOOKS / "trial-key.yaml"
LEFT = "trial key left"
WEBS = {
    "session, pin, XML": web("session", "pin", newer_http=False),
    "basic, authority, JSON": web("basic", "authority", newer_http=True),
    "off": web("off"),
}


def trial_keys(one: One) -> int:
    """How many trial keys there are."""
    return len(licences(one.documents, TRIAL))


def has_web(one: One) -> bool:
    """Whether HTTP is on."""
    return one.paths.server.site is not None and one.paths.server.site.http != "off"


@pytest.fixture(params=["basic, authority, JSON", "off"])
def grace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[One]:
    """A server whose grace period is over."""
    with lab_with(tmp_path, GRACE_OVER, WEBS[request.param]) as one:
        yield one


def test_a_dry_run_lists_the_pauses_and_changes_nothing(tmp_path: Path) -> None:
    """What a person is to do is listed; a run without a terminal says it in one line, and stops there."""
    with lab_with(tmp_path, GRACE_OVER, WEBS["off"]) as grace:
        before = bytes_of(grace.fleet)
        dry = grace.run(GRACE, "-C")
        assert dry.code == 0, dry.out
        assert changes_between(before, bytes_of(grace.fleet)) == set()
        assert f"would ask    {grace.name}  A person enters a trial key" in dry.out
        assert (grace.name, "Start smdreal anew") in dry.statuses("changed") | dry.statuses("unknown")
        wet = grace.run(GRACE)
        assert wet.code == 2
        (message,) = [e["message"] for e in wet.events if e.get("status") == "failed"]
        assert "Administration > Product" in message
        assert "\n" not in message
        assert set(read_commands(grace.paths)) <= {"show tasks", "show server"}


def test_the_licence_is_good_and_the_trial_key_gone(grace: One) -> None:
    """Two questions with the article's words; then nothing is left, and a second run changes nothing."""
    done, asked = grace.at_terminal(GRACE, enter_trial_key, remove_trial_key)
    assert done.code == 0, done.out
    assert grace.is_well
    assert trial_keys(grace) == 0
    first, second = asked
    assert first.hosts == second.hosts == (grace.name,)
    assert "Ask the vendor for a trial key" in first.prompt
    assert "remove the trial key" in second.prompt
    assert ("'done'" if has_web(grace) else "'removed'") in second.invites
    assert ("NOT PROVEN" in done.out) is not has_web(grace)
    again, asked = grace.at_terminal(GRACE, *[None] * (not has_web(grace)))
    assert again.code == 0, again.out
    assert again.statuses("changed") == set()
    assert len(asked) == (not has_web(grace))  # where nothing can look, a person does


def test_a_word_is_not_believed(tmp_path: Path) -> None:
    """A key said to be entered that is not there, or said to be removed that is: the run fails."""
    with lab_with(tmp_path, GRACE_OVER, WEBS["basic, authority, JSON"]) as grace:
        done, asked = grace.at_terminal(GRACE, None)
        assert (done.code, len(asked)) == (2, 1)
        assert "no trial key is in the view" in done.out
        done, asked = grace.at_terminal(GRACE, enter_trial_key, None)
        assert (done.code, len(asked)) == (2, 2)
        assert "there is still a trial key" in done.out
        assert grace.is_well
        done, (asked_last,) = grace.at_terminal(GRACE, remove_trial_key)
        assert done.code == 0, done.out
        assert "remove the trial key" in asked_last.prompt


def test_a_host_that_is_not_meant_is_passed_over(tmp_path: Path) -> None:
    """Without license_grace_over nothing is asked, of a person or of a server."""
    with lab_with(tmp_path, "renewed, smdreal not loaded") as other:
        done, asked = other.at_terminal(GRACE)
        assert (done.code, asked) == (0, [])
        assert {e["status"] for e in done.events if e["event"] == "task"} == {"skipped"}


def test_a_trial_key_left_over_goes(tmp_path: Path) -> None:
    """The run is not green before it is gone, whatever was said."""
    with lab_with(tmp_path, LEFT, WEBS["session, pin, XML"]) as left:
        lied, _ = left.at_terminal(TRIAL_KEY, None)
        assert lied.code == 2
        assert "there is still a trial key" in lied.out
        done, asked = left.at_terminal(TRIAL_KEY, remove_trial_key)
        assert done.code == 0, done.out
        assert (trial_keys(left), len(asked)) == (0, 1)
        assert "NOT PROVEN" not in done.out
        again = left.run(TRIAL_KEY)
        assert again.code == 0, again.out


def test_where_nothing_can_look_only_the_word_counts(tmp_path: Path) -> None:
    """HTTP is off: another word is no promise, and the run says that the promise is all there is."""
    with lab_with(tmp_path, LEFT, WEBS["off"]) as left:
        words = ("run", TRIAL_KEY, "-i", left.fleet.paths.inventory, "-l", left.name, *QUICK)
        done, asked = at_terminal(tmp_path, *words, person=lambda _asked: ["done\n", END])
        assert (done.code, len(asked)) == (2, 1)
        done, asked = left.at_terminal(TRIAL_KEY, remove_trial_key)
        assert done.code == 0, done.out
        assert "'removed'" in asked[0].invites
        assert "NOT PROVEN" in done.out


def test_the_trial_key_stays_while_the_licence_is_bad(tmp_path: Path) -> None:
    """ScanMail would have none at all; nobody is asked to remove it."""
    with lab_with(tmp_path, GRACE_OVER, WEBS["session, pin, XML"]) as grace:
        enter_trial_key(grace.fleet.paths.directory, grace.name)
        done, asked = grace.at_terminal(TRIAL_KEY)
        assert (done.code, asked) == (2, [])
        assert "the trial key stays" in done.out
