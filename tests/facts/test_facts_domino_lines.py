"""Lines of a console log in every encoding, and since a date."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_host import SHELLS, run

from remediate.errors import TaskFailed
from remediate.facts.base import Follow, Output
from remediate.facts.domino_console import Console
from remediate.facts.domino_lines import FoundLines, LogLines, Since
from remediate.facts.log_encoding import decode_log, encoding_name, is_ascii_based

each_shell = pytest.mark.parametrize("shell", SHELLS)

US = "%m/%d/%Y %I:%M:%S %p"
LOG = """\
SMDupd: Unable, of an unknown day
02/10/2014 11:59:58 PM  SMDupd: Unable, early
    SMDupd: Unable, early and long
[12:34-AB] 02/14/2014 12:00:00 AM  SMDupd: Unable, on the day

       Task                 Description
  SMDupd: Unable, undated
02/15/2014 01:00:00 PM  Router: idle
"""


def lines_of(console: Console, *contains: str, since: Since | None = None) -> LogLines:
    """The question."""
    return LogLines(console=console, contains=contains, since=since)


def at(root: Path, encoding: str = "utf-8") -> Console:
    """A console whose log is in `root`."""
    return Console(data=str(root), program="/", log=f"{root}/it's a log", encoding=encoding)


def found(fact: LogLines, shell: str = "dash") -> tuple[tuple[str, ...], int]:
    """The lines, and how often the host was asked."""
    answer = fact.parse(run(fact.ask(), shell))
    if isinstance(answer, Follow):
        lines, times = found(answer.fact, shell)  # type: ignore[arg-type]
        return lines, times + 1
    assert answer.offset == (Path(fact.console.log).stat().st_size if Path(fact.console.log).exists() else 0)
    return answer.lines, 1


def after(fact: LogLines, shell: str = "dash") -> FoundLines:
    """What is found by one question."""
    answer = fact.parse(run(fact.ask(), shell))
    assert isinstance(answer, FoundLines)
    return answer


def since(year: int, month: int, day: int, date_format: str = US) -> Since:
    """The beginning of a day."""
    return Since(moment=datetime(year, month, day), date_format=date_format)


@each_shell
@pytest.mark.parametrize("end", [b"\x15", b"\x25", b"\x0d\x25"])
def test_ebcdic_is_searched_here(shell: str, end: bytes, tmp_path: Path) -> None:
    """The host's tools find nothing in it, so its end is read; both of its ends of a line are known."""
    console = at(tmp_path, "cp037")
    texts = [f"{number} smdUPD: {'x' * 90} é {number}" for number in range(20000)]
    Path(console.log).write_bytes(b"".join(text.encode("cp037") + end for text in texts))
    assert Path(console.log).stat().st_size > 1 << 20
    lines, times = found(lines_of(console, "SMDupd"), shell)
    assert (list(lines), times) == (texts[-50:], 1)
    assert found(replace(lines_of(console, "É 77", "é 12345"), limit=1), shell)[0] == (texts[12345],)
    assert found(lines_of(console, "0 smdupd: xxx"), shell)[0][-1] == texts[19990]


@each_shell
def test_a_log_that_is_not_there_has_no_lines_in_any_encoding(shell: str, tmp_path: Path) -> None:
    """Nor since any date: before the server first writes, there is nothing to find."""
    for encoding in ("utf-8", "cp037"):
        for when in (None, since(2014, 2, 14)):
            assert found(lines_of(at(tmp_path, encoding), "x", since=when), shell) == ((), 1)


@pytest.mark.parametrize(("encoding", "ends"), [("latin-1", 3), ("cp1252", 3), ("utf-16-le", 1 << 11)])
def test_other_encodings_are_searched_too(encoding: str, ends: int, tmp_path: Path) -> None:
    """Whether the host or the controller looks, letters beyond ASCII are found, and lines come as text."""
    console = at(tmp_path, encoding_name(encoding))
    Path(console.log).write_bytes(("nothing\nOne é line\n" * ends).encode(encoding))
    assert found(lines_of(console, "one é"))[0][-1] == "One é line"
    assert len(found(lines_of(console, "NOTHING"))[0]) == min(ends, 50)


@each_shell
@pytest.mark.parametrize("encoding", ["utf-8", "cp500"])
def test_lines_since_a_date(shell: str, encoding: str, tmp_path: Path) -> None:
    """A line has the date of the last one that has one; what comes before the first date is of no day."""
    console = at(tmp_path, encoding)
    Path(console.log).write_bytes(LOG.encode(encoding))
    for when, texts in (
        (since(2014, 2, 14), ["on the day", "undated"]),
        (since(2014, 2, 15), []),
        (since(2014, 2, 1), ["early", "early and long", "on the day", "undated"]),
    ):
        lines, _ = found(lines_of(console, "unable", since=when), shell)
        assert [line.strip() for line in lines] == [f"SMDupd: Unable, {text}" for text in texts]


ENCODINGS = ["utf-8", "latin-1", "cp1252", "cp037", "cp500", "utf-16-le"]


@each_shell
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_lines_since_an_earlier_question(shell: str, encoding: str, tmp_path: Path) -> None:
    """Only what was written after it is found, in logs of any length and encoding; a whole line, once."""
    console = at(tmp_path, encoding_name(encoding))
    log = Path(console.log)
    question = lines_of(console, "smdreal")
    offset = after(question, shell).offset
    assert offset == 0
    for text, found in (
        ("SMDreal: é 1\n", ("SMDreal: é 1",)),
        ("Router: é\n" * 3000, ()),
        ("SMDreal: 2\nRouter: é\nSMDreal: 3\n", ("SMDreal: 2", "SMDreal: 3")),
        ("", ()),
        ("Router\nSMDreal: fo", ("SMDreal: fo",)),
        ("ur é\n", ("SMDreal: four é",)),
    ):
        with log.open("ab") as grown:
            grown.write(text.encode(encoding))
        # A question to the whole log tells where it ends as well as one to its newest lines.
        whole = after(question, shell)
        new = after(replace(question, since_offset=offset), shell)
        assert (new.lines, new.anew, new.offset) == (found, False, whole.offset)
        offset = new.offset
        assert offset == log.stat().st_size


@each_shell
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_log_that_was_started_anew_is_searched_from_its_beginning(
    shell: str, encoding: str, tmp_path: Path
) -> None:
    """It is shorter than it was, or not there at all, and that is said."""
    console = at(tmp_path, encoding_name(encoding))
    Path(console.log).write_bytes("SMDreal: new\nRouter\n".encode(encoding))
    question = replace(lines_of(console, "smdreal"), since_offset=9000)
    assert after(question, shell) == FoundLines(lines=("SMDreal: new",), anew=True)
    Path(console.log).unlink()
    assert after(question, shell) == FoundLines(lines=(), anew=True)


@given(lines=st.lists(st.text(st.sampled_from("aé "), max_size=9), max_size=30), cut=st.integers(0, 400))
def test_no_line_is_lost_or_doubled_wherever_an_earlier_question_ended(lines: list[str], cut: int) -> None:
    """Of the lines that end after the offset each is found once, whole, and no other."""
    data = "".join(f"{line}\n" for line in lines).encode()
    cut = min(cut, len(data))
    fact = replace(lines_of(at(Path("/")), "a"), since_offset=cut)
    found = fact.parse(Output(status=0, stdout=f"{len(data)} 0\n".encode() + data))
    ended = data[:cut].count(b"\n")
    assert isinstance(found, FoundLines)
    assert found.lines == tuple(line.rstrip() for line in lines[ended:] if "a" in line)


def test_where_a_log_ends_makes_no_other_answer(tmp_path: Path) -> None:
    """A log grows all the time: what counts is what was found."""
    assert FoundLines(lines=("x",), offset=1) == FoundLines(lines=("x",), offset=2)
    question = lines_of(at(tmp_path), "x")
    answer = FoundLines(lines=("x", "y"), offset=1)
    assert question.lasting(answer) == ("y",)
    assert replace(question, since_offset=1).lasting(answer) is None


def test_a_log_without_dates_cannot_be_searched_since_one(tmp_path: Path) -> None:
    """It fails, with the form that was looked for and a line of the log; an empty log has no lines."""
    console = at(tmp_path)
    Path(console.log).write_text("SMDupd: Unable\n14.02.2014 10:00:00 last\n")
    with pytest.raises(
        TaskFailed, match=r"has a date like '%m/%d/%Y .*: 14\.02\.2014 10:00:00 last"
    ) as failed:
        found(lines_of(console, "x", since=since(2014, 2, 14)))
    assert "'date_format'" in (failed.value.cure or "")
    Path(console.log).write_text("\n")
    assert found(lines_of(console, "x", since=since(2014, 2, 14))) == ((), 1)


def test_as_much_is_read_as_the_date_needs(tmp_path: Path) -> None:
    """The end of the log first, then more of it, until a line is older than the date."""
    console = at(tmp_path)
    days = [f"02/{day:02d}/2014 01:00:00 PM  Unable {day}\n" + "x" * 300_000 + "\n" for day in range(1, 15)]
    Path(console.log).write_text("".join(days))
    for day, times in ((13, 1), (12, 2), (3, 2), (2, 3)):
        lines, asked = found(lines_of(console, "unable", since=since(2014, 2, day)))
        assert (lines, asked) == (tuple(f"Unable {each}" for each in range(day, 15)), times)


def test_a_date_that_is_too_far_back_fails(tmp_path: Path) -> None:
    """Rather than to say that there is nothing, where not all was looked at."""
    console = at(tmp_path)
    line = "02/14/2014 01:00:00 PM  " + "x" * 100_000 + "\n"
    Path(console.log).write_text(line * 170)
    with pytest.raises(TaskFailed, match=r"the last 16 MiB .* do not reach back to 2014-02-14 00:00:00"):
        found(lines_of(console, "unable", since=since(2014, 2, 14)))


@given(
    data=st.binary(), encoding=st.sampled_from(["utf-8", "latin-1", "cp037", "cp1140", "utf-16-le", "cp932"])
)
def test_any_bytes_are_text_in_any_encoding(data: bytes, encoding: str) -> None:
    """A log may hold what is not of its encoding; in those of ASCII's kind, every byte comes out again."""
    text = decode_log(data, encoding)
    if encoding == "utf-8":
        assert text.encode("utf-8", "surrogateescape") == data


@given(text=st.text(st.characters(codec="cp037", exclude_characters="\x85\n")))
def test_a_line_of_ebcdic_comes_out_as_it_was(text: str) -> None:
    """Whichever end the line has."""
    for end in (b"\x15", b"\x25"):
        assert decode_log(text.encode("cp037") + end, "cp037") == text + "\n"


@pytest.mark.parametrize(
    ("name", "based"), [("UTF8", True), ("latin-1", True), ("cp037", False), ("utf-16-le", False)]
)
def test_what_is_based_on_ascii(name: str, based: bool) -> None:
    """There, a host's own tools find ASCII text."""
    assert is_ascii_based(encoding_name(name)) is based


@pytest.mark.parametrize("name", ["ebcdic", "rot13", "idna", "", "a\0b"])
def test_what_is_no_encoding_is_refused(name: str) -> None:
    """Also what Python has under `codecs`, and is none."""
    with pytest.raises(ValueError, match="is not an encoding that Python knows"):
        encoding_name(name)
