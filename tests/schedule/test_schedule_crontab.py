"""Lines of a crontab: by the real crontab command, every other line left as it was, to the byte."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from crontabs import own_crontab
from hypothesis import given
from hypothesis import strategies as st
from needs import require
from schedules import ADDED, schedule

from remediate.errors import UsageError
from remediate.schedule.calendar import When, from_cron, from_phrase, once
from remediate.schedule.crontab import Crontab, minutes_of, without
from remediate.schedule.timers import command_of

OTHERS = b"""\
# a comment   with  blanks
SHELL=/bin/sh
CRON_TZ=Europe/Paris

  02  14 * * *\t/apps/eod.sh   # one comment
## 02 14 * * * not mine
@reboot  /bin/true \xff\x85
0 0 * * MON  echo 100\\% done
"""


class RealCrontab:
    """The crontab of a throw-away user, which `crontab` on the PATH is made to be about."""

    def __init__(self, user: str) -> None:
        self._command = ["/usr/bin/crontab", "-u", user]

    def read(self) -> bytes | None:
        ran = subprocess.run([*self._command, "-l"], capture_output=True, check=False)
        return ran.stdout if ran.returncode == 0 else None

    def write(self, content: bytes) -> None:
        subprocess.run([*self._command, "-"], input=content, check=True)

    def lines(self) -> list[str]:
        return (self.read() or b"").decode("utf-8", "replace").splitlines()


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealCrontab]:
    """A user who is there for one test."""
    require("crontab", "useradd")
    user = f"crontest{secrets.token_hex(4)}"
    subprocess.run(["/usr/sbin/useradd", "-M", user], check=True)
    stub = tmp_path / "bin" / "crontab"
    stub.parent.mkdir()
    stub.write_text(f'#!/bin/sh\nexec /usr/bin/crontab -u {user} "$@"\n')
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    yield RealCrontab(user)
    subprocess.run(["/usr/bin/crontab", "-u", user, "-r"], check=False, capture_output=True)
    subprocess.run(["/usr/sbin/userdel", user], check=True)


@pytest.mark.root
@pytest.mark.parametrize("others", [None, OTHERS], ids=["none", "of others"])
def test_lines_come_and_go(real: RealCrontab, others: bytes | None) -> None:
    """Written behind what is there; removed, all is as it was: no crontab is left where there was none."""
    if others is not None:
        real.write(others)
    tab, each = Crontab(state=Path("/state")), schedule(when=from_phrase("daily 06:00", "UTC"))
    tab.write(each, command_of("nightly", Path("/state")))
    assert (real.read() or b"").startswith(others or b"")
    first, second = real.lines()[-2:]
    assert first == "# remediate schedule nightly in /state: daily 06:00, UTC"
    assert second.startswith("0 * * * * '")
    assert second.endswith("remediate' 'schedule' 'run' 'nightly' '--due' '--state-dir' '/state'")
    assert tab.shown(each).splitlines() == [first, second]
    tab.remove(each)
    assert real.read() == others
    assert tab.shown(each) == ""
    tab.remove(each)
    assert real.read() == others


@pytest.mark.root
def test_two_schedules_are_told_apart(real: RealCrontab) -> None:
    """By name and by state directory; what is written again takes the place of its own lines."""
    one, two = Crontab(state=Path("/one")), Crontab(state=Path("/two"))
    for tab, name in ((one, "night"), (one, "nightly"), (two, "night")):
        tab.write(schedule(name=name), command_of(name, tab.state))
    one.write(schedule(name="night", when=from_cron("7 * * * *", "UTC")), command_of("night", one.state))
    assert len(real.lines()) == 6
    one.remove(schedule(name="night"))
    assert [line.split(":")[0] for line in real.lines()[::2]] == [
        "# remediate schedule nightly in /one",
        "# remediate schedule night in /two",
    ]


@pytest.mark.root
def test_two_that_are_added_at_once_are_both_there(real: RealCrontab) -> None:
    """A crontab is read and written whole: who came second must not write over who came first."""
    names = [f"night{number}" for number in range(6)]

    def add(name: str) -> None:
        tab = Crontab(state=Path("/state"))
        tab.write(schedule(name=name), command_of(name, tab.state))

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(add, names))
    assert len(real.lines()) == 2 * len(names)


@pytest.mark.root
def test_a_command_is_taken_as_it_is(real: RealCrontab, tmp_path: Path) -> None:
    """Neither cron, for which % ends a line, nor its shell finds anything in a path."""
    hostile = tmp_path / "a 'b' 100% $HOME `id` \\n"
    hostile.mkdir()
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\nprintf '%s' \"$2\" > {tmp_path}/said\n")
    program.chmod(0o755)
    Crontab(state=hostile).write(schedule(), (str(program), "x", str(hostile)))
    command = real.lines()[-1].split(" ", 5)[5]
    subprocess.run(["/bin/sh", "-c", command.replace("\\%", "%")], check=True)  # as crontab(5) says
    assert (tmp_path / "said").read_text() == str(hostile)


@pytest.mark.root
def test_a_refused_crontab_is_told(
    real: RealCrontab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what the command said; and that there is none."""
    del real
    said = "cannot open: Permission denied"
    (tmp_path / "bin" / "crontab").write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    with pytest.raises(UsageError, match=r"crontab -l: cannot open: Permission denied .*crontab\(1\)"):
        Crontab(state=tmp_path).write(schedule(), ("x",))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"crontab: No such file.*--with systemd"):
        Crontab(state=tmp_path).write(schedule(), ("x",))


MARK = "# remediate schedule x in /s: "
CALL = "0 * * * * '/bin/remediate' 'schedule' 'run' 'x' '--due' '--state-dir' '/s'\n"
lines = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).filter(lambda text: MARK not in text)


@given(st.lists(lines, max_size=6), st.lists(lines, max_size=6))
def test_nothing_of_others_is_lost(before: list[str], after: list[str]) -> None:
    """Whatever stands around our two lines, and whatever ends a line there."""
    ours = f"{MARK}daily\n{CALL}"
    head = "".join(f"{line}\n" for line in before)
    tail = "".join(f"{line}\n" for line in after)
    assert without(head + ours + tail, "x", Path("/s")) == head + tail
    assert without(head + tail, "x", Path("/s")) == head + tail


FOREIGN = "# somebody's own\n"
OTHER_NAME = CALL.replace("'x'", "'xy'")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{MARK}daily\n{FOREIGN}{CALL}", FOREIGN),
        (f"{CALL}{FOREIGN}{MARK}daily\n", FOREIGN),
        (f"{MARK}daily\n{CALL}{CALL}", ""),
        (f"{MARK}daily\n{CALL.replace(chr(10), ' >/dev/null')}\n", ""),
        (f"# remediate schedule x in /s/../s: daily\n{CALL.replace('/s', '/s/../s')}", ""),
        (f"#{CALL}", f"#{CALL}"),
        (OTHER_NAME, OTHER_NAME),
        (CALL.replace("'/s'", "'/other'"), CALL.replace("'/s'", "'/other'")),
        ("0 * * * * echo 'not closed\n", "0 * * * * echo 'not closed\n"),
    ],
)
def test_a_call_is_known_by_itself(text: str, left: str) -> None:
    """Wherever its comment is by now, and however the state directory is spelled; no other line goes."""
    assert without(text, "x", Path("/s")) == left


def test_a_call_that_is_left_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody wrote by hand is not taken away, and does not go on calling without a word either."""
    own_crontab(tmp_path / "tab", monkeypatch)
    by_hand = f"5 * * * * remediate schedule run nightly --state-dir {tmp_path}\n"
    (tmp_path / "tab").write_text(f"{FOREIGN}{by_hand}")
    tab = Crontab(state=tmp_path)
    tab.write(schedule(), command_of("nightly", tmp_path))
    with pytest.raises(UsageError, match=r"line 2 of your crontab still calls nightly.*crontab -e"):
        tab.remove(schedule())
    assert (tmp_path / "tab").read_text() == f"{FOREIGN}{by_hand}"


@given(
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"]),
    st.sampled_from(
        [
            from_phrase("daily 06:10", "Europe/Berlin"),
            from_phrase("daily 02:30", "Australia/Lord_Howe"),
            from_phrase("hourly", "Asia/Kathmandu"),
            from_cron("5,35 * * * 1", "UTC"),
            once("2026-12-01T06:07", "Asia/Kathmandu", ADDED),
        ]
    ),
    st.datetimes(datetime(2026, 11, 23), datetime(2028, 6, 1), timezones=st.just(UTC)),
)
def test_cron_calls_at_the_minute(machine: str, when: When, moment: datetime) -> None:
    """Whatever the zones of schedule and machine: each time comes at a minute at which cron calls."""
    following = when.next_after(moment)
    if following is None:
        return
    minute = following.astimezone(ZoneInfo(machine)).minute
    called = minutes_of(when, ZoneInfo(machine), ADDED).split(",")
    leapt = following.minute % 30 == 0  # the end of a gap; then cron calls within the hour
    assert str(minute) in called or leapt


def test_a_cron_that_does_not_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines alone call nothing."""
    monkeypatch.setattr("remediate.schedule.crontab._AT_WORK", (tmp_path / "pid",))
    (warning,) = Crontab(state=tmp_path).warnings()
    assert "cron does not seem to run" in warning
    with subprocess.Popen(["/bin/true"]) as ended:
        (tmp_path / "pid").write_text(f"{ended.pid}\n")
    assert Crontab(state=tmp_path).warnings() == (warning,)  # it has left that, and runs no more
    for pid in (1, os.getpid()):
        (tmp_path / "pid").write_text(f"{pid}\n")
        assert Crontab(state=tmp_path).warnings() == ()


def test_every_minute_is_every_minute() -> None:
    """And not a list of sixty."""
    assert minutes_of(from_cron("* * * * *", "UTC"), ZoneInfo("Asia/Kolkata"), ADDED) == "*"
