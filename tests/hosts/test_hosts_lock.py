"""The lock of a host: of many who want it one has it, and everybody else is told who."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from claims import CLAIMING, Home, until
from hypothesis import given
from hypothesis import strategies as st
from local_host import NOBODY, SHELLS
from locks import ANNE, BERT, NAME, Ask, asker, give_back
from programs import started

from remediate.errors import TaskFailed
from remediate.hosts import lock_owner
from remediate.hosts.lock import Found, break_, claims_of, lock_name, look, release, take
from remediate.hosts.lock_owner import this_process
from remediate.hosts.once import once
from remediate.hosts.spool import Spool

each_shell = pytest.mark.parametrize("shell", SHELLS)


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


@pytest.mark.parametrize("without", [None, "ps"])
@pytest.mark.parametrize("shell", CLAIMING)
def test_what_still_runs_spares_the_lock_of_its_run(
    shell: str, without: str | None, ask: Ask, tmp_path: Path
) -> None:
    """Expired or left behind, it is not taken over; his own run takes it again, and it can be broken."""
    through = Home(tmp_path / "home", without=without).through
    spool = Spool(run=claims_of(ANNE.run, NAME))
    ask(take(NAME, ANNE, now=1000), shell)
    with subprocess.Popen([*through, *SHELLS[shell]], stdin=subprocess.PIPE, text=True) as starter:
        starter.stdin.write(once(f"echo $$ >{tmp_path}/pid; sleep 300", spool=spool, key="0.2.0.1.0"))
        starter.stdin.close()
        until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        try:
            for text in (
                take(NAME, BERT, now=2001),
                take(NAME, BERT, now=1001, over=ANNE.line()),
                look(NAME),
            ):
                seen = ask(text, shell, through)
                assert (seen.holder, [each.key for each in seen.commands]) == (ANNE, ["0.2.0.1.0"])
                assert seen.commands[0].pid == int((tmp_path / "pid").read_text())
                assert bool(seen.commands[0].time) == (without is None)
            other = replace(BERT, run=ANNE.run)
            assert ask(take(NAME, other, now=2001), shell, through) == Found(taken=True)
            assert ask(break_(NAME, ask(look(NAME), shell), now=2001), shell, through) == Found(free=True)
        finally:
            os.killpg(int((tmp_path / "pid").read_text()), 9)


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


def test_it_costs_few_programs(ask: Ask, public_path: Path) -> None:
    """One makes it, and two take it away: each run pays them on each of its hosts."""
    ask(take(NAME, ANNE, now=1))  # makes the directory of all locks
    give_back(ask, ANNE)
    texts = (take(NAME, ANNE, now=1), release(NAME, ANNE))
    here = (text.replace("/var/tmp", f"{public_path}/tmp") for text in texts)
    assert [started(text, public_path / "bin") for text in here] == [["mkdir"], ["rm", "rmdir"]]


@each_shell
def test_a_full_disk_is_told_and_locks_nobody_out(shell: str, ask: Ask) -> None:
    """Who cannot write his name does not have it, and leaves nothing that looks like somebody taking it.

    An old `echo` makes an empty file then, and ends well.
    """
    full = f'echo() {{ case $1 in {ANNE.token}*) ;; *) printf "%s\\n" "$*";; esac; }}\n'
    with pytest.raises(TaskFailed, match="is the disk full"):
        ask(full + take(NAME, ANNE, now=1), shell)
    assert ask(look(NAME), shell) == Found(free=True)
    assert ask(take(NAME, BERT, now=2), shell).taken


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


HOSTILE_OWNERS = [
    '"; echo >pwned; "',
    "|x|;1eecho>pwned;#:1:::x 1 0 h",
    "|x|;w pwned\t#:1:::x 1 0 h",
    "x a[$(echo>pwned)] 0 h",
    "x remediate:lock:taken 0 h",
    "x 99999999999999999999 0 h",
    "* * * *",
]
HOSTILE_GENERATIONS = [
    "remediate:lock:taken",
    "a[$(echo>pwned)]",
    "99999999999999999999",
    "1.2",
    "1 2",
    "-1",
    "*",
    "",
]


@each_shell
@pytest.mark.parametrize("line", HOSTILE_OWNERS)
def test_what_anybody_may_have_written_is_no_text_of_ours(
    line: str, shell: str, ask: Ask, public_path: Path
) -> None:
    """An owner's line that no run wrote: nothing of it is run, and nobody has the lock over it."""
    ask(take(NAME, ANNE, now=1000))
    locks = public_path / "tmp" / ".remediate-locks"
    (locks / f"{NAME}.1").mkdir()
    (locks / f"{NAME}.1" / "owner").write_text(f"{line}\n")
    assert ask(take(NAME, BERT, now=3000).replace("sleep 1", ":"), shell) == Found()
    assert ask(look(NAME), shell) == Found()
    assert not [*public_path.rglob("pwned")]
    assert ask(break_(NAME, Found(), now=3000).replace("sleep 1", ":"), shell) == Found(free=True)


@each_shell
@pytest.mark.parametrize("generation", HOSTILE_GENERATIONS)
def test_what_is_no_number_is_no_generation(generation: str, shell: str, ask: Ask, public_path: Path) -> None:
    """Whoever makes such a directory is not heard, and nothing of its name is run."""
    ask(take(NAME, ANNE, now=1000))
    (public_path / "tmp" / ".remediate-locks" / f"{NAME}.{generation}").mkdir()
    for text in (look(NAME), take(NAME, BERT, now=1500)):
        assert ask(text, shell) == Found(holder=ANNE, line=ANNE.line())
    give_back(ask, ANNE, shell)
    assert ask(take(NAME, BERT, now=1500), shell) == Found(taken=True)
    assert not [*public_path.rglob("pwned")]


@pytest.mark.root
@each_shell
def test_a_generation_that_somebody_else_has_made_is_not_ours(
    shell: str, ask: Ask, public_path: Path
) -> None:
    """Though our line is in it, nothing is written there: he may have put links under the names."""
    ask(take(NAME, ANNE, now=1000))
    forged = public_path / "tmp" / ".remediate-locks" / f"{NAME}.1"
    forged.mkdir()
    (forged / "owner").write_text(f"{ANNE.line()}\n")
    os.chown(forged, 65534, 65534)
    assert not ask(take(NAME, replace(ANNE, expires=2500), now=1001), shell).taken
    ask(f"( {release(NAME, ANNE)})\n{look(NAME)}", shell)
    assert [(each.name, each.read_text()) for each in forged.iterdir()] == [("owner", f"{ANNE.line()}\n")]


@pytest.mark.root
@each_shell
def test_a_directory_of_somebody_else_gets_no_other_mode(shell: str, ask: Ask, public_path: Path) -> None:
    """He may put a link in its place at any moment."""
    locks = public_path / "tmp" / ".remediate-locks"
    locks.mkdir(mode=0o755)
    os.chown(locks, 65534, 65534)
    with pytest.raises(TaskFailed, match="is not for all users"):
        ask(take(NAME, ANNE, now=1).replace("sleep 1", ":"), shell)
    assert locks.stat().st_mode & 0o7777 == 0o755


def test_only_what_a_run_wrote_goes_into_a_script() -> None:
    """Whatever a host says of a holder."""
    for line in HOSTILE_OWNERS[:4]:
        with pytest.raises(TaskFailed, match="no run wrote"):
            break_(NAME, Found(line=line), now=2)


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
    monkeypatch.setattr(lock_owner, "_machine", lambda: ("", ""))
    assert not replace(mine, place="", pid=gone.pid).left_behind()
