"""Connections of a real server that are cut while effects are on their way: all is done once, and told."""

import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from claims import until, written
from hosts_makers import OverdueWhen
from lines import Line
from sshd import is_gone

from remediate.effects.local_file import LocalFile, measure
from remediate.effects.run import Run
from remediate.effects.upload import Upload
from remediate.effects.write import WriteFile
from remediate.engine.asking import ask
from remediate.errors import DeadlinePassed, Unreachable
from remediate.facts.commands import CommandLine, CommandOutput
from remediate.facts.digest import Digest, FileDigest
from remediate.facts.files import FileText, Listing, Text
from remediate.hosts import pulse
from remediate.hosts.pulse import Pulse
from remediate.records import dataclass

LONG = 60.0


def command(text: str, *, deadline: float = LONG) -> Run:
    """An order to run a shell command."""
    return Run(command=CommandLine(shell=text), deadline=deadline)


def test_a_command_that_is_cut_off_runs_once_and_its_output_is_whole(line: Line) -> None:
    """It goes on without the connection; on a new one, its result is collected."""
    text = f"echo x >>{line.root}/ran; echo begun; sleep 1; echo trouble >&2; echo done; exit 3"
    cutting = line.cut_when((line.root / "ran").exists)
    done = line.state.carry_out(command(text), None, "0.1")
    cutting.join()
    assert (done["rc"], done["stdout"], done["stderr"]) == (3, "begun\ndone", "trouble")
    assert (line.root / "ran").read_text() == "x\n"
    line.state.leave()
    assert list((line.root.parent / "tmp").iterdir()) == []


def test_a_server_that_hangs_is_given_up_in_time(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its system keeps the connection up, and nothing comes: the result is collected on a new one."""
    monkeypatch.setattr(pulse, "QUIET", 1.0)
    monkeypatch.setattr(pulse, "PATIENCE", 2.0)
    hanging: list[int] = []

    def hang() -> None:
        until((line.root / "ran").exists)
        hanging.extend(line.hang())

    thread = threading.Thread(target=hang)
    thread.start()
    try:
        text = f"echo x >>{line.root}/ran; sleep 1; echo done"
        assert line.state.carry_out(command(text), None, "0.1")["stdout"] == "done"
    finally:
        thread.join()
        for process in hanging:
            os.kill(process, signal.SIGKILL)
    assert hanging
    assert (line.root / "ran").read_text() == "x\n"


def test_a_server_that_is_only_quiet_is_not_given_up(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers that it is there as often as it is asked, and is logged in to once."""
    now = 0.0
    look = Pulse.look

    def later(each: Pulse) -> None:
        nonlocal now
        if each._answered is None or each._answered.is_set():  # no time passes while an answer is awaited
            now += pulse.QUIET + 1
        look(each)

    monkeypatch.setattr(Pulse, "look", later)
    monkeypatch.setattr(pulse, "time", SimpleNamespace(monotonic=lambda: now))
    assert line.state.carry_out(command("sleep 6; echo done"), None, "0.1")["stdout"] == "done"
    assert now > 2 * (pulse.QUIET + pulse.PATIENCE)
    assert line.server.log.read_text().count("Accepted publickey") == 1


def test_whenever_it_is_cut_off_it_runs_once(line: Line) -> None:
    """At random moments, several times over one command, also while the connection is opened anew."""
    dice = random.Random(1)  # noqa: S311
    for number in range(12):
        text = f"echo {number} >>{line.root}/ran; for n in 1 2 3 4 5; do echo $n; sleep 0.1; done"
        cutting = line.cut_at([dice.random() * 0.7 for _ in range(dice.randint(1, 3))])
        done = line.state.carry_out(command(text), None, f"0.{number}")
        cutting.join()
        assert (done["rc"], done["stdout"]) == (0, "1\n2\n3\n4\n5")
    assert (line.root / "ran").read_text() == "".join(f"{number}\n" for number in range(12))


CONTROLLER = """
import os, pickle, sys
from remediate.engine.state import HostState
from remediate.hosts.fleet import Fleet
target, spool, effect = pickle.load(sys.stdin.buffer)
host = Fleet(ssh_config=os.devnull).host(target)
HostState(host=host, dry_run=False, spool=spool).carry_out(effect, None, "0.1")
"""


def test_a_controller_that_is_killed_loses_nothing(line: Line) -> None:
    """Another process of the same run gets the result; the command goes on without either."""
    effect = command(f"echo x >>{line.root}/ran; sleep 1; echo done")
    job = pickle.dumps((line.server.target(), line.state.spool, effect))
    with subprocess.Popen([sys.executable, "-c", CONTROLLER], stdin=subprocess.PIPE) as controller:
        assert controller.stdin is not None
        controller.stdin.write(job)
        controller.stdin.close()
        until((line.root / "ran").exists)
        controller.kill()
    assert line.state.carry_out(effect, None, "0.1")["stdout"] == "done"
    assert (line.root / "ran").read_text() == "x\n"


def test_a_server_that_comes_back_within_the_deadline(line: Line) -> None:
    """While it is away, it is tried again and again; then the result is collected."""
    text = f"echo x >>{line.root}/ran; echo done"

    def restart() -> None:
        until((line.root / "ran").exists)
        line.vanish()
        time.sleep(2)
        line.server.start()

    line.state.carry_out(command("true"), None, "0.0")
    thread = threading.Thread(target=restart)
    thread.start()
    done = line.state.carry_out(command(f"{text}; sleep 1"), None, "0.1")
    thread.join()
    assert done["stdout"] == "done"
    assert (line.root / "ran").read_text() == "x\n"


def test_a_server_that_stays_away_is_unreachable_by_the_deadline(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is given up in time, and so is every question after it, at once."""
    line.state.carry_out(command("true"), None, "0.0")
    paused = 0.0

    def pause(seconds: float) -> None:
        nonlocal paused
        paused += seconds
        time.sleep(min(seconds, 0.01))

    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + paused, sleep=pause)
    monkeypatch.setattr("remediate.hosts.host.time", clock)  # its pauses take no time

    def vanish() -> None:
        until((line.root / "ran").exists)
        line.vanish()

    thread = threading.Thread(target=vanish)
    thread.start()
    with pytest.raises(Unreachable, match=r"the connection was lost, and .* attempts\)"):
        line.state.carry_out(command(f"echo x >>{line.root}/ran; sleep 60"), None, "0.1")
    thread.join()
    assert 20 < paused < LONG
    before = paused
    with pytest.raises(Unreachable):
        ask(line.state.host, [Text(f"{line.root}/ran")], None)
    assert paused == before


def test_a_login_that_is_refused_is_not_tried_again(line: Line) -> None:
    """An account that has been closed meanwhile is asked once, or it might be locked."""
    keys = line.server.directory / "authorized_keys"
    line.state.carry_out(command("true"), None, "0.0")
    before = line.server.log.read_text().count("Connection from")

    def close() -> None:
        until((line.root / "ran").exists)
        keys.write_text("")
        line.cut()

    thread = threading.Thread(target=close)
    thread.start()
    with pytest.raises(Unreachable, match=r"the login as .* was refused"):
        line.state.carry_out(command(f"echo x >>{line.root}/ran; sleep 60"), None, "0.1")
    thread.join()
    assert line.server.log.read_text().count("Connection from") == before + 1


@pytest.mark.parametrize("logins", [1, 2], ids=["calm", "cut"])
def test_past_its_deadline_a_command_is_stopped_on_the_host(
    line: Line, overdue_when: OverdueWhen, logins: int
) -> None:
    """Also what has a session of its own, and also if the connection was cut before."""
    ran = line.root / "ran"

    def at_work() -> bool:
        return written(ran) and line.server.log.read_text().count("Accepted publickey") == logins

    overdue_when(at_work)
    cutting = line.cut_when(lambda: written(ran)) if logins > 1 else None
    with pytest.raises(DeadlinePassed, match=r"no answer within 60 s; what still ran was stopped"):
        line.state.carry_out(command(f"echo $$ >>{ran}; sleep 1000"), None, "0.1")
    if cutting is not None:
        cutting.join()
    assert is_gone(int(ran.read_text()))


def test_a_question_is_put_again(line: Line) -> None:
    """A cut in the middle of its answer costs time, and nothing else."""
    asked = f"{line.root}/asked"
    again = f"test `wc -l <{asked}` -gt 1 || sleep 20"
    fact = CommandOutput(command(f"echo x >>{asked}; {again}; echo answer").command)
    cutting = line.cut_when((line.root / "asked").exists)
    answer = ask(line.state.host, [fact], None)[fact]
    cutting.join()
    assert answer.stdout == b"answer\n"
    assert Path(asked).read_text() == "x\nx\n"


def test_a_file_is_written_whole_whenever_it_is_cut_off(line: Line) -> None:
    """A script with a guard is looked at and sent again: the content is right, and nothing is beside it."""
    dice = random.Random(2)  # noqa: S311
    path = f"{line.root}/file"
    before = ""
    for number in range(12):
        after = f"{number}\n" * 400_000
        line.state.forget_all()
        line.state.ask([Text(path), Listing(str(line.root))], None)
        was = FileText.holding(before) if before else FileText(kind="absent")
        cutting = line.cut_at([dice.random() * 0.5])
        assert line.state.carry_out(WriteFile(path=path, before=was, after=after), None, "x") == {}
        cutting.join()
        assert Path(path).read_text() == after
        before = after
    until(lambda: [each.name for each in line.root.iterdir()] == ["file"])


@dataclass(frozen=True, kw_only=True)
class SlowFile(LocalFile):
    """A local file that takes its time."""

    def pieces(self) -> Iterator[bytes]:
        """The content, in no hurry."""
        for piece in super().pieces():
            time.sleep(0.02)
            yield piece


def test_a_package_arrives_whole_whenever_it_is_cut_off(line: Line, tmp_path: Path) -> None:
    """It is sent anew, appears whole, and no part of the first one stays."""
    (tmp_path / "package").write_bytes(bytes(range(256)) * 12_000)
    measured = measure(tmp_path / "package")
    source = SlowFile(**{name: getattr(measured, name) for name in measured.__dataclass_fields__})
    dice = random.Random(3)  # noqa: S311
    for number in range(5):
        path = f"{line.root}/{number}"
        line.state.ask([Digest(path=path, size=source.size, cksum=source.cksum)], None)
        effect = Upload(
            path=path, before=FileDigest(kind="absent"), source=source, mode=0o600, owner=None, group=None
        )
        cutting = line.cut_at([dice.random() * 1.5])
        assert line.state.carry_out(effect, None, "x") == {}
        cutting.join()
        assert Path(path).read_bytes() == (tmp_path / "package").read_bytes()
    until(lambda: sorted(each.name for each in line.root.iterdir()) == ["0", "1", "2", "3", "4"])
