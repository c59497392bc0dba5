"""What is left in a user's spool, listed and removed by several shells."""

import os
import time
from pathlib import Path

import pytest
from claims import SPOOL, Home, each_shell, until

from remediate.errors import TaskFailed
from remediate.facts.base import Output
from remediate.hosts.leftovers import LeftClaim, LeftSpool, listed, listing, removal
from remediate.hosts.spool import Spool


def found(home: Home, shell: str = "dash") -> dict[str, tuple[str, bool]]:
    """State and age of each claim, by its key."""
    spool = listed(home.ask(listing(None), shell))
    assert spool is None or spool.directory == str(home.path / ".remediate")
    return {} if spool is None else {each.key: (each.state, each.old) for each in spool.claims}


def claim(key: str, *, old: bool = True) -> LeftClaim:
    """One that has ended."""
    return LeftClaim(part=SPOOL.run, key=key, state="ended", old=old)


@each_shell
@pytest.mark.parametrize("without", [None, "ps"])
def test_each_state(shell: str, without: str | None, tmp_path: Path) -> None:
    """What runs, what has ended, what was cut off, and how old it is; only what runs cannot be removed."""
    home = Home(tmp_path / "home", without=without)
    assert found(home, shell) == {}
    assert not (home.path / ".remediate").exists()
    for key in ("ended", "cut", "never", "old"):
        home.send("echo out", key, shell)
    (home.claim("cut") / "end").unlink()
    (home.claim("never") / "end").unlink()
    (home.claim("never") / "pid").unlink()
    (home.claim("never") / "pid").mkdir()
    long_ago = time.time() - 20 * 24 * 3600
    os.utime(home.claim("old"), (long_ago, long_ago))
    starter = home.begin("sleep 300", "runs", shell)
    pid = home.pid("runs")
    try:
        states = {
            "ended": ("ended", False),
            "cut": ("broken", False),
            "never": ("broken", False),
            "old": ("ended", True),
            "runs": ("runs", False),
        }
        until(lambda: found(home, shell) == states)  # what has ended may be in the list for a moment still
        everything = [claim(key) for key in ("ended", "cut", "never", "old", "runs", "no-such")]
        assert home.ask(removal(None, everything), shell).status == 0
        assert [each.name for each in home.claim().parent.iterdir()] == ["runs"]
    finally:
        os.killpg(pid, 9)
        starter.wait(60)
        starter.communicate()
    # The starter's own arguments are the whole text here, and what watches it lives a moment longer.
    until(lambda: found(home, shell)["runs"][0] == "broken")
    home.ask(removal(None, [claim("runs")]), shell)
    assert not (home.path / ".remediate").exists()


def test_a_timer_runs(home: Home) -> None:
    """What a command has started as a shell of its own, and what waits in it, counts as the command's."""
    home.send("( sleep 300; : ) & echo $!", "timer")
    child = int((home.claim("timer") / "out").read_text())
    try:
        assert found(home) == {"timer": ("runs", False)}
    finally:
        os.kill(child, 9)
    until(lambda: found(home) == {"timer": ("ended", False)})  # it may be in the list for a moment still


def test_just_begun(home: Home) -> None:
    """A claim in which nothing is yet may be about to begin; after a day it is not."""
    home.send("echo out")
    empty = home.claim("empty")
    empty.mkdir()
    assert found(home)["empty"] == ("runs", False)
    before = time.time() - 3 * 24 * 3600
    os.utime(empty, (before, before))
    assert found(home)["empty"] == ("broken", False)


def test_a_directory_of_the_inventory(home: Home, tmp_path: Path) -> None:
    """The spool is looked for where runs have it."""
    home.send("echo out", spool=Spool(run=SPOOL.run, directory=f"{tmp_path}/a b"))
    left = LeftSpool(directory=f"{tmp_path}/a b/.remediate-{os.getuid()}", claims=(claim("0.1", old=False),))
    until(lambda: listed(home.ask(listing(f"{tmp_path}/a b"))) == left)


@pytest.mark.parametrize(
    "line", ["ended old a/b c", "ended old ../b", "gone old a/b", "ended old a/b/c", "x"]
)
def test_what_no_run_has_written(line: str) -> None:
    """A name that is none is left out: it would become part of a script."""
    output = Output(status=0, stdout=f"remediate:spool:/s\n{line}\n".encode())
    assert listed(output) == LeftSpool(directory="/s", claims=())


def test_a_spool_that_cannot_be_looked_at() -> None:
    """It is told with what the host said."""
    with pytest.raises(TaskFailed, match="the spool cannot be looked at: no such luck"):
        listed(Output(status=1, stderr=b"no such luck\n"))
