import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from remediate.lab import texts
from remediate.lab.articles import draw_articles
from remediate.lab.console import converse
from remediate.lab.documents import Document
from remediate.lab.draw import ServerState
from remediate.lab.exchange import AddPattern, Exchange, Renew, Replicate, Surroundings

ARTICLE = Path(__file__).with_name("article_update_failure.txt").read_text().splitlines()
NOW = datetime(2014, 2, 14, 9, 0, 0)
CHATTER = {text for _, text in texts.CHATTER}
FLEET = {each.server.site.case: each.server for each in draw_articles(40, 0)}
TRIAL = Document(unid="A", form="LABLicense", fields={"LABKind": "LAB trial", "LABPlatform": "aix"})


def around(**changes):
    """Surroundings in which nothing is in the way."""
    usual = Surroundings(
        installed_build=5716,
        minimum_build=3504,
        pattern=650,
        check_off=False,
        half_installed=False,
        documents=(),
        neighbours=("hub01",),
    )
    return replace(usual, **changes)


def talk(command, case="valid", licence="valid", *, running=False, **changes):
    """The answer of a server of some case."""
    exchange = Exchange(
        server=FLEET[case],
        state=ServerState(licence=licence, renewed_on_portal=True, smdreal_running=running, tasks=()),
        data_directory="/local/notesdata",
        words=tuple(command.split()),
        now=NOW,
        rng=random.Random(1),  # noqa: S311 - delays and chatter, no secret
        around=around(**changes),
    )
    return converse(exchange)


def said(answer):
    """Its lines, without those of other tasks."""
    return [line.text for part in answer for line in part.lines if line.text not in CHATTER]


def deeds(answer):
    """What is done besides."""
    return [part.deed for part in answer if part.deed is not None]


def test_every_text_that_no_article_quotes_says_lab():
    """Nobody takes an invented text for the vendor's."""
    quoted = [*ARTICLE, *Path(__file__).with_name("article_load.txt").read_text().splitlines()]
    ours = [value for name, value in vars(texts).items() if name.isupper() and isinstance(value, str)]
    assert len(ours) > 20
    assert [text for text in (*ours, *CHATTER) if "LAB" not in text and text not in quoted] == []


AFFECTED = "update fails on the old certificate"


def test_an_unpatched_smdupd_fails_in_the_words_of_the_article():
    """The one line that the article quotes, and no pattern comes."""
    answer = talk("load SMDupd", AFFECTED, installed_build=3504)
    assert said(answer)[1:] == ARTICLE
    assert deeds(answer) == []


@pytest.mark.parametrize(
    ("case", "changes"),
    [
        (AFFECTED, {"installed_build": 5716}),
        (AFFECTED, {"installed_build": 3504, "check_off": True}),
        ("SMID 5.6", {"installed_build": 100}),
    ],
    ids=["patched", "check off", "never affected"],
)
def test_smdupd_works_when_patched_or_unchecked_or_not_affected(case, changes):
    """Success is said in the lab's own words, and a new pattern is there."""
    answer = talk("load SMDupd", case, **changes)
    assert ARTICLE[0] not in said(answer)
    assert "LAB" in said(answer)[-1]
    assert deeds(answer) == [AddPattern(700)]


@pytest.mark.parametrize(
    ("case", "changes", "problem"),
    [
        ("valid", {"installed_build": 3503}, texts.UPDATE_BUILD_TOO_OLD),
        ("no internet, TMCM agent", {}, texts.UPDATE_NO_ROUTE),
        ("proxy missing", {}, texts.UPDATE_NO_ROUTE),
    ],
)
def test_the_licence_update_fails_for_the_articles_reasons(case, changes, problem):
    """Build, route: said in LAB words, and the licence stays."""
    answer = talk("tell smdreal checkac", case, "expired", running=True, **changes)
    assert said(answer) == [texts.UPDATE_STARTED, problem]
    assert "LAB" in problem
    assert answer[-1].state.licence == "expired"
    assert answer[-1].state.smdreal_running


def test_a_renewal_renews_the_documents():
    """What the console says and what the console database shows are one thing."""
    assert deeds(talk("tell smdreal checkac", licence="expired", running=True)) == [Renew()]


def test_after_the_grace_period_smdreal_needs_a_trial_key():
    """Without it, it does not even try; with it, it starts and renews."""
    without = talk("load smdreal", licence="grace_over")
    assert said(without)[-1] == texts.GRACE_OVER
    assert not without[-1].state.smdreal_running
    answer = talk("load smdreal", licence="grace_over", documents=(TRIAL,))
    assert said(answer)[-2:] == [texts.UPDATE_STARTED, texts.UPDATE_SUCCESSFUL]
    assert answer[-1].state.smdreal_running


def test_a_valid_licence_needs_no_update_to_run():
    """A spoke cannot reach the vendor, and yet smdreal runs on the licence that was replicated."""
    answer = talk("load smdreal", "spoke")
    assert texts.ALREADY_EXPIRED not in said(answer)
    assert said(answer)[-1] == texts.UPDATE_NO_ROUTE
    assert answer[-1].state.smdreal_running


def test_the_banner_has_the_pattern_that_is_there():
    """The version is that of the newest whole pattern file when smdreal is loaded."""
    banner = "Scan engine version:LAB 8.0; Virus pattern file version:LAB 1.999"
    answer = talk("load smdreal", pattern=999)
    assert banner in said(answer)
    assert answer[-1].state.pattern == 999


def test_a_half_installed_scanmail_is_not_loaded():
    """An interrupted installation is noticed."""
    answer = talk("load smdreal", half_installed=True)
    assert "LAB" in said(answer)[0]
    assert not answer[-1].state.smdreal_running


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("pull", [Replicate("hub01", "HERE")]),
        ("pus", [Replicate("HERE", "hub01")]),
        ("rep", [Replicate("hub01", "HERE"), Replicate("HERE", "hub01")]),
    ],
)
def test_replication_is_queued_and_then_done(verb, expected):
    """The console goes on meanwhile: everything is said by the replicator."""
    answer = talk(f'{verb} "hub01/Lab" smd/smconf.nsf')
    here = FLEET["valid"].name
    assert deeds(answer) == [
        Replicate(deed.source.replace("HERE", here), deed.target.replace("HERE", here)) for deed in expected
    ]
    replicator = [part for part in answer if part.lane]
    assert [line.text.split(": ")[0] for part in replicator for line in part.lines if "LAB" in line.text]
    assert any("queued" in line.text for line in replicator[0].lines)
    assert all(part.state is None for part in replicator)


@pytest.mark.parametrize(
    "command", ['pull "nobody/Lab" smd/smconf.nsf', 'pull "hub01/Lab" names.nsf', "pull", "replicate hub01"]
)
def test_what_cannot_be_replicated_is_said_in_lab_words(command):
    """A server or a database that is not there is no success."""
    answer = talk(command)
    assert deeds(answer) == []
    assert all("LAB: no " in line for line in said(answer))
