"""Steps by their tags: whichever is chosen, the playbook works, refuses as ever, and is not green by half."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cases import One, lab_with, web
from commands import PLAYBOOKS, remediate
from worlds import QUESTIONS, all_commands, bytes_of, changes_between

from remediate.cli.main import main
from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.documents import TRIAL, licences
from remediate.lab.draw import LabServer
from remediate.lab.person import enter_trial_key, remove_trial_key
from remediate.lab.site import GRACE_OVER
from remediate.lab.state import read_commands
from remediate.modules.catalog import Catalog
from remediate.playbook.load import load_playbook
from remediate.playbook.model import each_task
from remediate.playbook.tags import SPECIAL_TAGS, is_selected

GRACE, TRIAL_KEY = PLAYBOOKS / "grace.yaml", PLAYBOOKS / "trial-key.yaml"
WEB, NO_WEB = web("basic", "authority", newer_http=True), web("off")

CASES = {
    "certificate-check-off": ("update fails on the old certificate",),
    "certificate-check-on": ("certificate check off, patched",),
    "control-manager": ("no internet, TMCM agent",),
    "detect": ("proxy wrong",),
    "duplicates": ("duplicates: one renewed", "duplicates: tie"),
    "gate": ("build too old",),
    "grace": (GRACE_OVER,),
    "hotfix": ("hot fix interrupted", "patched"),
    "license-renewal": ("renewed, smdreal not loaded", "build too old"),
    "pattern": ("update fails on the old certificate",),
    "proxy": ("proxy wrong", "proxy right for the licence alone"),
    "recheck": ("trial key left", "certificate check off, patched"),
    "site": ("build too old", GRACE_OVER),
    "spokes": ("hub", "spoke"),
    "trial-key": ("trial key left",),
}
"""Servers that each playbook is for."""


def choices(playbook: Path) -> list[str]:
    """The tags of a playbook; of those that choose the same tasks, one."""
    plays = load_playbook(playbook, Catalog().names())
    tasks = [task for play in plays for task in each_task(play.tasks)]
    tags = {tag for task in tasks for tag in task.tags} - SPECIAL_TAGS
    chosen = {tuple(is_selected(task.tags, [tag], []) for task in tasks): tag for tag in sorted(tags)}
    return list(chosen.values())


CHOICES = [(name, tag) for name in CASES for tag in choices(PLAYBOOKS / f"{name}.yaml")]


@dataclass(frozen=True)
class Lab:
    """One lab for all choices, none of which changes anything."""

    fleet: LabFleet
    tmp: Path

    def hosts(self, *cases: str) -> str:
        """The servers of these cases, as --limit has them."""
        return ",".join(s.name for s in self.fleet.servers if s.site and s.site.case in cases)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Every state that the articles know."""
    tmp = tmp_path_factory.mktemp("tags")
    fleet = lab_up(tmp / "lab", hosts=40, seed=11, story="articles")
    before = bytes_of(fleet)
    try:
        yield Lab(fleet, tmp)
        assert changes_between(before, bytes_of(fleet)) == set()
        assert set(all_commands(fleet)) <= QUESTIONS
    finally:
        lab_down(fleet.paths.directory)


def test_every_playbook_has_its_servers() -> None:
    """A new playbook is not left out here."""
    assert CASES.keys() == {playbook.stem for playbook in PLAYBOOKS.glob("*.yaml")}


@pytest.mark.parametrize(("name", "tag"), CHOICES, ids=lambda each: each)
def test_a_step_by_itself_can_be_tried(lab: Lab, name: str, tag: str) -> None:
    """Each tag alone is a dry run that misses no variable, and fails by assertions at most."""
    words: tuple[str | Path, ...] = ("-i", lab.fleet.paths.inventory, "-l", lab.hosts(*CASES[name]))
    words += ("-C", "-t", tag)
    events = lab.tmp / "events.jsonl"
    events.unlink(missing_ok=True)
    words += ("-e", "failure_budget=100", "--events", events, "--state-dir", lab.tmp / "state")
    code = main(
        [str(word) for word in ("run", PLAYBOOKS / f"{name}.yaml", *words)]
    )  # a process would take longer
    told = [json.loads(line) for line in events.read_text().splitlines()]
    failed = [event for event in told if event.get("status") == "failed" and not event["ignored"]]
    assert code == (2 if failed else 0)
    assert [event["message"] for event in failed if "undefined" in event["message"]] == []
    assert {event["module"] for event in failed} <= {"assert", "scanmail_licenses"}


@pytest.fixture(params=[WEB, NO_WEB], ids=["HTTP", "no HTTP"])
def grace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[One]:
    """A server whose grace period is over."""
    wanted: Callable[[LabServer], bool] = request.param
    with lab_with(tmp_path, GRACE_OVER, wanted) as one:
        yield one


def test_a_key_that_was_entered_is_not_left_by_the_update_alone(grace: One) -> None:
    """The licence is good, but the key is still there, or nobody has said that it is gone: red, then done."""
    enter_trial_key(grace.fleet.paths.directory, grace.name)
    done = grace.run(GRACE, "-t", "update")
    assert grace.is_well
    assert done.code == 2, done.out
    assert licences(grace.documents, TRIAL) != ()
    done, asked = grace.at_terminal(GRACE, remove_trial_key, more=("-t", "trial-key"))
    assert (done.code, len(asked)) == (0, 1), done.out
    assert not licences(grace.documents, TRIAL)


def test_the_step_of_the_trial_key_brings_it_in_and_out_again(grace: One) -> None:
    """What the key is needed for is done with it."""
    done, asked = grace.at_terminal(GRACE, enter_trial_key, remove_trial_key, more=("-t", "trial-key"))
    assert (done.code, len(asked)) == (0, 2), done.out
    assert grace.is_well
    assert not licences(grace.documents, TRIAL)


def test_a_step_is_refused_by_the_gate(lab: Lab) -> None:
    """A build that is too old gets no licence update, though only that was chosen."""
    name = lab.hosts("build too old")
    words = ("-i", lab.fleet.paths.inventory, "-l", name, "-t", "update", "-e", "failure_budget=100")
    for playbook in ("license-renewal.yaml", "site.yaml"):
        done = remediate(lab.tmp, "run", PLAYBOOKS / playbook, *words)
        assert done.code == 2, done.out
        assert done.statuses("changed") == set()


def test_a_spoke_is_not_pulled_from_a_hub_that_is_not_proven(lab: Lab) -> None:
    """The hub's licence is not good: choosing the pull does not pass over it."""
    name = lab.hosts("hub", "spoke")
    words = ("-i", lab.fleet.paths.inventory, "-l", name, "-t", "pull", "-e", "failure_budget=100")
    done = remediate(lab.tmp, "run", PLAYBOOKS / "spokes.yaml", *words)
    assert done.code == 2
    assert "is not proven in this run" in done.out
    assert done.statuses("changed") == set()


def test_a_trial_key_left_over_goes_by_its_step(tmp_path: Path) -> None:
    """What the step needs to know is asked, and its proof is made."""
    with lab_with(tmp_path, "trial key left", WEB) as left:
        done, asked = left.at_terminal(TRIAL_KEY, None, more=("-t", "trial-key"))
        assert (done.code, len(asked)) == (2, 1), done.out
        done, asked = left.at_terminal(TRIAL_KEY, remove_trial_key, more=("-t", "trial-key"))
        assert (done.code, len(asked)) == (0, 1), done.out
        assert set(read_commands(left.paths)) <= QUESTIONS
