"""One run of a schedule: at its time, never beside itself, not past its deadline, and its outcome is kept."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from schedules import schedule
from sshd import is_gone

from remediate.errors import UsageError
from remediate.schedule.calendar import Once, from_cron, from_phrase
from remediate.schedule.kept import Schedules
from remediate.schedule.running import TIMED_OUT, Ran, run_schedule
from remediate.schedule.schedule import CUT_OFF, UNDER_WAY, Last, Schedule

HOUR = timedelta(hours=1)


class Bench:
    """A state directory, and a program in place of `remediate` that does what a test wants."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.schedules = Schedules(folder / "state")
        self.removed: list[str] = []
        self._script = folder / "program"

    def does(self, text: str) -> tuple[str, ...]:
        """The program, whose arguments are appended to `calls`."""
        self._script.write_text(f'#!/bin/sh\necho "$*" >> {self.folder}/calls\n{text}\n')
        self._script.chmod(0o755)
        return (str(self._script),)

    def keep(self, **values: object) -> Schedule:
        """One that was added two hours ago and is due every minute, unless told otherwise."""
        usual = {"when": from_cron("* * * * *", "UTC"), "added": datetime.now(UTC) - 2 * HOUR}
        made = schedule(**{**usual, "directory": str(self.folder), **values})
        self.schedules.keep(made)
        return made

    def run(self, program: Sequence[str], *, only_due: bool = True) -> Ran:
        def remove(each: Schedule) -> None:
            self.removed.append(each.name)
            self.schedules.drop(each.name)

        return run_schedule(self.schedules, "nightly", program, only_due=only_due, remove=remove)

    @property
    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def last(self) -> Last | None:
        return self.schedules.get("nightly").last


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Nothing is kept there yet."""
    return Bench(tmp_path)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come")


def test_what_is_due_is_done_once(bench: Bench) -> None:
    """The words of the re-check are the program's; a second call before the next time is none."""
    bench.keep(when=from_phrase("monthly 1 06:00", "UTC"), added=datetime.now(UTC) - timedelta(days=40))
    assert bench.run(bench.does("pwd; echo found; exit 0")) == Ran(code=0)
    assert bench.run(bench.does("exit 0")) == Ran(code=0)
    assert bench.calls == ["recheck /srv/recheck.yaml --inventory /srv/hosts.yaml --name nightly"]
    assert bench.last is not None
    assert (bench.last.outcome, bench.last.code) == ("ok", 0)
    assert bench.schedules.log("nightly").read_text() == f"{bench.folder}\nfound\n"


@pytest.mark.parametrize(
    ("code", "outcome", "told"),
    [
        (2, "drifted or failed", False),
        (4, "unreachable", False),
        (1, "bad input", True),
        (9, "exit code 9", True),
    ],
)
def test_only_what_kept_it_from_looking_is_told(bench: Bench, code: int, outcome: str, told: bool) -> None:
    """What was found is told by notifications; cron sends mail for what is printed."""
    bench.keep()
    ran = bench.run(bench.does(f"echo secret-free >&2; exit {code}"))
    assert ran.code == code
    log = bench.schedules.log("nightly")
    assert ran.said == ((f"nightly: {outcome}", f"what it said is in {log}") if told else ())
    assert bench.last is not None
    assert (bench.last.outcome, bench.last.code) == (outcome, code)
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_person_is_told_everything(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    """Also when it is not its time."""
    bench.keep(when=from_phrase("daily 06:00", "UTC"), added=datetime.now(UTC))
    assert bench.run(bench.does("echo found; exit 2"), only_due=False) == Ran(
        code=2, said=("nightly: drifted or failed",)
    )
    assert capfd.readouterr().out == "found\n"


def test_nobody_has_an_agent(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A timer has none; so a person who tries a schedule sees whether it goes without."""
    monkeypatch.setenv("SSH_AUTH_SOCK", "/tmp/agent")
    bench.keep()
    assert bench.run(bench.does("exit ${SSH_AUTH_SOCK:+9}"), only_due=False).code == 0


def test_what_was_missed_is_made_up_for_once(bench: Bench) -> None:
    """A machine that was off for years looks once, not a hundred times."""
    long_ago = datetime.now(UTC) - timedelta(days=3000)
    when = from_phrase("monthly 1 06:00", "UTC")
    bench.keep(when=when, added=long_ago, last=Last(began=long_ago, outcome="ok"))
    for _ in range(3):
        bench.run(bench.does("exit 0"))
    assert len(bench.calls) == 1


def test_what_runs_past_its_deadline_is_ended(bench: Bench) -> None:
    """With all that it has started; and that is its outcome."""
    bench.keep(deadline=timedelta(seconds=6))
    ran = bench.run(bench.does(f"sleep 300 & echo $! > {bench.folder}/child; wait"))
    assert ran.code == TIMED_OUT
    assert ran.said[0] == "nightly: ended at its deadline of 6s"
    assert bench.last is not None
    assert (bench.last.outcome, bench.last.code) == ("ended at its deadline of 6s", None)
    child = int((bench.folder / "child").read_text())
    assert is_gone(child)


def test_the_last_time_removes_it(bench: Bench) -> None:
    """Once only is once; but one that could not look stays to be seen."""
    over = Once(moment=datetime.now(UTC) - timedelta(minutes=5))
    bench.keep(when=over)
    ran = bench.run(bench.does("exit 1"))
    assert (ran.code, bench.removed) == (1, [])
    assert bench.run(bench.does("exit 0")) == Ran(code=0)
    assert len(bench.calls) == 1
    bench.keep(when=over)
    ran = bench.run(bench.does("exit 2"))
    assert ran == Ran(code=2)
    assert bench.removed == ["nightly"]
    assert not (bench.folder / "state" / "schedules").exists()


def test_the_end_of_what_repeats_is_told(bench: Bench) -> None:
    """As it is of once only to the person who asked for it; a timer's mail would be of no use."""
    missed = datetime.now(UTC) - HOUR  # and then not before next year
    yearly = from_cron(f"{missed:%M %H %d %m} *", "UTC")
    said = ("nightly: that was the last time of it; removed",)
    bench.keep(when=yearly, until=missed + 2 * HOUR)
    assert bench.run(bench.does("exit 0")) == Ran(code=0, said=said)
    bench.keep(when=Once(moment=datetime.now(UTC) - timedelta(minutes=5)))
    assert bench.run(bench.does("exit 0"), only_due=False) == Ran(code=0, said=("nightly: ok", *said))


def test_once_that_was_cut_off_is_made_up_for(bench: Bench) -> None:
    """Once: not while it is under way, and not after its end; what repeats comes again anyway."""
    cut_off = Last(began=datetime.now(UTC) - timedelta(minutes=1), outcome=UNDER_WAY)
    made = bench.keep(when=Once(moment=datetime.now(UTC) - timedelta(minutes=5)), last=cut_off)
    with bench.schedules.lock("nightly"):
        assert outcome_shown(bench, made) == "under way"
        assert bench.run(bench.does("exit 1")) == Ran(code=0)
    assert outcome_shown(bench, made) == CUT_OFF
    assert bench.calls == []
    bench.run(bench.does("exit 1"))
    bench.run(bench.does("exit 1"))
    assert len(bench.calls) == 1
    bench.keep(when=from_phrase("monthly 1 06:00", "UTC"), last=cut_off)
    bench.run(bench.does("exit 1"))
    assert len(bench.calls) == 1


def outcome_shown(bench: Bench, made: Schedule) -> str:
    """What a list says of its last run."""
    last = bench.schedules.seen(made).last
    assert last is not None
    return last.outcome


def test_after_its_end_nothing_is_done(bench: Bench) -> None:
    """It removes itself, and says so; also if a person asks."""
    for only_due in (True, False):
        bench.keep(until=datetime.now(UTC) - timedelta(minutes=1))
        ran = bench.run(bench.does("exit 0"), only_due=only_due)
        assert ran.code == 0
        assert ran.said[0].startswith("nightly: its time was over on ")
        assert ran.said[0].endswith("; removed")
    assert bench.calls == []


RUN = """
import signal
import sys
from pathlib import Path
from remediate.schedule.kept import Schedules
from remediate.schedule.running import run_schedule
signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background, it is ignored
kept = Schedules(Path(sys.argv[1]))
remove = lambda each: kept.drop(each.name)
ran = run_schedule(kept, "nightly", [sys.argv[2]], only_due=True, remove=remove)
sys.exit(ran.code)
"""


@pytest.fixture
def in_background(bench: Bench) -> Callable[[str], subprocess.Popen[bytes]]:
    """A run in a process of its own."""

    def start(text: str) -> subprocess.Popen[bytes]:
        (program,) = bench.does(f"cd {bench.folder}; echo $$ > number; mv number pid; {text}")
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(RUN), str(bench.schedules.state), program]
        )

    return start


def test_it_never_runs_beside_itself(
    bench: Bench, in_background: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """A timer's call does nothing while one is under way, and a person's is refused."""
    bench.keep()
    with in_background(f"while ! test -f {bench.folder}/go; do sleep 0.1; done") as process:
        until(lambda: bool(bench.calls))
        assert bench.last is not None
        assert bench.last.outcome == UNDER_WAY
        bench.schedules.keep(replace(bench.schedules.get("nightly"), last=None))  # due again
        assert bench.run(["/bin/false"]) == Ran(code=0)
        with pytest.raises(UsageError, match="nightly is under way"):
            bench.run(["/bin/false"], only_due=False)
        (bench.folder / "go").touch()
    assert process.returncode == 0
    assert len(bench.calls) == 1
    assert bench.last is not None
    assert bench.last.outcome == "ok"


def test_a_run_whose_parent_was_killed_is_still_one(
    bench: Bench, in_background: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """The re-check itself holds the lock, too."""
    bench.keep()
    with in_background("exec sleep 300") as process:
        until((bench.folder / "pid").exists)
        process.kill()
    with pytest.raises(UsageError, match="nightly is under way"):
        bench.run(["/bin/false"], only_due=False)
    os.kill(int((bench.folder / "pid").read_text()), signal.SIGKILL)
    bench.schedules.keep(replace(bench.schedules.get("nightly"), last=None))  # due again
    until(lambda: bench.run(bench.does("exit 0")) is not None and len(bench.calls) == 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_ends_it_ends_the_re_check(
    bench: Bench, in_background: Callable[[str], subprocess.Popen[bytes]], number: signal.Signals
) -> None:
    """As at the end of a session, or by Ctrl-C."""
    bench.keep()
    with in_background("exec sleep 300") as process:
        until((bench.folder / "pid").exists)
        process.send_signal(number)
    assert process.returncode == 130
    assert is_gone(int((bench.folder / "pid").read_text()))
    assert bench.last is not None
    assert bench.last.outcome == "interrupted"


def test_who_removes_it_meanwhile_has_removed_it(
    bench: Bench, in_background: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """The run goes on to its end, and leaves nothing."""
    bench.keep()
    with in_background(f"while ! test -f {bench.folder}/go; do sleep 0.1; done") as process:
        until(lambda: bool(bench.calls))
        bench.schedules.drop("nightly")
        (bench.folder / "go").touch()
    assert process.returncode == 0
    assert not (bench.folder / "state" / "schedules").exists()


def test_one_that_is_replaced_meanwhile_stays_new(
    bench: Bench, in_background: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    """The end of the old run, though it was its last, does neither remove it nor bring the old times back."""
    bench.keep(when=Once(moment=datetime.now(UTC) - timedelta(minutes=5)))
    with in_background(f"while ! test -f {bench.folder}/go; do sleep 0.1; done"):
        until(lambda: bool(bench.calls))
        new = bench.keep(when=from_phrase("daily 06:00", "UTC"), added=datetime.now(UTC))
        (bench.folder / "go").touch()
    assert bench.schedules.get("nightly") == new


def test_a_directory_that_is_gone_is_told(bench: Bench) -> None:
    """As a mistake, with its name."""
    bench.keep(directory=str(bench.folder / "gone"))
    with pytest.raises(UsageError, match=r"nightly: cannot begin: No such file or directory: .*gone"):
        bench.run(bench.does("exit 0"))
    assert bench.last is not None
    assert bench.last.outcome.startswith("cannot begin: No such file or directory: ")


@pytest.mark.parametrize(("timer", "times"), [("cron", 1), ("systemd", 0)])
def test_jitter_is_waited_for_where_the_timer_does_not(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, timer: str, times: int
) -> None:
    """Within its bounds; and a person who asks for a run waits for nothing."""
    drawn: list[tuple[float, float]] = []

    def draw(least: float, most: float) -> float:
        drawn.append((least, most))
        return 0

    monkeypatch.setattr("remediate.schedule.running.random.uniform", draw)
    bench.keep(jitter=HOUR, timer=timer)
    bench.run(bench.does("exit 0"), only_due=False)
    assert drawn == []
    bench.keep(jitter=HOUR, timer=timer)
    bench.run(bench.does("exit 0"))
    assert drawn == [(0, HOUR.total_seconds())] * times
    assert len(bench.calls) == 2


@pytest.mark.parametrize("replaced", [False, True])
def test_what_is_taken_away_while_it_waits_is_not_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    """Who removes or replaces it before it has begun has done so; nothing is said of it."""
    new: list[Schedule] = []

    def sleep(_seconds: float) -> None:
        bench.schedules.drop("nightly")
        if replaced:
            new.append(bench.keep(added=datetime.now(UTC), jitter=HOUR))

    monkeypatch.setattr("remediate.schedule.running.time.sleep", sleep)
    bench.keep(jitter=HOUR)
    assert bench.run(bench.does("exit 0")) == Ran(code=0)
    assert bench.calls == []
    assert bench.schedules.all() == (tuple(new), ())
    assert (bench.folder / "state" / "schedules").exists() == replaced


@pytest.mark.parametrize(
    "when", [from_phrase("daily 06:00", "Europe/Berlin"), Once(moment=datetime(2026, 12, 1, 5, tzinfo=UTC))]
)
def test_a_schedule_is_found_as_it_was_kept(bench: Bench, when: object) -> None:
    """Whatever it holds; readable by its owner only."""
    made = bench.keep(
        when=when,
        until=datetime(2027, 1, 1, tzinfo=UTC),
        jitter=timedelta(minutes=5),
        last=Last(began=datetime(2026, 11, 1, tzinfo=UTC), outcome="ok", code=0),
    )
    assert bench.schedules.all() == ((made,), ())
    path = bench.folder / "state" / "schedules" / "nightly.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "\0", '{"name": 1, "when": 5, "last": null, "until": null}']
)
def test_a_damaged_file_is_told(bench: Bench, text: str) -> None:
    """With its path and the cure."""
    bench.keep()
    path = bench.folder / "state" / "schedules" / "nightly.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"nightly\.json: is damaged: .*take the file away"):
        bench.schedules.get("nightly")


@pytest.mark.parametrize("name", ["", "a/b", "..", ".x", "a b", "ä", "x" * 65, "-x", "a\n"])
def test_a_name_that_is_none(bench: Bench, name: str) -> None:
    """It becomes a file, a unit and a word of a shell."""
    with pytest.raises(UsageError, match="cannot name a schedule"):
        bench.schedules.find(name)
