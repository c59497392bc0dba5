import random
import re
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.lab import texts
from remediate.lab.console import converse
from remediate.lab.draw import ServerState, draw_fleet
from remediate.lab.exchange import Exchange

ARTICLE = Path(__file__).with_name("article_load.txt").read_text().splitlines()
NOW = datetime(2023, 10, 9, 16, 39, 48)
CHATTER = {text for _, text in texts.CHATTER}
WORDS = ["show", "tell", "load", "tasks", "smdreal", "checkac", "quit", "sh", "\u00e9"]
QUERIES = ["show tasks", "SHOW TASKS", "sh ta", "show server", "sh se", "Sho Ser"]

states = st.builds(
    ServerState,
    licence=st.sampled_from(["valid", "expired"]),
    renewed_on_portal=st.booleans(),
    smdreal_running=st.booleans(),
)
randoms = st.integers(0, 10**6).map(random.Random)


def state(licence="expired", *, renewed=True, running=False):
    """A server's state, by default one whose licence can be renewed."""
    return ServerState(licence=licence, renewed_on_portal=renewed, smdreal_running=running)


def talk(command, before, rng=None):
    """The whole answer to a command."""
    exchange = Exchange(
        server=draw_fleet(1, 0, 0)[0][0],
        state=before,
        data_directory="/local/notesdata",
        words=tuple(command.split()),
        now=NOW,
        rng=rng or random.Random(1),  # noqa: S311 - delays and chatter, no secret
    )
    return converse(exchange)


def said(command, before):
    """The lines of the answer, without those of other tasks."""
    lines = [line.text for part in talk(command, before) for line in part.lines]
    return [line for line in lines if line not in CHATTER]


def after(command, before):
    """The server's state when all has been said."""
    return talk(command, before)[-1].state


def as_in_article(lines):
    """The article has dots in place of the versions."""
    return [re.sub(r"(version:)[^;]*", r"\1...", line) for line in lines]


def test_load_on_an_expired_licence_says_what_the_article_quotes():
    """The banner, the expired line, then the update, word for word."""
    assert as_in_article(said("load SMDReal", state())) == ARTICLE


def test_load_on_a_valid_licence_does_not_say_expired():
    """Only an expired licence has the expired line."""
    expected = [line for line in ARTICLE if line != texts.ALREADY_EXPIRED]
    assert as_in_article(said("load SMDReal", state("valid"))) == expected


@pytest.mark.parametrize("command", ["tell smdreal checkac", "tel smdreal checkac", "TELL SMDReal CheckAC"])
def test_checkac_says_the_two_lines_of_the_article(command):
    """A running smdreal updates the licence and says so."""
    assert said(command, state(running=True)) == ARTICLE[-2:]
    assert after(command, state(running=True)) == state("valid", running=True)


@pytest.mark.parametrize("command", ["load SMDReal", "lo SMDReal", "LOAD smdreal"])
def test_load_renews_and_leaves_smdreal_running(command):
    """After a successful start the licence is valid and the task loaded."""
    assert after(command, state()) == state("valid", running=True)


@pytest.mark.parametrize(
    ("command", "running"), [("load SMDReal", False), ("tell smdreal checkac", True)], ids=["load", "checkac"]
)
def test_a_licence_that_was_not_renewed_stays_expired(command, running):
    """The update starts and fails with the lab's own words; smdreal is as it was."""
    before = state(renewed=False, running=running)
    assert said(command, before)[-2:] == [texts.UPDATE_STARTED, texts.UPDATE_FAILED]
    assert "LAB" in texts.UPDATE_FAILED
    assert after(command, before) == before


@pytest.mark.parametrize(
    ("command", "before"),
    [
        ("tell smdreal checkac", state()),
        ("tell smdreal quit", state()),
        ("tell router quit", state(running=True)),
        ("tell", state(running=True)),
        ("tell smdreal frobnicate", state(running=True)),
        ("load SMDReal", state(running=True)),
        ("load SMDother", state()),
        ("load", state()),
        ("frobnicate", state()),
        ("show", state()),
    ],
)
def test_what_cannot_be_done_is_said_in_lab_words_and_changes_nothing(command, before):
    """No source gives these texts, so they say LAB."""
    (line,) = said(command, before)
    assert line.startswith("LAB: ")
    assert after(command, before) == before


def test_quit_ends_smdreal():
    """After `tell smdreal quit` the task is not running."""
    assert after("tell smdreal quit", state("valid", running=True)) == state("valid")


@pytest.mark.parametrize("running", [True, False])
def test_show_tasks_lists_smdreal_only_while_it_runs(running):
    """The table has a row of the task's name, in one of the article's spellings."""
    lines = said("show tasks", state(running=running))
    assert lines[0] == "       Task                 Description"
    assert "  Database Server      Perform console commands" in lines
    names = [re.split(r" {2,}", line.strip())[0].lower() for line in lines]
    assert ("smdreal" in names) is running


def test_show_server_names_directory_and_partition():
    """The guard that the right partition answered has something to look at."""
    lines = said("show server", state())
    assert "Server directory:       /local/notesdata" in lines
    assert "Partition:              .local.notesdata" in lines


@given(st.sampled_from(QUERIES), states, randoms)
def test_a_query_changes_nothing(command, before, rng):
    """Asking has no effect on licence or tasks."""
    assert {part.state for part in talk(command, before, rng)} == {before}


@given(st.lists(st.sampled_from(WORDS), min_size=1), states)
def test_every_command_gets_an_answer_that_comes_later(words, before):
    """No command is met with silence or an error, and no answer is there at once."""
    answer = talk(" ".join(words), before)
    assert answer
    assert all(part.after > 0 for part in answer)


@given(states, randoms)
def test_a_licence_gets_valid_only_if_it_was_renewed(before, rng):
    """Nothing that is typed makes up for a renewal."""
    for command in ("load smdreal", "tell smdreal checkac", "tell smdreal quit"):
        final = talk(command, before, rng)[-1].state
        if final.licence != before.licence:
            assert before.renewed_on_portal
