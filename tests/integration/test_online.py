"""Option I on every platform of the article: whoever can reach the licence servers renews, and proves it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from commands import PLAYBOOKS, Done, remediate
from worlds import QUESTIONS, Bytes, all_commands, bytes_of, changes_between

from remediate.lab import lab_down, lab_status, lab_up
from remediate.lab.draw import LabServer

RENEWAL = PLAYBOOKS / "license-renewal.yaml"
QUICK = ("-e", "license_timeout=6", "-e", "license_retry_delay=0")
PLATFORMS = {"aix", "solaris", "ibmi", "linux", "zlinux"}
REFUSED = {
    "build too old": "install",
    "grace over": "grace.yaml",
    "not renewed, smdreal running": "license not renewed on the portal",
}
"""Cases in which option I does not help, and what the message must have."""
OTHERS = ("duplicates", "hub with duplicates", "hot fix interrupted", "not renewed, smdreal not loaded")
"""Cases that need another remedy first; a run with all of them would stop at its failure budget."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """A dry run, the run, and once more."""

    hosts: dict[str, LabServer]
    spokes: set[str]
    before: Bytes
    after_dry: Bytes
    questions: set[str]
    dry: Done
    booking: Done
    run: Done
    again: Done
    well: set[str]

    @property
    def refused(self) -> dict[str, str]:
        """The hosts that option I does not help, and what their message must have."""
        cases = {name: server.site.case for name, server in self.hosts.items() if server.site is not None}
        return {name: REFUSED[case] for name, case in cases.items() if case in REFUSED}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """All servers of the articles' fleet with the direct way, stand-alone ones and hubs."""
    tmp = tmp_path_factory.mktemp("online")
    fleet = lab_up(tmp / "lab", hosts=40, seed=14, story="articles")
    hosts = {server.name: server for server in fleet.servers if is_for_option_one(server)}
    spokes = {server.name for server in fleet.servers if server.site and server.site.role == "spoke"}
    words = ("run", RENEWAL, "-i", fleet.paths.inventory, "-l", ",".join([*hosts, *spokes]), *QUICK)
    try:
        before = bytes_of(fleet)
        dry = remediate(tmp, *words, "-C", "-D")
        after_dry, questions = bytes_of(fleet), set(all_commands(fleet))
        booking = remediate(tmp, *words, "-C", "-e", '{"recheck_after": ["1d", "7d"]}')
        run = remediate(tmp, *words)
        well = {
            s.name for s in lab_status(fleet.paths.directory) if s.licence == "valid" and s.smdreal_running
        }
        yield Story(
            hosts=hosts,
            spokes=spokes,
            before=before,
            after_dry=after_dry,
            questions=questions,
            dry=dry,
            booking=booking,
            run=run,
            again=remediate(tmp, *words),
            well=well,
        )
    finally:
        lab_down(fleet.paths.directory)


def is_for_option_one(server: LabServer) -> bool:
    """Whether a server reaches the licence servers by itself, and nothing else is wrong with it."""
    site = server.site
    if site is None or site.route != "direct" or site.role == "spoke" or server.platform == "windows":
        return False
    return not site.case.startswith(OTHERS)


def test_a_dry_run_only_asks(story: Story) -> None:
    """No byte of any server changes but for the answers in its console log."""
    assert changes_between(story.before, story.after_dry) == set()
    assert story.questions <= QUESTIONS


def test_the_run_makes_exactly_the_planned_changes(story: Story) -> None:
    """What changed, or failed while changing, is what the dry run listed as a change."""
    planned = story.dry.statuses("changed") | story.dry.statuses("failed")
    assert story.run.statuses("changed") | story.run.statuses("failed") == planned


def test_every_platform_renews_online(story: Story) -> None:
    """Each server that can be remedied has a valid licence and runs smdreal, on each of the platforms."""
    remedied = story.hosts.keys() - story.refused.keys()
    assert {story.hosts[name].platform for name in remedied} == PLATFORMS
    assert remedied == story.well & story.hosts.keys()


def test_the_others_say_why_in_one_line(story: Story) -> None:
    """A failure has its cure or the console's words; where the grace period is over, it names grace.yaml."""
    said = {event["host"]: event["message"] for event in story.run.events if event.get("status") == "failed"}
    assert said.keys() == story.refused.keys()
    for host, words in story.refused.items():
        assert words in said[host]
        assert "\n" not in said[host]


def test_the_second_run_changes_nothing(story: Story) -> None:
    """Who has the licence is left alone; the others fail as they did."""
    assert story.again.statuses("changed") == set()
    assert story.again.statuses("failed") == story.run.statuses("failed")


def test_spokes_are_passed_over(story: Story) -> None:
    """Their licence is the hub's business: nothing is changed there, nothing fails, and a line says so."""
    assert story.spokes
    assert all(
        story.run.recap[name]["changed"] == story.run.recap[name]["failed"] == 0 for name in story.spokes
    )
    told = {host for host, task in story.run.statuses("ok") if task == "Spokes are passed over"}
    assert told == story.spokes


def test_updated_hosts_can_be_looked_at_again(story: Story) -> None:
    """Who is updated is booked for each time that is asked for, and nobody else."""
    changed = story.booking.statuses("changed")
    booked = {host for host, task in changed if task == "Look at the updated hosts again"}
    assert booked == {host for host, _ in story.dry.statuses("changed")} != set()
    for after in ("1d", "7d"):
        assert f"a re-check of this host {after} after the change" in story.booking.out
