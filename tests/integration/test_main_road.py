"""The main job on a simulated fleet behind real SSH, with the commands that a person types."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from commands import PLAYBOOKS, Done, remediate
from needs import require
from worlds import QUESTIONS, Bytes, all_commands, bytes_of, changes_between

from remediate.lab import LabFleet, ServerStatus, lab_down, lab_status, lab_up

RENEWAL = PLAYBOOKS / "license-renewal.yaml"
RECHECK = PLAYBOOKS / "recheck.yaml"
HOSTS = 20
NOT_RENEWED = 3
QUICK = ("-e", "license_timeout=6", "-e", "license_retry_delay=0")


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What a chapter of the story did, and how it found and left the fleet."""

    done: Done
    before: Bytes
    after: Bytes
    sent: Counter[str]
    servers: tuple[ServerStatus, ...]


@dataclass(frozen=True, kw_only=True)
class Story:
    """The main job from its beginning to its end, told once; the tests are about what was seen."""

    dry: Observed
    run: Observed
    again: Observed
    recheck: Observed


@pytest.fixture(scope="module", params=["embedded", "openssh"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Twenty servers in mixed states, three of them not renewed on the portal."""
    tmp = tmp_path_factory.mktemp("story")
    fleet = lab_up(tmp / "lab", hosts=HOSTS, seed=7, sshd=request.param, not_renewed=NOT_RENEWED)

    def chapter(playbook: Path, *options: str) -> Observed:
        before, sent = bytes_of(fleet), all_commands(fleet)
        done = remediate(tmp, "run", playbook, "-i", fleet.paths.inventory, *options)
        return Observed(
            done=done,
            before=before,
            after=bytes_of(fleet),
            sent=all_commands(fleet) - sent,
            servers=tuple(lab_status(fleet.paths.directory)),
        )

    try:
        yield Story(
            dry=chapter(RENEWAL, "-C", "-D"),
            run=chapter(RENEWAL, *QUICK),
            again=chapter(RENEWAL, *QUICK),
            recheck=chapter(RECHECK),
        )
    finally:
        lab_down(fleet.paths.directory)


def test_a_dry_run_changes_no_byte(story: Story) -> None:
    """A dry run leaves all worlds as they were; a console log may only have grown by answers."""
    dry = story.dry
    assert dry.done.code == 0, dry.done.out + dry.done.err
    assert changes_between(dry.before, dry.after) == set()


def test_a_dry_run_sends_only_questions(story: Story) -> None:
    """The servers' own journals of console commands hold nothing but the two queries."""
    assert set(story.dry.sent) <= QUESTIONS


def test_the_run_makes_exactly_the_planned_changes(story: Story) -> None:
    """What changed, or failed while changing, is what the dry run listed as a change."""
    done = story.run.done
    planned = story.dry.done.statuses("changed")
    assert planned
    assert done.statuses("changed") | done.statuses("failed") == planned
    assert len(done.statuses("failed")) == NOT_RENEWED
    assert done.code == 2


def test_a_licence_that_was_not_renewed_fails_alone(story: Story) -> None:
    """Only the servers that nobody renewed still fail, with the console's words; nothing else changes."""
    done = story.again.done
    not_renewed = {s.name for s in story.again.servers if not s.renewed_on_portal}
    assert len(not_renewed) == NOT_RENEWED
    assert {host for host, _ in done.statuses("failed")} == not_renewed
    assert done.statuses("changed") == set()
    for event in done.events:
        if event.get("status") == "failed":
            assert "license not renewed on the portal" in event["message"]


def test_the_recheck_agrees_with_the_servers_own_state(story: Story) -> None:
    """The re-check finds fault with just those servers that are not well, and changes none."""
    recheck = story.recheck
    ill = {s.name for s in recheck.servers if s.licence != "valid" or not s.smdreal_running}
    assert {host for host, _ in recheck.done.statuses("failed")} == ill
    assert recheck.done.statuses("changed") == set()
    assert set(recheck.sent) <= QUESTIONS


@pytest.fixture
def small_fleet(tmp_path: Path) -> Iterator[LabFleet]:
    """Five servers behind real OpenSSH."""
    require("sshd")
    directory = tmp_path / "lab"
    yield lab_up(directory, hosts=5, seed=1, sshd="openssh", not_renewed=0)
    lab_down(directory)


def test_bad_hosts_do_not_hold_up_the_others(small_fleet: LabFleet, tmp_path: Path) -> None:
    """A host that is down, refuses the login, shows another key or hangs: one line each."""
    inventory = yaml.safe_load(small_fleet.paths.inventory.read_text())
    groups = inventory["all"]["children"]
    hosts = {name: values for group in groups.values() for name, values in group.get("hosts", {}).items()}
    down, refused, other_key, hanging, well = sorted(hosts)
    with silent_server() as port, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        hosts[down]["ansible_port"] = closed.getsockname()[1]
        hosts[refused]["ansible_user"] = "nobody-of-this-name"
        hosts[hanging]["ansible_port"] = port
        known = small_fleet.paths.directory / "known_hosts"
        exchange_keys(known, hosts[other_key]["ansible_port"], hosts[well]["ansible_port"])
        changed = tmp_path / "inventory.yaml"
        changed.write_text(yaml.safe_dump(inventory))
        done = remediate(tmp_path, "run", RECHECK, "-i", changed, "-T", "2", "-l", f"!{well}")
        assert {host for host, _ in done.statuses("unreachable")} == {down, refused, other_key, hanging}
        assert done.code == 4
        messages = {e["host"]: e["message"] for e in done.events if e.get("status") == "unreachable"}
    assert "refused" in messages[down]
    assert "nobody-of-this-name" in messages[refused]
    assert "key" in messages[other_key]
    assert all("\n" not in message for message in messages.values())


def exchange_keys(known_hosts: Path, one: int, other: int) -> None:
    """Let known_hosts name for one port the key of another server."""
    lines = known_hosts.read_text().splitlines()
    key_of = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines if line.strip()}
    key_of[f"[127.0.0.1]:{one}"] = key_of[f"[127.0.0.1]:{other}"]
    known_hosts.write_text("".join(f"{name} {key}\n" for name, key in key_of.items()))


class silent_server:  # noqa: N801 - used like a function
    """A server that accepts connections and never says a word."""

    def __enter__(self) -> int:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._kept: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        port: int = self._socket.getsockname()[1]
        return port

    def _accept(self) -> None:
        try:
            while True:
                self._kept.append(self._socket.accept()[0])
        except OSError:
            return

    def __exit__(self, *_exc: object) -> None:
        self._socket.close()
        for each in self._kept:
            each.close()
