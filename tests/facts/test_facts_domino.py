"""The console of a Domino server, played by a small script, is spoken to and read as the real one."""

from pathlib import Path

import hostile
import pytest
from local_host import NOBODY, SHELLS, answer, run

from remediate.bourne import encode, quote
from remediate.errors import TaskFailed
from remediate.facts.base import Follow
from remediate.facts.domino import AwaitReply, DominoState, DominoTasks, console_words, words_after
from remediate.facts.domino_console import Console
from remediate.facts.domino_lines import LogLines

each_shell = pytest.mark.parametrize("shell", SHELLS)

ANSWERS = """\
       Task                 Description
  Router               Dispatch: Idle
Server directory:       {data}
Partition:              p
"""


def server(root: Path, answers: str = "", *, folder: str = "data") -> Console:
    """A server whose `-c` notes the command, its directory and environment, and logs the answers."""
    data, program = root / folder, root / f"program {folder}"
    (program / "bin").mkdir(parents=True)
    (program / "notes" / "latest" / "ibmpow").mkdir(parents=True)
    data.mkdir()
    console = Console(data=str(data), program=str(program), log=f"{data}/console.log")
    script = (
        "#!/bin/sh\n"
        f'printf \'%s\\0\' "$1" "$2" >> {quote(str(root / "sent"))}\n'
        f'echo "$Notes_ExecDirectory|$LIBPATH" > {quote(str(root / "environment"))}\n'
        f"pwd > {quote(str(root / 'directory'))}\n"
        f"printf '%s' {quote(answers.format(data=data))} >> {quote(console.log)}\n"
        "echo its own output is no answer\n"
    )
    (program / "bin" / "server").write_bytes(encode(script))
    (program / "bin" / "server").chmod(0o755)
    return console


@each_shell
def test_the_tasks_are_those_of_the_answer_in_the_log(shell: str, tmp_path: Path) -> None:
    """Both commands are sent, and the answer is read from where the log ended before them."""
    console = server(tmp_path, "")
    (Path(console.data) / "console.log").write_text("x" * 700 + "\n" + ANSWERS.format(data="/old"))
    first = DominoTasks(console=console).parse(run(DominoTasks(console=console).ask(), shell))
    assert (tmp_path / "sent").read_bytes() == b"-c\0show tasks\0-c\0show server\0"
    with (Path(console.data) / "console.log").open("a") as log:
        log.write(ANSWERS.format(data=console.data))
    found = first.fact.parse(run(first.fact.ask(), shell))
    assert isinstance(found, DominoState)
    assert found.server.directory == console.data
    assert [task.name for task in found.tasks] == ["Router"]


@each_shell
@pytest.mark.parametrize("lost", ["tasks", "both"])
def test_a_question_whose_answer_went_with_the_old_log_is_put_again(
    shell: str, lost: str, tmp_path: Path
) -> None:
    """A log that is rotated between the answers, or right after them, costs a second question, no task."""
    console = server(tmp_path)
    log, answers = Path(console.log), ANSWERS.format(data=console.data)
    log.write_text("x" * 700 + "\n")
    found = DominoTasks(console=console).parse(run(DominoTasks(console=console).ask(), shell))
    assert isinstance(found, Follow)
    log.write_text("".join(answers.splitlines(keepends=True)[2:]) if lost == "tasks" else "anew\n")
    looks = 0
    while isinstance(found, Follow) and (tmp_path / "sent").read_bytes().count(b"show tasks") == 1:
        assert looks < 50
        looks += 1
        found = found.fact.parse(run(found.fact.ask(), shell))
    assert (tmp_path / "sent").read_bytes().split(b"\0")[5::2] == [b"show tasks", b"show server"]
    with log.open("a") as grown:
        grown.write(answers)
    assert isinstance(found, Follow)
    state = found.fact.parse(run(found.fact.ask(), shell))
    assert isinstance(state, DominoState)
    assert [task.name for task in state.tasks] == ["Router"]


def test_a_question_is_put_again_once_and_only_where_an_answer_was_lost(tmp_path: Path) -> None:
    """A server that does not answer at all is not asked more and more."""
    console = server(tmp_path)
    for half, times in (("", 1), ("Server directory: /d\nPartition: p\n", 2)):
        (tmp_path / "sent").write_bytes(b"")
        found = DominoTasks(console=console).parse(run(DominoTasks(console=console).ask()))
        for _ in range(70):
            assert isinstance(found, Follow)
            output = run(found.fact.ask())
            with Path(console.log).open("a") as log:
                log.write(half + "another line\n")
            found = found.fact.parse(output)
        assert (tmp_path / "sent").read_bytes().count(b"show tasks") == times
        assert "show tasks and show server were not answered" in found.fact.overdue()


@each_shell
def test_hostile_commands_and_directories_arrive(shell: str, tmp_path: Path) -> None:
    """A console command reaches the server as one word, in the data directory, whatever their names."""
    folder = "a`b $(c) it's \\"
    console = server(tmp_path, "{data}\n", folder=folder)
    output = run(console.ask(*hostile.NAMES), shell)
    assert console.sent(output) == 0
    sent = (tmp_path / "sent").read_bytes().split(b"\0")[:-1]
    assert sent == [word for name in hostile.NAMES for word in (b"-c", encode(name))]
    assert (tmp_path / "directory").read_text() == f"{console.data}\n"
    directory = f"{console.program}/notes/latest/ibmpow"
    assert (tmp_path / "environment").read_text() == f"{directory}|{directory}\n"
    assert console.lines_read(run(console.read_from(0), shell)) == (console.data,) * len(hostile.NAMES)


@each_shell
@pytest.mark.parametrize("before", [0, 1, 511, 512, 513, 5000])
def test_the_log_is_read_from_any_offset(shell: str, before: int, tmp_path: Path) -> None:
    """Where the log ended before is where reading begins, to the byte; an unfinished line waits."""
    console = server(tmp_path)
    log = Path(console.log)
    log.write_bytes(b"o" * before)
    offset = console.sent(run(console.ask(), shell))
    assert offset == before
    log.write_bytes(b"o" * before + "néw\nlast\nunfini".encode())
    assert console.lines_read(run(console.read_from(offset), shell)) == ("néw", "last")


@each_shell
def test_a_log_that_shrank_is_read_from_its_beginning(shell: str, tmp_path: Path) -> None:
    """When the server starts its log anew, nothing of the new one is missed; a missing log has no lines."""
    console = server(tmp_path)
    assert console.lines_read(run(console.read_from(9000), shell)) == ()
    Path(console.log).write_text("anew\n")
    assert console.lines_read(run(console.read_from(9000), shell)) == ("anew",)


@each_shell
def test_a_log_that_may_not_be_read_is_an_error(shell: str, public_path: Path) -> None:
    """A log of another user fails the task with the reason, and is not taken for an empty one."""
    console = server(public_path)
    Path(console.log).write_text("x\n")
    Path(console.log).chmod(0o600)
    with pytest.raises(TaskFailed, match="cannot be read: this user may not read it"):
        console.lines_read(run(console.read_from(0), shell, through=NOBODY))
    with pytest.raises(TaskFailed, match="cannot be read"):
        answer(LogLines(console=console, contains=("x",)), shell, through=NOBODY)


@each_shell
def test_a_command_that_cannot_be_sent_is_an_error(shell: str, tmp_path: Path) -> None:
    """Without the program, or without the data directory, the task fails, with a cure."""
    console = server(tmp_path)
    for wrong in (
        Console(data=console.data, program="/none", log=console.log),
        Console(data="/none", program=console.program, log=console.log),
    ):
        with pytest.raises(TaskFailed, match=r"could not be sent: .*none") as failed:
            wrong.sent(run(wrong.ask("show tasks"), shell))
        assert "domino_data" in (failed.value.cure or "")


@each_shell
def test_lines_are_found_by_fixed_texts(shell: str, tmp_path: Path) -> None:
    """The lines that hold a text are found in any case, without their prefixes, oldest first, once each."""
    console = server(tmp_path)
    texts = ("a.c*[^]$", "back\\slash /", "It's `x`", "é")
    lines = [f"[12:34-AB] 10/09/2023 04:39:48 PM  has {text.upper()} {text}" for text in texts]
    Path(console.log).write_text("abc\nAXC\n" + "\n".join(lines) + "\nnothing\n")
    found = answer(LogLines(console=console, contains=texts), shell).lines
    assert found == tuple(f"has {text.upper()} {text}" for text in texts)
    assert answer(LogLines(console=console, contains=("HAS", "é"), limit=2), shell).lines == found[-2:]
    assert answer(LogLines(console=console, contains=("absent",)), shell).lines == ()


@each_shell
def test_a_log_that_is_not_there_yet_has_no_lines(shell: str, tmp_path: Path) -> None:
    """Before the server first writes its log, there is nothing to find, and that is no error."""
    console = Console(data=str(tmp_path), program="/", log=f"{tmp_path}/none")
    assert answer(LogLines(console=console, contains=("x",)), shell).lines == ()


@each_shell
def test_a_line_decides_when_it_is_whole(shell: str, tmp_path: Path) -> None:
    """Only a line that comes after the command, and is whole, decides; the first that matches does."""
    console = server(tmp_path)
    log = Path(console.log)
    log.write_text("update successful\n")
    reply = AwaitReply(
        console=console,
        command="tell smdreal checkac",
        offset=console.sent(run(console.ask(), shell)),
        success="successful",
        failure="failed",
    )
    for text, decided in (
        ("already expired\n", None),
        ("update succ", None),
        ("essful\n", True),
        ("failed\n", True),
    ):
        with log.open("a") as grown:
            grown.write(text)
        found = reply.parse(run(reply.ask(), shell))
        assert isinstance(found, Follow) if decided is None else found.succeeded is decided  # type: ignore[union-attr]
    log.write_text("x\nit failed\n")
    found = reply.parse(run(reply.ask(), shell))
    assert not isinstance(found, Follow)
    assert (found.succeeded, found.line) == (False, "it failed")


def test_questions_to_the_console_depend_on_that_server_alone() -> None:
    """A console command to one partition says nothing about another one."""
    console = Console(data="/a", program="/p", log="/a/log")
    assert DominoTasks(console=console).reads("domino:/a")
    assert not DominoTasks(console=console).reads("domino:/b")
    lines = LogLines(console=console, contains=("x",))
    assert [lines.reads(what) for what in ("domino:/a", "/a/log", "domino:/b", "/b")] == [
        True,
        True,
        False,
        False,
    ]


def test_the_console_is_quoted_in_brief() -> None:
    """Of much that the console said, the last lines are shown; of nothing, that."""
    assert console_words(("", " a ", "b")) == "the console said: a | b"
    assert console_words(tuple("abcdefg")) == "the console said: c | d | e | f | g"
    assert console_words(("", " ")) == "the console said nothing"


def test_of_much_that_was_said_what_is_about_the_command_is_shown() -> None:
    """Right after it, or with a name that it has, or just now: those lines, without answers, once each."""
    others = [f"Router: message {number}" for number in range(300)]
    lines = ("  Router               Idle", *others[:5], "SMDREAL: no", *others[5:], "SMDREAL: no", "the end")
    said = [*others[:4], "SMDREAL: no", others[-1], "the end"]
    assert words_after("tell smdreal checkac", lines) == "the console said: " + " | ".join(said)
    many = tuple(f"smdreal: {number}" for number in range(20))
    assert words_after("load smdreal", many).count("smdreal") == 8
    assert words_after("load x", ()) == words_after("load x", ("", " ")) == "the console said nothing"
