"""`remediate report`: which run, to which files, and what it refuses."""

import errno
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from fleet_examples import keep_recheck, three_nights

from remediate.cli import outputs
from remediate.store.database import FILE

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def state(folder: Path) -> Path:
    """A history of three re-checks."""
    three_nights(folder / "kept")
    return folder / "kept"


def test_several_files_are_written_at_once(state: Path, remediate: Command) -> None:
    """Each in its form, and one line says what is in them."""
    files = {
        "html": "<!DOCTYPE",
        "markdown": "# ",
        "json": "{",
        "csv": "run,",
        "junit": "<?xml",
        "prometheus": "#",
    }
    words = [word for name in files for word in (f"--{name}", f"out.{name}")]
    code, out, err = remediate("report", "--last", *words, "--state-dir", "kept")
    assert (code, err) == (0, "")
    assert out == ("Re-check nightly: 4 hosts: 1 critical, 2 warning, 1 unreachable; 4 new, 1 fixed\n")
    for name, begin in files.items():
        assert Path(f"out.{name}").read_text().lstrip().startswith(begin)


def test_one_may_go_to_stdout(state: Path, remediate: Command) -> None:
    """And nothing else then; without any, Markdown goes there."""
    out = remediate("report", "1", "--json", "-", "--state-dir", "kept")[1]
    assert json.loads(out)["run"] == 1
    assert remediate("report", "1", "--state-dir", "kept")[1].startswith("# Re-check nightly\n")


def test_a_time_counts_back_from_now(state: Path, remediate: Command) -> None:
    """As far back as anybody wants."""
    out = remediate("report", "--since", "520000w", "--json", "-", "--state-dir", "kept")[1]
    assert json.loads(out)["kind"] == "period"
    code, _, err = remediate("report", "--since", "1s", "--state-dir", "kept")
    assert (code, "nothing was run since" in err) == (1, True)
    code, _, err = remediate("report", "--since", "520000w", "--name", "nope", "--state-dir", "kept")
    assert (code, "nothing of the name 'nope' was run since" in err) == (1, True)


def test_metrics_can_be_read_by_everybody_and_come_whole(state: Path, remediate: Command) -> None:
    """The file is replaced, so that a collector never reads a half; its mode is 0644 whatever the umask."""
    before = os.umask(0o077)
    try:
        remediate("report", "1", "--prometheus", "out.prom", "--state-dir", "kept")
        first = Path("out.prom").stat()
        assert stat.S_IMODE(first.st_mode) == 0o644
        with Path("out.prom").open() as reader:
            remediate("report", "3", "--prometheus", "out.prom", "--state-dir", "kept")
            assert 'run_number{name="nightly"} 1' in reader.read()
    finally:
        os.umask(before)
    assert Path("out.prom").stat().st_ino != first.st_ino
    assert [each.name for each in Path().iterdir() if each.name.endswith(".tmp")] == []


def test_a_full_disk_leaves_what_was_there(
    state: Path, remediate: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file before stays as it was, nothing lies beside it, and the message names the option."""
    Path("page.html").write_text("before")

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(outputs.os, "fsync", full)
    code, _, err = remediate("report", "1", "--html", "page.html", "--state-dir", "kept")
    assert (code, "--html page.html: No space left on device" in err) == (1, True)
    assert Path("page.html").read_text() == "before"
    assert [each.name for each in Path().iterdir() if each.name.endswith(".tmp")] == []


def test_a_link_stays_one_and_a_file_keeps_its_mode(state: Path, remediate: Command) -> None:
    """What is replaced is the file that a link leads to."""
    Path("www").mkdir()
    Path("www/page.html").touch(mode=0o640)
    Path("page.html").symlink_to("www/page.html")
    assert remediate("report", "--last", "--html", "page.html", "--state-dir", "kept")[0] == 0
    assert Path("page.html").is_symlink()
    assert stat.S_IMODE(Path("www/page.html").stat().st_mode) == 0o640
    assert "nightly" in Path("www/page.html").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "which run? (give its number, --last, or --since with a time such as 30d)"),
        (("1", "--last"), "which run?"),
        (("--last", "--since", "1d"), "which run?"),
        (("1", "--name", "nightly"), "a run has its number or its --name, not both"),
        (("99",), "there is no run 99"),
        (("--last", "--name", "x"), "there is no run of the name 'x' ('remediate history' lists them)"),
        (("--since", "soon"), "--since: 'soon' is no time"),
        (("1", "--html", "missing/x.html"), "--html missing/x.html: cannot be written"),
        (("1", "--html", f"kept/{FILE}"), "would be written over"),
        (("1", "--html", f"kept/{FILE}-wal"), "would be written over"),
        (("1", "--html", "one", "--csv", "one"), "--csv one: would be written over"),
        (("1", "--html", "-", "--csv", "-"), "--csv -: would be written over"),
        (("1", "--state-dir", "nowhere"), "there is no history in nowhere"),
    ],
)
def test_what_cannot_be_is_refused(
    state: Path, remediate: Command, words: tuple[str, ...], said: str
) -> None:
    """With what is wrong and what to do; nothing is written."""
    before = (state / FILE).stat().st_size
    at = () if "--state-dir" in words else ("--state-dir", "kept")
    code, out, err = remediate("report", *words, *at)
    assert (code, out) == (1, "")
    assert said in err
    assert not Path("one").exists()
    assert (state / FILE).stat().st_size == before


def test_several_names_want_a_choice(state: Path, remediate: Command) -> None:
    """A report over some time is of one name."""
    keep_recheck(state, "2026-03-03T07:00:00+00:00", [], name="weekly")
    code, _, err = remediate("report", "--since", "1000w", "--state-dir", "kept")
    assert (code, "nightly, weekly (choose one: --name)" in err) == (1, True)
    assert remediate("report", "--since", "1000w", "--name", "nightly", "--state-dir", "kept")[0] == 0
