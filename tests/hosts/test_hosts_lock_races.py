"""Many who want one lock at once: whatever comes between whose steps, never do two have it."""

import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from claims import until
from local_host import SHELLS
from locks import ANNE, BERT, NAME, Ask, give_back

from remediate.hosts.lock import Found, break_, look, take

each_shell = pytest.mark.parametrize("shell", SHELLS)
CARL = replace(ANNE, who="carl@ops3", run="r3", pid=9, place="p3", since=2001, expires=9000)


WRITES = 'echo "$line" >owner && read'
"""How a name is written where there is none."""


class Gate:
    """A program that waits, when it is called first, before or after it has done its work."""

    def __init__(self, folder: Path, program: str, *, after: bool = False) -> None:
        self._folder = folder / f"gate-{program}-{after}"
        self._folder.mkdir()
        self.through = ("env", f"PATH={self._folder}:{os.environ['PATH']}")
        self.wait = wait = (
            f"if test ! -f {self._folder}/come; then : >{self._folder}/come\n"
            f"while test ! -f {self._folder}/go; do sleep 0.01; done; fi\n"
        )
        work = f'/bin/{program} "$@"; s=$?\n'
        text = work + wait if after else wait + work
        (self._folder / program).write_text(f"#!/bin/bash\n{text}exit $s\n")
        (self._folder / program).chmod(0o755)

    def hold(self, ask: Callable[[], Found]) -> Callable[[], Found]:
        """Begin to ask, until it waits here; what is returned lets it go on, and gives its answer."""
        answers: list[Found] = []
        thread = threading.Thread(target=lambda: answers.append(ask()))
        thread.start()
        until((self._folder / "come").exists)

        def go_on() -> Found:
            self.open()
            thread.join()
            return answers[0]

        return go_on

    def open(self) -> None:
        """Let who waits here go on."""
        (self._folder / "go").touch()


def test_who_comes_late_with_an_old_view_takes_nothing(ask: Ask, public_path: Path) -> None:
    """He saw an expired lock; until he takes it over, it has been, given back, and is another one's."""
    ask(take(NAME, ANNE, now=1000))
    gate = Gate(public_path, "mkdir")
    late = gate.hold(lambda: ask(take(NAME, CARL, now=2001), through=gate.through))
    assert ask(take(NAME, BERT, now=2001)).taken
    give_back(ask, BERT)
    assert ask(take(NAME, replace(ANNE, expires=9000), now=2001)).taken
    assert late() == Found(holder=replace(ANNE, expires=9000), line=replace(ANNE, expires=9000).line())
    assert ask(look(NAME)).holder == replace(ANNE, expires=9000)


def test_who_saw_it_free_comes_late(ask: Ask, public_path: Path) -> None:
    """It has been taken and taken over, and the place that he wants is free, but not the lock."""
    ask(take(NAME, ANNE, now=1))
    give_back(ask, ANNE)
    gate = Gate(public_path, "mkdir")
    late = gate.hold(lambda: ask(take(NAME, CARL, now=2001), through=gate.through))
    assert ask(take(NAME, ANNE, now=1)).taken
    assert ask(take(NAME, replace(BERT, expires=9000), now=2001)).taken
    assert late().holder == replace(BERT, expires=9000)


def test_renewed_in_the_moment_it_is_taken_over(ask: Ask, public_path: Path) -> None:
    """Who takes over looks last whether it has been renewed, and steps back."""
    ask(take(NAME, ANNE, now=1000))
    renewed = replace(ANNE, expires=9000)
    first, second = Gate(public_path, "mv"), Gate(public_path, "mkdir", after=True)
    renewing = first.hold(lambda: ask(take(NAME, renewed, now=2000), through=first.through))
    late = second.hold(lambda: ask(take(NAME, CARL, now=2001), through=second.through))
    first.open()
    owner = public_path / "tmp" / ".remediate-locks" / f"{NAME}.0" / "owner"
    until(lambda: owner.read_text().strip() == renewed.line())
    assert late().holder == renewed
    assert renewing() == Found(taken=True, kept=True)


def test_renewed_too_late(ask: Ask, public_path: Path) -> None:
    """Who read that it is his, and writes when it is another one's, writes nothing into that one's."""
    ask(take(NAME, ANNE, now=1000))
    gate = Gate(public_path, "mv")
    late = gate.hold(lambda: ask(take(NAME, replace(ANNE, expires=9000), now=2000), through=gate.through))
    bert, carl = replace(BERT, expires=9000), replace(CARL, expires=9001)
    assert ask(take(NAME, bert, now=2001)).taken
    give_back(ask, bert)
    assert ask(take(NAME, carl, now=2002)).taken
    assert late().holder == carl
    assert ask(look(NAME)).holder == carl


def slow_to_write(gate: Gate, text: str) -> str:
    """The text of one who waits at a gate between making a place for his name and writing it."""
    assert text.count(WRITES) == 1
    return text.replace(WRITES, gate.wait + WRITES)


def test_who_is_slow_to_write_his_name_may_be_too_late(ask: Ask, public_path: Path) -> None:
    """He was taken for dead, and his lock was broken and taken: he does not have it."""
    gate = Gate(public_path, "echo")
    slow = gate.hold(lambda: ask(slow_to_write(gate, take(NAME, ANNE, now=1000))))
    assert ask(take(NAME, BERT, now=1000)) == Found()
    assert ask(take(NAME, BERT, now=1000, over="")).taken
    assert slow().holder == BERT
    assert ask(look(NAME)).holder == BERT


def test_who_is_slow_to_write_his_name_is_not_broken_twice(ask: Ask, public_path: Path) -> None:
    """What was broken is free for him as for everybody."""
    gate = Gate(public_path, "echo")
    slow = gate.hold(lambda: ask(slow_to_write(gate, take(NAME, ANNE, now=1000))))
    assert ask(break_(NAME, ask(look(NAME)), now=1000)) == Found(free=True)
    assert slow() == Found(taken=True)
    assert ask(take(NAME, BERT, now=1001)).holder == ANNE


@each_shell
def test_half_a_name_is_nobodys(shell: str, ask: Ask, public_path: Path) -> None:
    """Who looks while a name is being written sees somebody who is just taking it, and no time that is up."""
    ask(take(NAME, ANNE, now=1000), shell)
    owner = public_path / "tmp" / ".remediate-locks" / f"{NAME}.0" / "owner"
    owner.write_text(" ".join(ANNE.line().split()[:2])[:-2])
    assert ask(look(NAME), shell) == Found()
    assert ask(take(NAME, BERT, now=1500), shell) == Found()


@pytest.fixture
def slow_tools(public_path: Path) -> tuple[str, ...]:
    """What makes programs that change a directory take their time, before and after."""
    tools = public_path / "slow"
    tools.mkdir()
    for name in ("mkdir", "mv", "rm", "rmdir"):
        doze = "sleep 0.0$((RANDOM % 4)); test $((RANDOM % 8)) != 0 || sleep 0.3"
        (tools / name).write_text(f'#!/bin/bash\n{doze}\n/bin/{name} "$@"; s=$?\n{doze}\nexit $s\n')
        (tools / name).chmod(0o755)
    return ("env", f"PATH={tools}:{os.environ['PATH']}")


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox", "ksh93", "mksh"])
def test_many_at_once(shell: str, ask: Ask, slow_tools: tuple[str, ...], public_path: Path) -> None:
    """Of many who take, renew, give back, die, take over and break, never two are in at the same time."""
    inside: list[str] = []
    wrong: list[object] = []
    entered: list[str] = []
    started = time.monotonic()

    def now() -> int:
        return int((time.monotonic() - started) * 1000) + 1

    def work(number: int) -> None:
        dice = random.Random(f"{shell}{number}")  # noqa: S311
        for turn in range(7):
            owner = replace(ANNE, run=f"{number}.{turn}", since=now(), expires=10**8)
            dies = dice.random() < 0.3
            if dies:
                owner = replace(owner, expires=now() + dice.randint(1, 400))
            for _ in range(60):
                said = ask(take(NAME, owner, now=now()), shell, slow_tools)
                if said.taken:
                    break
                time.sleep(dice.random() / 20)
            if not said.taken or dies:
                continue
            inside.append(owner.run)
            entered.append(owner.run)
            time.sleep(dice.random() / 20)
            if dice.random() < 0.3:
                again = ask(take(NAME, replace(owner, expires=10**8 + 1), now=now()), shell, slow_tools)
                wrong.extend([] if again == Found(taken=True, kept=True) else [again])
            if inside != [owner.run]:
                wrong.append(list(inside))
            inside.remove(owner.run)
            give_back(ask, owner, shell, slow_tools)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(entered) > 3
