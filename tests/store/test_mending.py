"""Records that older versions have damaged by masking words of their own."""

import json
from typing import Any

import pytest

from remediate.store.journal import ENDED, INTENT, OUTCOME, TASK
from remediate.store.mending import HEAD, mended

COUNTS = {"ok": 1, "changed": 2, "failed": 0, "skipped": 0, "unreachable": 0, "unknown": 0}
COUNTS |= {"ignored": 0, "rescued": 0}
RECAP = {"event": "recap", "dry_run": False, "interrupted": False, "seconds": 1.5}
RECAP |= {"hosts": {"mail1": {**COUNTS, "stopped": True}}}


def masked(value: Any, *secrets: str) -> str:
    """The record as it was written then."""
    text = json.dumps(value)
    for each in secrets:
        text = text.replace(each, "********")
    return text


@pytest.mark.parametrize(
    "secret", ["stopped", "changed", "unreachable", "host", "hosts", "fail", "interrupted"]
)
def test_a_name_that_only_one_field_can_have_is_found_again(secret: str) -> None:
    """Nothing is lost then."""
    assert mended(ENDED, masked(RECAP, secret)) == RECAP


def test_a_name_that_several_may_have_had_is_lost() -> None:
    """What is not known is taken to be nothing; what was masked stays, and names of hosts are no damage."""
    counts = mended(ENDED, masked(RECAP, "failed", "ignored", "mail1"))["hosts"]["********"]
    assert counts == {**COUNTS, "stopped": True, "********": 0}


def test_a_masked_word_or_figure_is_not_taken_for_one() -> None:
    """The status of a task is unknown then, and a figure none; texts of others are shown as they are."""
    body = {"task": "a ********", "status": "********", "message": "", "attempts": "********", "seconds": 1}
    found = mended(TASK, json.dumps(body))
    assert found == {**body, "status": "unknown", "attempts": 1}


@pytest.mark.parametrize("secret", ["task", "change"])
def test_an_intent_is_found_again(secret: str) -> None:
    """What was about to be changed is what tells people what may be half made."""
    body = {"task": "a", "change": "b", "undo": {}, "address": "0.1.0.1.0"}
    assert mended(INTENT, masked(body, secret)) == body


def test_what_is_whole_stays_as_it_is() -> None:
    """Also where something was masked that is no name, and of older versions, which had fewer fields."""
    for kind, body in ((HEAD, {"began": "x"}), (TASK, {"message": "********"}), (OUTCOME, {"intent": 1})):
        assert mended(kind, json.dumps(body)) == body


def test_a_plan_is_shown_with_what_is_left() -> None:
    """Who approved it is not known any more, where that was masked together with something else."""
    head = {"plan": "1", "********": "x", "plan_file": "f", "playbooks": [], "inventories": [], "limit": None}
    assert mended(HEAD, json.dumps(head))["approved_by"] == ()
