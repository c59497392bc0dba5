"""Claims on a host: how they are stopped and cleaned up, and where they are."""

import os
import pwd
import shutil
import signal
from pathlib import Path

import pytest
from claims import SPOOL, Home, each_shell, until, written
from local_host import NOBODY
from sshd import children, is_gone

from remediate.errors import InventoryError, TaskFailed
from remediate.facts.base import Output
from remediate.hosts.claim_words import collected
from remediate.hosts.once import once, stop
from remediate.hosts.spool import Spool, clean
from remediate.hosts.target import ConnectionOptions, target_of

NAMELESS = 54323
"""A user that is a number only, as sudo can make one: `id` puts no name behind it."""


@each_shell
@pytest.mark.parametrize("without", [None, "setsid"])
def test_stopping(shell: str, without: str | None, tmp_path: Path) -> None:
    """All that a claim has started ends, also what ignores being asked; senders are told, none starts it."""
    home = Home(tmp_path / "home", without=without)
    script = (
        f"echo x >>{tmp_path}/ran; sleep 100 & echo $! >{tmp_path}/child; trap '' 15; sh -c 'sleep 100'; wait"
    )
    starter = home.begin(script, shell=shell)
    pid = home.pid()
    until(lambda: written(tmp_path / "child"))
    everything = [pid, *children(pid), int((tmp_path / "child").read_text())]
    assert home.ask(stop(spool=SPOOL, key="0.1"), shell).status == 0
    assert all(is_gone(each) for each in everything)
    assert starter.wait(60) == 92
    starter.communicate()
    with pytest.raises(TaskFailed, match="it was stopped when its deadline had passed"):
        collected(home.send(script, shell=shell), "x")
    assert (tmp_path / "ran").read_text() == "x\n"


def test_stopping_what_has_not_begun(home: Home, tmp_path: Path) -> None:
    """What was never claimed cannot be started any more after it was stopped."""
    assert home.ask(stop(spool=SPOOL, key="0.1")).status == 0
    with pytest.raises(TaskFailed, match="it was stopped"):
        collected(home.send(f"echo x >>{tmp_path}/ran"), "x")
    assert not (tmp_path / "ran").exists()


def test_stopping_what_has_ended_changes_nothing(home: Home) -> None:
    """Its output is still there."""
    home.send("echo out")
    assert home.ask(stop(spool=SPOOL, key="0.1")).status == 0
    assert home.send("echo out") == Output(status=0, stdout=b"out\n")


def test_cleaning(home: Home) -> None:
    """All that has ended goes, and the spool with it; what still runs stays."""
    home.send("echo out")
    with home.begin("sleep 1000", key="0.2") as starter:
        pid = home.pid("0.2")
        assert home.ask(clean(spool=SPOOL)) == Output(status=0)
        assert sorted(each.name for each in home.claim().parent.iterdir()) == ["0.2"]
        os.kill(pid, signal.SIGKILL)
        starter.communicate()
    assert home.ask(stop(spool=SPOOL, key="0.2")).status == 0
    assert home.ask(clean(spool=SPOOL)) == Output(status=0)
    assert list(home.path.iterdir()) == []
    assert home.ask(clean(spool=SPOOL)) == Output(status=0)


@pytest.mark.root
@pytest.mark.parametrize("owner", [1, 65534], ids=["somebody else's", "open to all"])
def test_only_an_own_spool_is_cleaned(owner: int, public_path: Path) -> None:
    """One that somebody else has made, or can write to, may lead anywhere: nothing in it is removed."""
    home = Home(public_path / "home", more=NOBODY)
    os.chown(home.path, 65534, 65534)
    spool = home.path / ".remediate"
    ended = spool / SPOOL.run / "0.1" / "end"
    ended.parent.mkdir(parents=True)
    ended.touch()
    for each in (spool, ended.parent.parent, ended.parent):
        os.chown(each, owner, 65534)
        each.chmod(0o777)
    assert home.ask(clean(spool=SPOOL)).status == 0
    assert ended.is_file()


def test_runs_and_keys_are_apart(home: Home) -> None:
    """The same script under another key or in another run is another one; cleaning one run leaves others."""
    script = "echo x >>$HOME/ran"
    for spool, key in ((SPOOL, "0.1"), (SPOOL, "0.10"), (Spool(run="run-2"), "0.1")):
        home.send(script, key, spool=spool)
    assert (home.path / "ran").read_text() == "x\n" * 3
    home.ask(clean(spool=SPOOL))
    home.send(script, "0.1", spool=Spool(run="run-2"))
    assert (home.path / "ran").read_text() == "x\n" * 3


def test_names_that_are_no_names_are_refused() -> None:
    """Neither a run nor a key can lead out of the spool."""
    for name in ("", ".", "..", "a/b", "a b", "-x", "$x"):
        with pytest.raises(ValueError, match="cannot be a"):
            Spool(run=name)
        with pytest.raises(ValueError, match="cannot be a"):
            once("", spool=SPOOL, key=name)


def test_nothing_of_the_script_shows(home: Home) -> None:
    """While it runs, its text is neither among the processes' arguments nor in the spool."""
    with home.begin("hidden=s3cr3t-in-the-text; export hidden; sleep 1000") as starter:
        pid = home.pid()
        shown = b"".join(
            (Path("/proc") / str(each) / "cmdline").read_bytes() for each in (pid, *children(pid))
        )
        kept = b"".join(file.read_bytes() for file in home.claim().iterdir())
        assert b"s3cr3t" not in shown + kept
        assert home.ask(stop(spool=SPOOL, key="0.1")).status == 0
        starter.communicate()


def test_the_spool_is_the_users_own(home: Home, tmp_path: Path) -> None:
    """Only its user can look into it; a link, or what others may write, is refused beforehand."""
    home.send("echo out")
    assert (home.path / ".remediate").stat().st_mode & 0o777 == 0o700
    script = f"echo x >>{tmp_path}/ran"
    (home.path / ".remediate").chmod(0o770)
    with pytest.raises(TaskFailed, match="its claim could not be made"):
        collected(home.send(script, "0.2"), "x")
    shutil.rmtree(home.path / ".remediate")
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (home.path / ".remediate").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TaskFailed, match="its claim could not be made"):
        collected(home.send(script, "0.2"), "x")
    assert not (tmp_path / "ran").exists()


@pytest.mark.root
@pytest.mark.parametrize("name", ["backup", None])  # whose spools no other test has
def test_somebody_elses_home_is_left_alone(name: str | None, public_path: Path) -> None:
    """Where HOME is another user's, as sudo may leave it, the spool is beside all homes, the user's own."""
    user = NAMELESS if name is None else pwd.getpwnam(name).pw_uid
    become = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
    home = Home(public_path / "home", more=become)
    spool = Path(f"/var/tmp/.remediate-{user}")
    try:
        assert home.send("id -u") == Output(status=0, stdout=f"{user}\n".encode())
        assert list(home.path.iterdir()) == []
        assert spool.stat().st_uid == user
    finally:
        home.ask(clean(spool=SPOOL))
    assert not spool.exists()


@pytest.mark.parametrize(
    ("given_", "there"),
    [
        ("{root}/it's here", "it's here"),
        ("~/tmp", "home/tmp"),
        ("$HOME/a/b", "home/a/b"),
        ("{root}/${{LC_ALL}}-`id`", "C-`id`"),
        ("/proc/nowhere", "home"),
    ],
)
def test_a_directory_of_the_inventory(given_: str, there: str, home: Home, tmp_path: Path) -> None:
    """The spool is where ansible_remote_tmp says, if the user may write there; else at home."""
    variables = {"ansible_remote_tmp": given_.format(root=tmp_path)}
    directory = target_of("web1", variables, ConnectionOptions()).remote_tmp
    spool = Spool(run=SPOOL.run, directory=directory)
    assert home.send("echo on", spool=spool) == Output(status=0, stdout=b"on\n")
    name = ".remediate" if there == "home" else f".remediate-{os.getuid()}"
    assert (tmp_path / there / name / SPOOL.run / "0.1" / "end").read_text() == "0\n"


def test_a_directory_that_is_none_is_refused() -> None:
    """A relative ansible_remote_tmp is a mistake of the inventory."""
    with pytest.raises(InventoryError, match="ansible_remote_tmp must be a full path"):
        target_of("web1", {"ansible_remote_tmp": "tmp/x"}, ConnectionOptions())
