"""When a run lets go of what it holds on a host: its claims are what keeps commands from running twice."""

import queue
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import pytest
from runs import OWN_PORT, Hosts, Notes, Ran, TestHost, prepare_run

from remediate.engine.events import Event, TaskEnded, Warned
from remediate.engine.leaving import Leaving
from remediate.engine.past import Past
from remediate.engine.run import Run
from remediate.errors import DeadlinePassed, TaskFailed
from remediate.hosts.lock import lock_name

INVENTORY = "all:\n  hosts: {one: {ansible_remote_tmp: '{{ root }}/tmp'}}\n"
TEXT = """\
- hosts: all
  tasks:
    - {name: first, shell: "echo first"}
    - {name: second, shell: "echo second"}
"""


class Looking(Notes):
    """A journal that looks around when it is told that nothing will be sent any more."""

    look: Callable[[], None] = staticmethod(lambda: None)

    def through(self, host: str) -> None:
        self.look()
        self.lines.append(("through", host))

    def left(self, host: str) -> None:
        self.lines.append(("left", host))


@pytest.fixture(autouse=True)
def unlocked() -> Iterator[None]:
    """Locks that a test leaves hold up no other one."""
    yield
    for host in ("one", "two", "three"):
        for top in ("/var/tmp", "/tmp"):
            for lock in Path(top, ".remediate-locks").glob(f"{lock_name(host, OWN_PORT)}.*"):
                shutil.rmtree(lock)


def prepared(folder: Path, hosts: Hosts | None = None) -> tuple[Run, Ran, Looking]:
    """A run that locks its one host and claims its commands there."""
    (folder / "root" / "tmp").mkdir(parents=True)
    journal = Looking()
    run, ran = prepare_run(folder, TEXT, inventory=INVENTORY, hosts=hosts)
    run.journal, run.identity = journal, folder.name
    return run, ran, journal


def claims(folder: Path) -> list[str]:
    """The keys of the claims that are in the spool."""
    return sorted(each.parent.name for each in (folder / "root" / "tmp").glob("*/*/*/end"))


def locked(folder: Path) -> bool:
    """Whether the host's lock is held."""
    name = lock_name("one", OWN_PORT)
    return any(any(Path(top, ".remediate-locks").glob(f"{name}.*/owner")) for top in ("/var/tmp", "/tmp"))


def test_claims_stay_until_it_is_written_down_that_nothing_will_be_sent(tmp_path: Path) -> None:
    """All that was told of the host comes before that; what is left afterwards is nothing."""
    run, ran, journal = prepared(tmp_path)
    seen: list[object] = []

    def look() -> None:
        ended = [each.task for each in ran.events if isinstance(each, TaskEnded)]
        seen.append((claims(tmp_path), ended, locked(tmp_path)))

    journal.look = look
    run.perform()
    assert seen == [(["0.0.0.1.0", "0.1.0.1.0"], ["first", "second"], True)]
    assert journal.lines[-2:] == [("through", "one"), ("left", "one")]
    assert list((tmp_path / "root" / "tmp").iterdir()) == []
    assert not locked(tmp_path)


def test_claims_stay_if_that_cannot_be_written_down(tmp_path: Path) -> None:
    """The commands are collected again when the run goes on; the host is free for others all the same."""
    run, _, journal = prepared(tmp_path)

    def full() -> None:
        raise TaskFailed("no room")

    journal.look = full
    run.perform()
    assert claims(tmp_path) == ["0.0.0.1.0", "0.1.0.1.0"]
    assert ("left", "one") not in journal.lines
    assert not locked(tmp_path)


def test_claims_stay_if_what_was_told_is_not_passed_on(tmp_path: Path) -> None:
    """Nobody waits for it any more, and nothing says that the run is through with the host."""
    run, _, journal = prepared(tmp_path)

    def observe(event: Event) -> None:
        if isinstance(event, TaskEnded) and event.task == "second":
            raise ZeroDivisionError

    run.observers = [observe]
    with pytest.raises(ZeroDivisionError):
        run.perform()
    assert claims(tmp_path) == ["0.0.0.1.0", "0.1.0.1.0"]
    assert {word for word, _ in journal.lines} == {"intend", "conclude"}
    assert not locked(tmp_path)


def test_who_waits_to_be_heard_is_told_that_this_will_never_be() -> None:
    """However many wait, and whoever comes later."""
    leaving, told = Leaving(Notes(), ()), queue.SimpleQueue[threading.Event]()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(leaving.all_heard, told.put) for _ in range(4)]
        told.get().set()
        assert next(as_completed(waiting)).result()
        for _ in range(3):
            told.get()
        leaving.give_up()
        assert sorted(each.result() for each in waiting) == [False, False, False, True]
    assert not leaving.all_heard(told.put)
    assert told.empty()


def test_claims_stay_where_a_run_was_stopped(tmp_path: Path) -> None:
    """It may be gone on with in the middle of a loop."""

    run, _, journal = prepared(tmp_path)
    journal.on_intent = lambda _: run.interrupt()
    assert run.perform().hosts["one"].stopped
    assert claims(tmp_path) == ["0.0.0.1.0"]
    assert {word for word, _ in journal.lines} == {"intend", "conclude"}
    assert not locked(tmp_path)


def test_what_an_earlier_part_has_left_is_cleaned_up(tmp_path: Path) -> None:
    """Also if that part was killed when all else was done; where nothing is left, nobody asks."""
    run, ran, journal = prepared(tmp_path)

    def killed() -> None:
        raise TaskFailed("killed")

    journal.look = killed
    run.perform()
    everything = {("one", each.step): each for each in ran.events if isinstance(each, TaskEnded)}
    for left in (frozenset[str](), frozenset(["one"])):
        past = Past(
            ended=everything,  # type: ignore[arg-type]
            held={} if left else {"one": frozenset([None])},
            through=frozenset(["one"]),
            left=left,
        )
        again, later = prepare_run(tmp_path, TEXT, inventory=INVENTORY)
        again.journal, again.identity, again.past = Looking(), tmp_path.name, past
        again.perform()
        assert all(each.replayed for each in later.tasks)
        assert bool(later.hosts.made["one"].sent) is not bool(left)
        assert claims(tmp_path) == []
        assert not locked(tmp_path)


def gives_nothing_back(scripts: Sequence[str]) -> None:
    """A hook: what gives a lock back finds no host."""
    if any("remediate-locks" in script and "mkdir" not in script for script in scripts):
        raise DeadlinePassed("no answer within 10 s")


def test_a_lock_that_cannot_be_given_back_is_told(tmp_path: Path) -> None:
    """The run ends as it would have, and says on which host, why, and how it will end."""
    run, ran, _ = prepared(tmp_path, Hosts(one=TestHost("one", before=gives_nothing_back)))
    assert run.perform().hosts["one"].changed == 2
    (warned,) = (event.message for event in ran.events if isinstance(event, Warned))
    assert warned.startswith("one: its lock was not given back: no answer within 10 s; ")
    assert "'remediate locks --break'" in warned
    assert locked(tmp_path)
    again, _ = prepare_run(tmp_path, TEXT, inventory=INVENTORY)
    again.identity = tmp_path.name
    again.perform()
    assert not locked(tmp_path)


def test_a_host_that_hangs_at_its_end_keeps_no_other_from_beginning(tmp_path: Path) -> None:
    """With two forks, three hosts whose lock's end waits for all of them get through."""
    all_there = threading.Barrier(3)

    def meet(scripts: Sequence[str]) -> None:
        if any("remediate-locks" in script and "mkdir" not in script for script in scripts):
            all_there.wait(60)

    hosts = Hosts(**{name: TestHost(name, before=meet) for name in ("one", "two", "three")})
    run, ran = prepare_run(tmp_path, TEXT, inventory="one,two,three,", hosts=hosts, forks=2)
    run.identity = tmp_path.name
    run.perform()
    assert set(ran.outcomes().values()) == {"done"}
    assert not any(isinstance(event, Warned) for event in ran.events)
