"""`remediate resume` over real SSH: whatever a run was cut off by, it goes on as if nothing had been."""

import itertools
import os
import re
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from at_terminal import Asked, at_terminal
from commands import remediate
from controllers import at_work, killed_when, logins, playbook, resumed, run, said, wait_until, whole
from sshd import Sshd

from chaos.trial import Expected, Outcome, trial, undisturbed
from chaos.world import World, make_world
from remediate.store.history import open_history, unfinished

SEEDS = range(12)
SIDE_BY_SIDE = 4
ONE = ("-l", "one")


@pytest.fixture
def world(tmp_path: Path, sshd: Sshd) -> World:
    """Three new hosts."""
    return make_world(tmp_path, sshd)


def test_whenever_it_is_cut_off_a_resumed_run_leaves_what_an_undisturbed_one_leaves(tmp_path: Path) -> None:
    """At random moments: every command once, no output lost, the same files, and nothing else left behind."""

    def calm(number: int) -> tuple[Expected, float]:
        folder = tmp_path / f"calm{number}"
        with Sshd(folder / "sshd") as server:
            return undisturbed(make_world(folder, server))

    def one(number: int) -> Outcome:
        for attempt in itertools.count():  # the run may have ended before its fault
            folder = tmp_path / f"{number}-{attempt}"
            with Sshd(folder / "sshd") as server:
                outcome = trial(make_world(folder, server), f"short/{number}/{attempt}", expected, length)
            if outcome.wrong or not outcome.missed:
                break
        return outcome

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        measured = list(pool.map(calm, range(SIDE_BY_SIDE)))
        expected, length = measured[0][0], min(seconds for _, seconds in measured)
        outcomes = list(pool.map(one, SEEDS))
    assert [each.wrong for each in outcomes] == [[] for _ in SEEDS]


KEEPING = """\
- hosts: all
  tasks:
    - {name: secret, shell: "echo secret >>{{ lines }}; echo hush", register: secret, no_log: true}
    - {name: told, shell: "echo told >>{{ lines }}; echo so", register: told}
    - set_fact: {both: "{{ secret.stdout | length }} {{ told.stdout }}"}
    - {name: notify, copy: {dest: "{{ home }}/new", content: new}, notify: handler}
    - name: make
      shell:
        cmd: |
          echo made >>{{ lines }}; touch {{ home }}/there
          while test ! -f {{ root }}/go; do sleep 0.1; done; echo made
        creates: "{{ home }}/there"
      register: made
    - copy: {dest: "{{ home }}/shown", content: "{{ both }} {{ made.stdout }} {{ made.changed }}"}
  handlers:
    - {name: handler, shell: "echo handled >>{{ lines }}"}
"""


def test_what_was_registered_set_and_notified_is_not_lost(world: World) -> None:
    """Also what no_log does not keep, and what a command says whose work is found done already."""
    home = world.root / "one"
    killed_when(world, (home / "there").exists, "run", playbook(world, KEEPING), "-i", world.inventory, *ONE)
    (world.root / "go").touch()
    done = resumed(world)
    assert done.code == 0, done.out + done.err
    assert (home / "shown").read_text() == "4 so made True"
    assert world.lines("one") == ["secret", "told", "made", "handled"]
    assert whole(world)


def test_a_run_that_came_to_its_end_is_not_gone_on_with(world: World) -> None:
    """Neither by its number nor as the last one; also not if it came to its end in a later part."""
    killed_when(
        world,
        lambda: world.lines("one"),
        *("run", playbook(world, KEEPING), "-i", world.inventory, *ONE),
    )
    (world.root / "go").touch()
    assert resumed(world).code == 0
    for words, says in (((), "every run came to its end"), (("1",), "run 1 came to its end")):
        done = resumed(world, *words)
        assert (done.code, says in done.err) == (1, True), done.err
    assert len(world.lines("one")) == 4


WAITING = """\
- hosts: all
  tasks:
    - shell: "echo once >>{{ lines }}; while test ! -f {{ root }}/go; do sleep 0.1; done"
    - shell: "echo twice >>{{ lines }}"
"""


def test_a_run_that_is_under_way_is_nobody_else_s(world: World) -> None:
    """Who wants to go on with it meanwhile is told whose it is; it comes to its end as if he had not."""
    with at_work(world, "run", playbook(world, WAITING), "-i", world.inventory) as process:
        wait_until(lambda: all(world.lines(host) for host in world.hosts), process)
        for words in ((), ("1",)):
            done = resumed(world, *words)
            assert done.code == 1
            assert re.search(r"run 1 is still under way: \S+@\S+ began it 20\S+ \(wait for its end", done.err)
        (world.root / "go").touch()
        assert process.wait(60) == 0
    assert [world.lines(host) for host in world.hosts] == [["once", "twice"]] * 3
    assert whole(world)


def test_what_was_begun_is_not_started_again_where_its_claim_is_gone(world: World) -> None:
    """Nobody can tell how far it came: it fails with that, and the history says so; the others go on."""
    begun = lambda: all(world.lines(host) for host in world.hosts)  # noqa: E731
    killed_when(world, begun, "run", playbook(world, WAITING), "-i", world.inventory)
    (world.root / "go").touch()
    wait_until(lambda: not world.processes())
    for left in (world.root / "one" / "tmp").iterdir():
        shutil.rmtree(left)
    done = resumed(world)
    assert done.code == 2, done.out + done.err
    assert (
        "one  shell: NOT KNOWN whether it was done, and not done again: what this run had claimed" in done.out
    )
    assert [world.lines(host) for host in world.hosts] == [["once"], ["once", "twice"], ["once", "twice"]]
    with open_history(world.state) as history:
        assert [each.host for each in unfinished(history.records(1))] == ["one"]
    assert whole(world)


SOME = """\
- hosts: all
  tasks:
    - {name: secret, shell: "echo secret >>{{ lines }}", no_log: true}
    - {name: break, fail: {msg: broken}, when: "inventory_hostname == 'two'"}
    - {name: never on two, stat: {path: "{{ home }}"}}
    - {name: last, shell: "echo last >>{{ lines }}"}
"""


def test_only_hosts_that_are_not_through_are_contacted(world: World, tmp_path: Path) -> None:
    """One that was away is taken up; one that is done, or has failed, is left alone, with its secrets."""
    with Sshd(tmp_path / "away") as away:
        pass  # so it is known, and down
    inventory = yaml.safe_load(world.inventory.read_text())
    inventory["all"]["hosts"]["three"] |= away.variables()
    world.inventory.write_text(yaml.safe_dump(inventory, sort_keys=False))
    assert run(world, SOME).code == 2
    assert [world.lines(host) for host in world.hosts] == [["secret", "last"], ["secret"], []]
    before = logins(world.sshd)
    with away:
        done = resumed(world)
    assert done.code == 2, done.out + done.err
    assert {host: counts["failed"] for host, counts in done.recap.items()} == {"one": 0, "two": 1, "three": 0}
    assert logins(world.sshd) == before
    assert [world.lines(host) for host in world.hosts] == [["secret", "last"], ["secret"], ["secret", "last"]]


BATCHES = """\
- hosts: all
  serial: 2
  max_fail_percentage: 60
  tasks:
    - {name: a line, shell: "echo line >>{{ lines }}"}
    - {name: early, fail: {msg: broken}, when: "inventory_hostname == 'one'"}
    - name: slow
      shell: "echo slow >>{{ lines }}; while test ! -f {{ root }}/go; do sleep 0.1; done; exit 1"
      when: "inventory_hostname == 'two'"
"""


def test_batches_and_their_limits_are_as_they_were(world: World) -> None:
    """A failure from before counts with those that come after; who goes on once more wants it so."""
    book = playbook(world, BATCHES)
    slow = lambda: "slow" in world.lines("two")  # noqa: E731
    killed_when(world, slow, "run", book, "-i", world.inventory)
    (world.root / "go").touch()
    done = resumed(world)
    assert done.code == 2
    assert "(2 hosts, batch 1 of 2; apply)" in done.out
    assert done.recap["three"]["stopped"]
    assert world.lines("three") == []
    done = resumed(world)
    assert not done.recap["three"]["stopped"]
    assert [world.lines(host) for host in world.hosts] == [["line"], ["line", "slow"], ["line"]]


CANARY = """\
- hosts: all
  serial: 1
  tasks:
    - {name: a line, shell: "echo line >>{{ lines }}"}
    - {name: bad, command: "false", when: "inventory_hostname == 'one'"}
"""


def test_who_goes_on_after_a_batch_that_failed_wants_it_so(world: World) -> None:
    """Nothing is begun behind it; the resumed run does the others, and nothing again where it failed."""
    done = run(world, CANARY)
    assert done.code == 2
    assert "every host of the batch (one) failed" in done.out + done.err
    assert [world.lines(host) for host in world.hosts] == [["line"], [], []]
    done = resumed(world)
    assert done.code == 2
    assert [world.lines(host) for host in world.hosts] == [["line"], ["line"], ["line"]]


LOOP = """\
- hosts: all
  tasks:
    - {name: secret, shell: "echo secret >>{{ lines }}", no_log: true}
    - name: items
      shell: |
        echo {{ item }} >>{{ lines }}
        while test ! -f {{ root }}/go; do sleep 0.1; done; echo said {{ item }}
      loop: [1, 2, 3]
      register: said
    - copy: {dest: "{{ home }}/all", content: "{{ said.results | map(attribute='stdout') | join(' ') }}"}
"""


def test_an_interrupted_run_is_gone_on_with(world: World) -> None:
    """Ctrl-C ends it behind what is under way, in the middle of a loop, too; hosts are free meanwhile."""
    with at_work(world, "run", playbook(world, LOOP), "-i", world.inventory) as process:
        wait_until(lambda: "1" in world.lines("one"), process)
        os.kill(process.pid, signal.SIGINT)
        wait_until(lambda: "stopping after what is under way" in said(world), process)
        (world.root / "go").touch()
        assert process.wait(60) == 130
    assert world.lines("one") == ["secret", "1"]
    assert world.locks() == []
    done = resumed(world)
    assert done.code == 0, done.out + done.err
    for host in world.hosts:
        assert world.lines(host) == ["secret", "1", "2", "3"]
        assert (world.root / host / "all").read_text() == "said 1 said 2 said 3"
    assert whole(world)
    assert resumed(world).code == 1, "it is through now, though it was interrupted before"


PAUSES = """\
- hosts: one
  tasks:
    - {name: first, pause: {prompt: open the first door}}
    - {name: between, shell: "echo between >>{{ lines }}"}
    - {name: second, pause: {prompt: open the second door}}
"""


class KilledError(Exception):
    """Ends the controller at once."""


def test_a_person_is_not_asked_twice(world: World) -> None:
    """What was answered before the controller was killed is not asked again."""

    def opens_one(asked: Asked) -> list[str]:
        if "second" in asked.prompt:
            raise KilledError
        return ["\n"]

    book = playbook(world, PAUSES)
    with pytest.raises(KilledError):
        at_terminal(world.folder, "run", book, "-i", world.inventory, person=opens_one)
    done, asked = at_terminal(world.folder, "resume", person=lambda _: ["\n"])
    assert done.code == 0, done.out
    assert [each.prompt for each in asked] == ["open the second door"]
    assert world.lines("one") == ["between"]


def test_a_killed_run_without_a_resume_keeps_others_away_as_long_as_its_command_works(world: World) -> None:
    """Then a new run on this machine takes the lock over from a process that is no more."""
    killed_when(
        world, lambda: world.lines("one"), "run", playbook(world, WAITING), "-i", world.inventory, *ONE
    )
    other = playbook(world, "- hosts: all\n  tasks:\n    - shell: 'echo other >>{{ lines }}'\n")
    for code in (4, 0):
        assert world.locks() != []
        done = remediate(world.folder, "run", other, "-i", world.inventory, *ONE)
        assert done.code == code, done.out + done.err
        (world.root / "go").touch()
        assert world.processes() == []
    assert world.lines("one") == ["once", "other"]
