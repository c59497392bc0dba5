"""Run once or attach: whatever happens to who sends it, a claimed script runs once, and nothing is lost."""

import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest
from claims import CLAIMING, SPOOL, Home, each_shell
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import SHELLS
from programs import started
from sshd import is_gone

from remediate.bourne import decode, quote
from remediate.errors import NotKnown, TaskFailed
from remediate.facts.base import Output
from remediate.hosts import once as module
from remediate.hosts.claim_words import collected
from remediate.hosts.once import once, stop
from remediate.hosts.spool import Spool, make_room

SCRIPTS = {
    "status and both streams": "echo out; echo err >&2; exit 7",
    "bytes": "printf 'a\\0b\\377'; printf '\\377' >&2",
    "nothing": "",
    "no line feed": "printf x",
    "a syntax error (a message)": "exit 0; if; then",
    "exec": "exec env sh -c 'echo $#; exit 91' x y",
    "no input": "cat",
    "an own environment": "X=1; export X; cd /; umask 077; pwd; echo $#",
    "like an answer of ours": "echo out; echo remediate:once:gone >&2; exit 92",
    "like one that there is not": "echo remediate:once:nonsense >&2; exit 92",
    "shell text": "echo 'it'\\''s `$HOME`' \"\\\\\"",
    "a dash first (a message)": "-x",
}


@each_shell
@pytest.mark.parametrize("name", SCRIPTS)
def test_it_is_the_scripts_own(name: str, shell: str, home: Home) -> None:
    """Status, stdout and stderr are what the script itself leaves, to the byte; and the same once more."""
    script = SCRIPTS[name]
    plain = home.ask(script, shell)
    claimed = [collected(home.send(script, shell=shell), "x") for _ in range(2)]
    assert claimed[0] == claimed[1]
    for each in claimed:
        assert (each.status, each.stdout) == (plain.status, plain.stdout)
        if not name.endswith("(a message)"):  # the shells name the line
            assert each.stderr == plain.stderr
        assert bool(each.stderr) == bool(plain.stderr)


@settings(max_examples=25)
@given(shell=st.sampled_from(CLAIMING), stdout=st.text(), stderr=st.text(), status=st.integers(0, 255))
def test_any_output_is_the_scripts_own(
    shell: str, stdout: str, stderr: str, status: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is printed arrives as it was printed."""
    stdout, stderr = stdout.replace("\0", ""), stderr.replace("\0", "")
    home = Home(tmp_path_factory.mktemp("any"))
    script = f"printf %s {quote(stdout)}; printf %s {quote(stderr)} >&2; exit {status}"
    output = home.send(script, shell=shell)
    assert (output.status, decode(output.stdout), decode(output.stderr)) == (status, stdout, stderr)


@each_shell
def test_many_who_send_it_at_once_get_the_same(shell: str, home: Home, tmp_path: Path) -> None:
    """Of many senders one starts it; all of them get the whole output."""
    script = f"echo x >>{tmp_path}/ran; echo begun; sleep 1; echo done"
    outputs: list[Output] = []
    threads = [
        threading.Thread(target=lambda: outputs.append(home.send(script, shell=shell))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outputs == [Output(status=0, stdout=b"begun\ndone\n")] * 8
    assert (tmp_path / "ran").read_text() == "x\n"


@each_shell
@pytest.mark.parametrize("without", [None, "setsid"])
def test_who_started_it_may_die(shell: str, without: str | None, tmp_path: Path) -> None:
    """Killed with all of its session, or hung up on, the starter leaves the script running to its end."""
    home = Home(tmp_path / "home", without=without)
    script = f"echo begun; kill -1 0; sleep 1; echo x >>{tmp_path}/ran; echo done"
    starter = home.begin(script, shell=shell)
    home.pid()
    os.killpg(starter.pid, signal.SIGHUP)
    starter.kill() if without else os.killpg(starter.pid, signal.SIGKILL)
    assert home.send(script, shell=shell) == Output(status=0, stdout=b"begun\ndone\n")
    assert (tmp_path / "ran").read_text() == "x\n"
    starter.communicate()


@each_shell
def test_what_has_no_end_is_told_and_not_started_again(shell: str, home: Home, tmp_path: Path) -> None:
    """A process that is gone without a status, as after a reboot: said so, each time."""
    script = f"echo x >>{tmp_path}/ran; kill -9 $$; sleep 5"
    for _ in range(2):
        output = home.send(script, shell=shell)
        assert (output.stdout, output.stderr) == (b"", b"remediate:once:gone\n")
        with pytest.raises(TaskFailed, match=r"it was begun and has no end .*: run it \(look at the host"):
            collected(output, "run it")
    assert (tmp_path / "ran").read_text() == "x\n"


@each_shell
def test_what_may_have_been_sent_is_not_started_where_all_claims_are_gone(
    shell: str, home: Home, tmp_path: Path
) -> None:
    """Where the run's spool is still there, and nothing of this claim in it, it was not begun, and is now."""
    script = f"echo x >>{tmp_path}/ran"
    again = once(script, spool=SPOOL, key="0.1", room=True)
    for _ in range(2):
        with pytest.raises(NotKnown, match=r"NOT KNOWN whether it was done, and not done again: .*: run it"):
            collected(home.ask(again, shell), "run it")
    assert not (tmp_path / "ran").exists()
    for _ in range(2):
        assert collected(home.ask(make_room(spool=SPOOL), shell), "x").status == 0
    for _ in range(2):
        assert collected(home.ask(again, shell), "x").status == 0
    assert (tmp_path / "ran").read_text() == "x\n"


@each_shell
def test_an_end_that_cannot_be_written_is_none(shell: str, home: Home) -> None:
    """On a full disk the status is lost; that is told, and is no success."""
    script = f"ln -s /dev/full '{home.claim()}/new'; echo out; exit 3"
    with pytest.raises(TaskFailed, match="has no end"):
        collected(home.send(script, shell=shell), "x")


def test_a_claim_is_made_where_the_spool_is_just_cleaned_away(home: Home, tmp_path: Path) -> None:
    """Another run of the user removes the empty spool between two commands of this one: it is made again."""
    tools, spool = tmp_path / "tools", home.claim().parent
    tools.mkdir()
    (tools / "mkdir").write_text(
        f"#!/bin/sh\ncase $1 in *{SPOOL.run}/*) echo >>{tmp_path}/tried\n"
        f"  test `wc -l <{tmp_path}/tried` -gt 2 || rmdir {spool} {spool.parent};;\n"
        'esac 2>/dev/null\nexec /bin/mkdir "$@"\n'
    )
    (tools / "mkdir").chmod(0o755)
    home.through = (*home.through, f"PATH={tools}:{os.environ['PATH']}")
    assert collected(home.send("echo done"), "x").stdout == b"done\n"
    assert len((tmp_path / "tried").read_text()) > 2


def test_another_process_of_that_number_is_none_of_it(home: Home, tmp_path: Path) -> None:
    """After a reboot the number may be somebody else's: he is not waited for, and not stopped."""
    home.claim().mkdir(parents=True)
    home.claim().parent.parent.chmod(0o700)
    with subprocess.Popen(["sleep", "600"]) as other:
        (home.claim() / "pid").write_text(f"{other.pid}\n")
        with pytest.raises(TaskFailed, match="has no end"):
            collected(home.send(f"echo x >>{tmp_path}/ran"), "x")
        assert home.ask(stop(spool=SPOOL, key="0.1")).status == 0
        assert other.poll() is None
        other.kill()
    assert not (tmp_path / "ran").exists()


@each_shell
def test_a_claim_whose_starter_died_never_begins(shell: str, tmp_path: Path) -> None:
    """Killed between claim and beginning: found out after a while, and a late starter is kept from it."""
    home = Home(tmp_path / "home", without="sleep")
    sleep = tmp_path / "tools" / "sleep"
    sleep.write_text("#!/bin/sh\nexit 0\n")  # the while is ten of these
    sleep.chmod(0o755)
    home.claim().mkdir(parents=True)
    home.claim().parent.parent.chmod(0o700)
    script = f"echo x >>{tmp_path}/ran"
    for _ in range(2):
        with pytest.raises(TaskFailed, match=r"claimed and never begun .*run again"):
            collected(home.send(script, shell=shell), "x")
    late = module._inner(script)
    command = [*home.through, *SHELLS[shell], "-s", f"{SPOOL.run}/0.1", str(home.path / ".remediate")]
    subprocess.run(command, input=late.encode(), check=False)
    assert not (tmp_path / "ran").exists()


@each_shell
def test_of_a_text_that_is_cut_off_nothing_is_run(shell: str, tmp_path: Path) -> None:
    """Wherever the text for the detached shell ends too early, the script is not begun."""
    (tmp_path / "run-1" / "k").mkdir(parents=True)
    text = module._inner(f"echo x >>{tmp_path}/ran")
    command = [*SHELLS[shell], "-s", "run-1/k", str(tmp_path)]
    for end in range(0, len(text.rstrip()), 7):
        subprocess.run(command, input=text[:end].encode(), capture_output=True, check=False)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "run-1" / "k" / "end").exists()


def test_a_daemon_left_behind_holds_nobody_up(home: Home) -> None:
    """A process that keeps stdout open does not keep the end from being told."""
    output = home.send("sleep 600 & echo $!")  # else this would pass the deadline
    os.kill(int(output.stdout), signal.SIGKILL)


def test_large_outputs_arrive(home: Home) -> None:
    """Tens of megabytes on both streams are kept and told whole."""
    script = (
        "dd if=/dev/zero bs=1048576 count=30 2>/dev/null; dd if=/dev/zero bs=1048576 count=20 >&2 2>/dev/null"
    )
    for _ in range(2):
        output = home.send(script)
        assert (len(output.stdout), len(output.stderr)) == (30 << 20, 20 << 20)


def test_endless_output_does_not_fill_the_disk(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that prints more than a batch may is ended on the host, and its claim has an end."""
    monkeypatch.setattr(module, "MAX_OUTPUT", 300_000)
    output = home.send("echo $$; while :; do echo yes; done")
    assert output.status == 137
    assert len(output.stdout) > 300_000
    assert is_gone(int(output.stdout.split()[0]))


def test_a_claim_costs_few_programs(tmp_path: Path) -> None:
    """Where the run has its part of the spool, one makes it, one ends it, and one tells of it."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("dash", "id"):
        (tools / name).symlink_to(str(shutil.which(name)))
    spool = Spool(run=SPOOL.run, directory=str(tmp_path / "spool"))
    for key in ("0.1", "0.2"):
        names = started(once("echo out", spool=spool, key=key), tools)
    waiting = ("ls", "sleep", "tr")  # the more of these, the longer the script takes
    assert sorted(name for name in names if name not in waiting) == ["cat", "mkdir", "mv"]
