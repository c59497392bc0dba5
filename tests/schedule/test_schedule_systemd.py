"""Units of systemd: understood by its own tools, come at every time of a schedule, and go as they came."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from local_host import tree
from needs import require
from schedules import ADDED, schedule

from remediate.errors import UsageError
from remediate.schedule.calendar import When, from_cron, from_phrase, once
from remediate.schedule.oncalendar import calendar_lines
from remediate.schedule.systemd import SYSTEM, USER, Scope, Units, service_text, timer_text
from remediate.schedule.timers import command_of

COMMAND = (
    "/opt/a b/remediate",
    "schedule",
    "run",
    "nightly",
    "--due",
    "--state-dir",
    '/x/100% $HOME "q" \\n',
)

WHENS: dict[str, When] = {
    "daily": from_phrase("daily 06:00", "Europe/Berlin"),
    "in a gap": from_phrase("daily 02:30", "Europe/Berlin"),
    "hourly": from_phrase("hourly", "Europe/Berlin"),
    "at midnight, which Beirut leaps over": from_phrase("daily 00:00", "Asia/Beirut"),
    "half an hour": from_cron("45 1,2 * * *", "Australia/Lord_Howe"),
    "weekdays": from_phrase("weekdays 23:30", "America/New_York"),
    "weekly": from_phrase("weekly sun 02:15", "America/New_York"),
    "monthly": from_phrase("monthly 28 06:00", "Asia/Kathmandu"),
    "day or weekday": from_cron("0 6 13 * fri", "UTC"),
    "day and weekday": from_cron("0 6 */2 * mon,7", "UTC"),
    "lists and steps": from_cron("*/20 6-8,22 * 1-3,dec *", "UTC"),
    "once": once("2026-12-01T06:00", "Europe/Berlin", ADDED),
}
STARTS = {
    "in autumn": datetime(2026, 10, 24, 3, tzinfo=UTC),
    "in spring": datetime(2027, 3, 27, 3, tzinfo=UTC),
    "in America's spring": datetime(2027, 3, 13, 3, tzinfo=UTC),
    "in Lord Howe's spring": datetime(2027, 10, 2, 3, tzinfo=UTC),
    "at another time": datetime(2026, 11, 30, 3, tzinfo=UTC),
}
LONG = timedelta(days=2)


def elapses(line: str, start: datetime, end: datetime) -> set[datetime]:
    """When systemd lets a timer of this line elapse, by its own word."""
    ran = subprocess.run(
        [
            "systemd-analyze",
            "calendar",
            "--iterations=60",
            f"--base-time={start:%Y-%m-%d %H:%M:%S} UTC",
            line,
        ],
        env={**os.environ, "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?= UTC$)", ran.stdout, re.MULTILINE)
    moments = {datetime.fromisoformat(each).replace(tzinfo=UTC) for each in found}
    return {each for each in moments if start < each <= end}


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("start", STARTS)
def test_systemd_comes_at_every_time(when: str, start: str) -> None:
    """Its own calendar has each of our times, also where clocks are changed; what else it has is not due."""
    require("systemd-analyze")
    begin, end = STARTS[start], STARTS[start] + LONG
    ours, moment = set(), begin
    while (following := WHENS[when].next_after(moment)) is not None and following <= end:
        ours.add(following)
        moment = following
    lines = calendar_lines(WHENS[when], ADDED)
    theirs = set().union(*(elapses(line, begin, end) for line in lines))
    assert ours <= theirs
    if len(lines) == 1:
        assert ours == theirs


def test_what_systemd_passes_over_is_a_short_line() -> None:
    """However many minutes of a leapt hour, or of one that comes twice, there are."""
    assert calendar_lines(from_cron("* * * * *", "Europe/Berlin"), ADDED) == (
        "*-*-* *:*:00 Europe/Berlin",
        "*-*-* 01:*:00 UTC",
    )
    assert calendar_lines(from_phrase("daily 02:30", "Europe/Berlin"), ADDED) == (
        "*-*-* 02:30:00 Europe/Berlin",
        "*-*-* 01:00:00 UTC",
    )


def test_a_line_reads_as_what_was_said() -> None:
    """Where no clock change can hide a time, there is nothing but the time in its zone."""
    assert calendar_lines(from_phrase("daily 06:00", "Europe/Berlin"), ADDED) == (
        "*-*-* 06:00:00 Europe/Berlin",
    )
    assert calendar_lines(from_phrase("weekdays 06:00", "UTC"), ADDED) == (
        "Mon,Tue,Wed,Thu,Fri *-*-* 06:00:00 UTC",
    )


@pytest.mark.parametrize("system", [False, True])
def test_units_are_what_systemd_wants(tmp_path: Path, system: bool) -> None:
    """`systemd-analyze verify` has nothing to say of them."""
    require("systemd-analyze")
    program = tmp_path / "a b" / "remediate"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    each = schedule(jitter=timedelta(minutes=5), timer="systemd")
    (tmp_path / "remediate-nightly.service").write_text(
        service_text(each, (str(program), *COMMAND[1:]), system=system)
    )
    (tmp_path / "remediate-nightly.timer").write_text(timer_text(each, ADDED))
    ran = subprocess.run(
        ["systemd-analyze", "verify", "./remediate-nightly.timer", "./remediate-nightly.service"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_what_units_say() -> None:
    """The zone, the catching up, the delay, the end; and a host that is down is no failure of the unit."""
    each = schedule(jitter=timedelta(minutes=5), deadline=timedelta(minutes=30))
    timer, service = timer_text(each, ADDED), service_text(each, COMMAND, system=False)
    assert "OnCalendar=*-*-* 06:00:00 Europe/Berlin\nPersistent=true\nRandomizedDelaySec=300\n" in timer
    assert "Type=oneshot\n" in service
    assert "TimeoutStartSec=1860\n" in service
    assert "SuccessExitStatus=2 4\n" in service
    assert '"/x/100%% $$HOME \\"q\\" \\\\n"' in service
    assert "User=" not in service


STUB = """\
#!/bin/sh
echo "$*" >> {log}
case "$*" in *"{bad}"*) [ -z "{bad}" ] || { echo "no bus" >&2; exit 1; } ;; esac
"""


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """A `systemctl` that only writes down what it is told, for systemd does not run here; fails at a word."""

    def make(bad: str = "") -> Path:
        log = tmp_path / "told"
        stub = tmp_path / "bin" / "systemctl"
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(STUB.replace("{log}", shlex.quote(str(log))).replace("{bad}", bad))
        stub.chmod(0o755)
        return log

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return make


def test_units_come_and_go(tmp_path: Path, systemctl: Callable[..., Path]) -> None:
    """Written, then enabled; stopped, then removed; the service that may be at work is left alone."""
    log = systemctl()
    units, each = Units(scope=USER), schedule(timer="systemd")
    units.write(each, COMMAND)
    folder = tmp_path / "config" / "systemd" / "user"
    assert sorted(path.name for path in folder.iterdir()) == [
        "remediate-nightly.service",
        "remediate-nightly.timer",
    ]
    assert units.shown(each).count("[Unit]") == 2
    units.remove(each)
    assert list(folder.iterdir()) == []
    assert units.shown(each) == ""
    units.remove(each)
    assert log.read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable remediate-nightly.timer",
        "--user restart remediate-nightly.timer",
        "--user disable --now remediate-nightly.timer",
        "--user clean --what=state remediate-nightly.timer",
        "--user daemon-reload",
    ]


@pytest.mark.parametrize("bad", ["daemon-reload", "enable", "restart"])
@pytest.mark.parametrize("others", [False, True])
def test_a_failed_add_leaves_nothing(
    tmp_path: Path, systemctl: Callable[..., Path], bad: str, others: bool
) -> None:
    """Neither a unit nor a directory; and units of others that are there stay."""
    systemctl(bad)
    if others:
        (tmp_path / "config" / "systemd" / "user").mkdir(parents=True)
        (tmp_path / "config" / "systemd" / "user" / "other.service").write_text("[Unit]\n")
    before = tree(tmp_path / "config") if others else None
    with pytest.raises(UsageError, match=f"systemctl --user {bad}.*: no bus .*--with cron"):
        Units(scope=USER).write(schedule(timer="systemd"), COMMAND)
    assert (tree(tmp_path / "config") if others else None) == before
    assert (tmp_path / "config").exists() == others


def test_a_failed_replacement_leaves_the_old_one(tmp_path: Path, systemctl: Callable[..., Path]) -> None:
    """Byte for byte."""
    systemctl()
    units = Units(scope=USER)
    units.write(schedule(), COMMAND)
    before = tree(tmp_path / "config")
    systemctl("restart")
    with pytest.raises(UsageError):
        units.write(schedule(when=from_phrase("hourly", "UTC")), COMMAND)
    assert tree(tmp_path / "config") == before


def test_units_of_others_are_not_written_over(tmp_path: Path, systemctl: Callable[..., Path]) -> None:
    """Another state directory may have a schedule of the same name."""
    systemctl()
    units = Units(scope=USER)
    units.write(schedule(), command_of("nightly", Path("/one")))
    before = tree(tmp_path / "config")
    with pytest.raises(UsageError, match=r"remediate-nightly\.service: is there already, of another"):
        units.write(schedule(), command_of("nightly", Path("/two")))
    assert tree(tmp_path / "config") == before


def test_units_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait for the network, run as whoever added them, and need nobody to be logged in."""
    text = service_text(schedule(), COMMAND, system=True)
    assert "After=network-online.target\n" in text
    assert "\nUser=" in text
    assert Units(scope=SYSTEM).warnings() == ()
    assert Scope(words=(), system=True).directory == Path("/etc/systemd/system")
    monkeypatch.setattr("getpass.getuser", lambda: "nobody-lingers")
    assert "loginctl enable-linger" in Units(scope=USER).warnings()[0]
