"""Places for hosts at work: who lends one, who gets it, and how many there can be."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from runs import Hosts, TestHost, perform, play

from remediate.engine.everywhere import everywhere
from remediate.engine.places import Places
from remediate.hosts.host import Host


class Counting:
    """Counts who is at it at the same time; `most` is what it came to."""

    def __init__(self) -> None:
        self.most = self.begun = 0
        self._now = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.begun += 1
            self._now += 1
            self.most = max(self.most, self._now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._now -= 1


def fill(places: Places, hosts: int, work: Callable[[int], None]) -> list[BaseException]:
    """Do it for so many; what kept some of them from beginning."""
    errors: list[BaseException] = []
    with places.filled(range(hosts), work, errors.append):
        pass
    return errors


def test_no_more_hosts_than_places_are_at_work() -> None:
    """Those that do not wait keep their places, however long they take."""
    at_work = Counting()

    def work(_: int) -> None:
        with at_work:
            threading.Event().wait(0.01)

    assert fill(Places(3, patience=0), 20, work) == []
    assert (at_work.begun, at_work.most <= 3) == (20, True)


def test_a_host_that_waits_lends_its_place() -> None:
    """Hosts of which each waits for all others get through with places for two of them."""
    places, all_there = Places(2, patience=0), threading.Barrier(9)

    def work(_: int) -> None:
        with places.waiting():
            all_there.wait()

    assert fill(places, 9, work) == []


def test_a_host_that_waits_for_a_moment_keeps_its_place() -> None:
    """Before its patience is over no other one begins."""
    places, at_work = Places(2, patience=60), Counting()

    def work(_: int) -> None:
        with at_work, places.waiting():
            threading.Event().wait(0.01)

    assert fill(places, 8, work) == []
    assert at_work.most <= 2


def test_who_comes_back_goes_on_at_once() -> None:
    """A host need not wait until those that have its place are through: they may wait for it."""
    places, came_back, borrowed = Places(2, patience=0), threading.Event(), threading.Event()

    def work(host: int) -> None:
        if host == 0:
            with places.waiting():
                borrowed.wait()
            came_back.set()
        elif host < 3:
            if host == 2:
                borrowed.set()
            came_back.wait()

    assert fill(places, 5, work) == []


def test_nobody_begins_before_the_places_that_were_lent_are_free_again() -> None:
    """After all have come back, no more are at work than there are places."""
    places, back, at_work = Places(2, patience=0), threading.Barrier(6), Counting()

    def work(host: int) -> None:
        if host < 6:
            with places.waiting():
                back.wait()
        else:
            with at_work:
                threading.Event().wait(0.01)

    assert fill(places, 20, work) == []
    assert (at_work.begun, at_work.most <= 2) == (14, True)


def test_a_host_that_gives_up_its_place_keeps_nobody_from_beginning() -> None:
    """What it still does is waited for at the end; meanwhile there are as many places as before."""
    places, all_there, at_work = Places(2, patience=60), threading.Barrier(9), Counting()

    def work(_: int) -> None:
        with at_work:
            threading.Event().wait(0.01)
        with places.given_up(), places.waiting():
            all_there.wait()

    assert fill(places, 9, work) == []
    assert at_work.most <= 2


def test_one_place_is_never_lent() -> None:
    """With one place, one host after another is begun and ended."""
    places, at_work = Places(1, patience=0), Counting()

    def work(_: int) -> None:
        with at_work, places.waiting():
            threading.Event().wait(0.01)

    assert fill(places, 5, work) == []
    assert at_work.most == 1


def test_so_many_hosts_are_under_way_at_most() -> None:
    """Ten for each place, however many of them only wait."""
    places, enough, at_work = Places(2, patience=0), threading.Event(), Counting()

    def work(_: int) -> None:
        with at_work, places.waiting():
            if at_work.begun == 20:
                enough.set()
            enough.wait()

    assert fill(places, 50, work) == []
    assert (at_work.begun, at_work.most) == (50, 20)


def test_a_run_of_hosts_that_wait_for_each_other(tmp_path: Path) -> None:
    """Hosts whose commands end only when all hosts have begun get through with two forks."""
    names = [f"h{number}" for number in range(4)]
    all_there = threading.Barrier(4)
    met: set[str] = set()
    lock = threading.Lock()

    def meet(name: str) -> Callable[[object], None]:
        def before(_scripts: object) -> None:
            with lock:
                first = name not in met
                met.add(name)
            if first:
                all_there.wait()

        return before

    hosts = Hosts(**{name: TestHost(name, before=meet(name)) for name in names})
    text = play("- command: echo done")
    ran = perform(tmp_path, text, inventory=",".join(names), hosts=hosts, forks=2)
    assert set(ran.outcomes().values()) == {"done"}


@pytest.mark.parametrize("forks", [1, 2])
def test_an_error_of_the_work_comes_to_who_asks_everywhere(forks: int) -> None:
    """It is raised where the replies are read, and not lost in a thread."""

    def broken(_: Host) -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        list(everywhere([TestHost("one"), TestHost("two")], broken, forks=forks))
