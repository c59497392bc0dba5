"""The lock of a host: of many who want it one has it, and everybody else is told who."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_host import NOBODY, SHELLS, run

from remediate.errors import TaskFailed
from remediate.hosts import lock
from remediate.hosts.lock import Found, Owner, break_, found, lock_name, look, release, take, this_process

each_shell = pytest.mark.parametrize("shell", SHELLS)

NAME = lock_name("web1", None)
ANNE = Owner(host="web1", who="anne@ops1", run="r1", pid=7, place="p1", boot="b1", since=1000, expires=2000)
BERT = replace(ANNE, who="bert@ops2", run="r2", pid=8, place="p2")

Ask = Callable[..., Found]


@pytest.fixture
def ask(public_path: Path) -> Ask:
    """Carries a text out with its locks in a directory of the test's own, as everybody's /var/tmp."""
    (public_path / "tmp").mkdir()
    (public_path / "tmp").chmod(0o1777)
    return asker(public_path / "tmp")


def asker(folder: Path) -> Ask:
    """Carries a text out with its locks in `folder`."""

    def ask(text: str, shell: str = "dash", through: tuple[str, ...] = ()) -> Found:
        return found(run(text.replace("/var/tmp", str(folder)), shell, through=through))

    return ask


def give_back(ask: Ask, owner: Owner, shell: str = "dash", through: tuple[str, ...] = ()) -> None:
    """Release, which has nothing to tell: the look after it."""
    ask(f"( {release(NAME, owner)})\n{look(NAME)}", shell, through)


@each_shell
def test_one_has_it_and_the_other_is_told_who(shell: str, ask: Ask) -> None:
    """The second gets the first one's name, run and since when, until the first has given it back."""
    assert ask(look(NAME), shell) == Found(free=True)
    assert ask(take(NAME, ANNE, now=1000), shell) == Found(taken=True)
    for text in (take(NAME, BERT, now=1500), look(NAME)):
        assert ask(text, shell) == Found(holder=ANNE, line=ANNE.line())
    give_back(ask, BERT, shell)
    assert ask(look(NAME), shell).holder == ANNE
    give_back(ask, ANNE, shell)
    assert ask(look(NAME), shell) == Found(free=True)
    assert ask(take(NAME, BERT, now=1500), shell) == Found(taken=True)


@each_shell
def test_the_same_owner_takes_it_again_and_so_renews_it(shell: str, ask: Ask) -> None:
    """Its time is the later one then, also after the first has passed; and it was kept all the time."""
    ask(take(NAME, ANNE, now=1000), shell)
    later = replace(ANNE, expires=9000)
    assert ask(take(NAME, later, now=2500), shell) == Found(taken=True, kept=True)
    assert ask(take(NAME, BERT, now=8999), shell).holder == later


@each_shell
def test_an_expired_one_is_taken_over(shell: str, ask: Ask) -> None:
    """Who had it is told so when he comes to renew it, and cannot give away what is not his."""
    ask(take(NAME, ANNE, now=1000), shell)
    bert = replace(BERT, expires=3000)
    assert ask(take(NAME, bert, now=2001), shell) == Found(taken=True)
    assert ask(take(NAME, replace(ANNE, expires=4000), now=2002), shell).holder == bert
    give_back(ask, ANNE, shell)
    assert ask(look(NAME), shell).holder == bert


def test_who_has_lost_it_meanwhile_learns_it(ask: Ask) -> None:
    """Taken over, given back, and taken again by the first: it was not kept."""
    ask(take(NAME, ANNE, now=1000))
    ask(take(NAME, BERT, now=2001))
    give_back(ask, BERT)
    assert ask(take(NAME, replace(ANNE, expires=4000), now=2002)) == Found(taken=True, kept=False)


@each_shell
def test_one_left_behind_is_taken_from_just_that_holder(shell: str, ask: Ask) -> None:
    """Before its time is up, but only if he who was seen still has it, with the same time."""
    ask(take(NAME, ANNE, now=1000), shell)
    seen = ask(look(NAME), shell)
    ask(take(NAME, replace(ANNE, expires=2500), now=1001), shell)
    assert ask(take(NAME, BERT, now=1002, over=seen.line), shell).holder == replace(ANNE, expires=2500)
    seen = ask(look(NAME), shell)
    assert ask(take(NAME, BERT, now=1003, over=seen.line), shell) == Found(taken=True)


@each_shell
def test_breaking(shell: str, ask: Ask) -> None:
    """It is free then; a holder other than the one who was seen keeps his."""
    ask(take(NAME, ANNE, now=1000), shell)
    seen = ask(look(NAME), shell)
    assert ask(break_(NAME, replace(seen, line=BERT.line()), now=1001), shell).holder == ANNE
    assert ask(break_(NAME, seen, now=1001), shell) == Found(free=True)
    assert ask(look(NAME), shell) == Found(free=True)
    assert ask(take(NAME, BERT, now=1002), shell) == Found(taken=True)


@each_shell
def test_who_died_while_he_took_it_is_nobody_known(shell: str, ask: Ask, public_path: Path) -> None:
    """A lock without a name is held, and can be broken."""
    ask(look(NAME), shell)
    ask(take(lock_name("other", 22), ANNE, now=1), shell)
    (public_path / "tmp" / ".remediate-locks" / f"{NAME}.0").mkdir()
    seen = ask(take(NAME, BERT, now=9999), shell)
    assert seen == Found(holder=None, line="")
    assert ask(break_(NAME, seen, now=9999), shell) == Found(free=True)
    assert ask(take(NAME, BERT, now=9999), shell) == Found(taken=True)


@pytest.mark.root
@each_shell
def test_no_right_over_anothers_files_is_needed(shell: str, ask: Ask) -> None:
    """What root has left is told, taken over, given back and broken by a user without any right."""
    ask(take(NAME, ANNE, now=1000), shell)
    assert ask(take(NAME, BERT, now=1500), shell, NOBODY).holder == ANNE
    for _ in range(2):
        assert ask(take(NAME, replace(BERT, expires=2500), now=2001), shell, NOBODY).taken
        assert ask(take(NAME, ANNE, now=2002), shell).holder == replace(BERT, expires=2500)
        give_back(ask, replace(BERT, expires=2500), shell, NOBODY)
        assert ask(look(NAME), shell, NOBODY) == Found(free=True)
    assert ask(take(NAME, ANNE, now=1001), shell).taken
    assert ask(break_(NAME, ask(look(NAME)), now=1002), shell, NOBODY) == Found(free=True)
    assert ask(take(NAME, BERT, now=1003), shell, NOBODY).taken


def test_nothing_is_left(ask: Ask, public_path: Path) -> None:
    """What was taken, taken over, broken and given back leaves the empty directory of locks, open to all."""
    for owner, now in ((ANNE, 1), (BERT, 2001), (ANNE, 4001)):
        ask(take(NAME, replace(owner, expires=now + 1), now=now))
    give_back(ask, ANNE)
    locks = public_path / "tmp" / ".remediate-locks"
    assert list(locks.iterdir()) == []
    assert locks.stat().st_mode & 0o7777 == 0o1777


def test_a_link_in_its_place_is_refused(ask: Ask, public_path: Path) -> None:
    """Somebody else's directory behind a link keeps no locks of ours."""
    (public_path / "tmp" / ".remediate-locks").symlink_to(public_path)
    for text in (take(NAME, ANNE, now=1), look(NAME)):
        with pytest.raises(TaskFailed, match=r"lock cannot be taken: .*\.remediate-locks is a link"):
            ask(text)


def test_a_directory_half_made_is_made_whole(ask: Ask, public_path: Path) -> None:
    """Who made the directory may have died before all could use it."""
    (public_path / "tmp" / ".remediate-locks").mkdir(mode=0o700)
    assert ask(take(NAME, ANNE, now=1)).taken
    assert (public_path / "tmp" / ".remediate-locks").stat().st_mode & 0o7777 == 0o1777


@given(who=st.text(max_size=20), run_=st.text(min_size=1, max_size=9), host=st.text(min_size=1, max_size=20))
def test_any_owner_is_told_as_he_was(
    who: str, run_: str, host: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is in his name, it is one line of harmless letters, and comes back as it was."""
    owner = replace(ANNE, who=who, run=run_, host=host)
    folder = tmp_path_factory.mktemp("locks")
    assert asker(folder)(take(NAME, owner, now=1)).taken
    assert asker(folder)(look(NAME)) == Found(holder=owner, line=owner.line())


def test_an_owner_that_no_run_wrote_is_no_text_of_ours(ask: Ask, public_path: Path) -> None:
    """What somebody has put into the file is never part of a script."""
    ask(take(NAME, ANNE, now=1))
    (public_path / "tmp" / ".remediate-locks" / f"{NAME}.0" / "owner").write_text('"; touch x; "\n')
    seen = ask(look(NAME))
    assert seen.holder is None
    with pytest.raises(TaskFailed, match="no run wrote"):
        break_(NAME, seen, now=2)


def test_names_of_locks_are_apart() -> None:
    """Host names that differ, or ports, are different locks; no port is the usual one."""
    names = [lock_name(*each) for each in (("a", 22), ("a", 2222), ("b", 22), ("a\n22", 22), ("A", 22))]
    assert len(set(names)) == 5
    assert lock_name("a", None) == lock_name("a", 22)
    assert all(name.isalnum() for name in names)


def test_a_process_of_this_machine_that_is_gone_has_left_it_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that runs has not, and of other machines nobody here can say; after a restart all are gone."""
    mine = this_process(host="web1", run="r", now=100, seconds=50)
    assert (mine.pid, mine.since, mine.expires) == (os.getpid(), 100, 150)
    assert not mine.left_behind()
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert replace(mine, pid=gone.pid).left_behind()
    assert replace(mine, boot="another").left_behind()
    assert not replace(mine, pid=gone.pid, place="another").left_behind()
    monkeypatch.setattr(lock, "_machine", lambda: ("", ""))
    assert not replace(mine, place="", pid=gone.pid).left_behind()


@pytest.fixture
def slow_tools(public_path: Path) -> tuple[str, ...]:
    """What makes programs that change a directory take their time, before and after."""
    tools = public_path / "slow"
    tools.mkdir()
    for name in ("mkdir", "mv", "rm", "rmdir"):
        doze = "sleep 0.0$((RANDOM % 4))"
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
    assert len(entered) > 10
