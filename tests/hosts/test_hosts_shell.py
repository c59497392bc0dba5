"""Scripts on a real server: what comes back, and what happens when they misbehave."""

import os
import shutil
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from claims import until, written
from hosts_makers import MakeAccount, MakeHost, OverdueWhen
from sshd import Sshd, children, is_gone

from remediate.bourne import decode, heredoc, quote
from remediate.errors import ConnectionLost, DeadlinePassed, TaskFailed, Unreachable
from remediate.facts.base import Output
from remediate.hosts.algorithms import QuietTransport
from remediate.hosts.target import Become, ConnectionOptions, Target, target_of

LONG = 30.0


def with_shell(server: Sshd, shell: str) -> Target:
    """The server with a shell of one's choice, as an inventory says it."""
    variables = {**server.variables(), "ansible_shell_executable": shell}
    return target_of("web1", variables, ConnectionOptions())


def test_outputs_come_back_apart_and_in_order(server: Sshd, connect: MakeHost) -> None:
    """Each script's status, stdout and stderr are its own, to the byte, with no newline added."""
    host = connect(server.target())
    scripts = ["printf 'no newline'; echo e >&2; exit 3", "printf '\\000\\377\\n\\n'", "", "# nothing", "-x"]
    outputs = host.ask(scripts, deadline=LONG)
    assert outputs[:4] == [
        Output(status=3, stdout=b"no newline", stderr=b"e\n"),
        Output(status=0, stdout=b"\0\xff\n\n"),
        Output(status=0),
        Output(status=0),
    ]
    assert outputs[4].status == 127


def test_what_is_said_between_two_batches_is_of_no_script(
    server: Sshd, connect: MakeHost, tmp_path: Path
) -> None:
    """A process that was left running says on both streams what nobody asked for."""
    host = connect(server.target())
    may, has = tmp_path / "may", tmp_path / "has"
    left = f"(until test -f {may}; do sleep 0.1; done; echo out; echo err >&2; : >{has}) & echo started"
    assert host.ask([left], deadline=LONG) == [Output(status=0, stdout=b"started\n")]
    may.touch()
    until(has.exists)
    # The server sends what it has read before it answers on another channel.
    assert host.aside(["echo on"], become=None, deadline=LONG)[0].stdout == b"on\n"
    assert host.ask(["echo asked"], deadline=LONG) == [Output(status=0, stdout=b"asked\n")]


def test_scripts_do_not_touch_each_other(server: Sshd, connect: MakeHost) -> None:
    """Directory, variables, exit, unread input and syntax errors of one script do not reach the next."""
    host = connect(server.target())
    scripts = [
        "cd /; X=1; export X; exit 9",
        "pwd; echo ${X-unset}",
        "cat",
        "if; then",
        "echo 'open",
        "echo fine",
    ]
    outputs = host.ask(scripts, deadline=LONG)
    assert outputs[1].stdout.endswith(b"\nunset\n")
    assert outputs[1].stdout != b"/\nunset\n"
    assert outputs[2] == Output(status=0)
    assert outputs[3].status != 0
    assert outputs[3].stderr
    assert outputs[4].status != 0
    assert outputs[5] == Output(status=0, stdout=b"fine\n")


def test_messages_are_in_english(server: Sshd, connect: MakeHost) -> None:
    """Scripts run with LC_ALL=C, whatever the login says."""
    assert connect(server.target()).ask(["echo $LC_ALL"], deadline=LONG)[0].stdout == b"C\n"


def test_no_scripts_contact_nobody(connect: MakeHost, server: Sshd) -> None:
    """Asking nothing opens no connection."""
    assert connect(server.target(port=1)).ask([], deadline=LONG) == []


def test_large_batches_and_large_outputs_do_not_block_each_other(server: Sshd, connect: MakeHost) -> None:
    """A megabyte goes up while ten come down, on a new shell and on a running one."""
    host = connect(server.target())
    text = "it's a $line\n" * 80_000
    for _ in range(2):
        flood, echoed = host.ask(
            ["dd if=/dev/zero bs=1048576 count=10", f"cat {heredoc(text)}"], deadline=LONG
        )
        assert len(flood.stdout) == 10 * 1024 * 1024
        assert echoed.stdout == text.encode()


def test_too_much_output_is_stopped(server: Sshd, connect: MakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that prints without end fails before memory is full, and the host stays usable."""
    monkeypatch.setattr("remediate.hosts.shell.MAX_OUTPUT", 300_000)
    host = connect(server.target())
    with pytest.raises(TaskFailed, match="web1: more than"):
        host.ask(["while :; do echo yes; done"], deadline=LONG)
    assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


def test_a_background_process_holds_nobody_up(server: Sshd, connect: MakeHost) -> None:
    """A script that leaves a process behind, which keeps its stdout open, is done when it ends itself."""
    host = connect(server.target())
    pid = host.ask(["sleep 600 & echo $!"], deadline=LONG)[0].stdout
    assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
    os.kill(int(pid), signal.SIGKILL)


def test_a_hanging_script_is_stopped_at_its_deadline(
    server: Sshd, connect: MakeHost, overdue_when: OverdueWhen, tmp_path: Path
) -> None:
    """The error names host and seconds, the process is gone, the next question gets its own answer."""
    host = connect(server.target())
    file = tmp_path / "pid"
    overdue_when(lambda: written(file))
    with pytest.raises(DeadlinePassed, match=r"web1: no answer within 30\.5 s; what still ran was stopped"):
        host.ask([f"sh -c 'echo $$ >{quote(str(file))}; exec sleep 1000'"], deadline=30.5)
    assert is_gone(int(file.read_text()))
    assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


def test_a_script_that_ignores_the_signal_is_killed(
    server: Sshd, connect: MakeHost, overdue_when: OverdueWhen, tmp_path: Path
) -> None:
    """What does not end when asked is ended by force."""
    host = connect(server.target())
    file = tmp_path / "pid"
    script = f"trap '' 15; echo $$ >{quote(str(file))}; while :; do sleep 1; done"
    overdue_when(lambda: written(file))
    with pytest.raises(DeadlinePassed, match="was stopped"):
        host.ask([f"sh -c {quote(script)}"], deadline=LONG)
    assert is_gone(int(file.read_text()))


def test_a_shell_that_dies_is_a_clear_failure(server: Sshd, connect: MakeHost) -> None:
    """A script that kills the shell fails at once, and the next question gets a new shell."""
    host = connect(server.target())
    with pytest.raises(TaskFailed, match="web1: the shell on the host ended"):
        host.ask(["echo before", "kill -9 $$", "echo after"], deadline=LONG)
    assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


def _cut(server: Sshd) -> None:
    """Kill the session's sshd, as when the server is switched off, while a script of it is at work."""
    for session in server.sessions():
        for process in (session, *children(session)):
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(process, signal.SIGKILL)


def test_a_lost_connection(tmp_path: Path, connect: MakeHost) -> None:
    """A connection cut at work is told as such; the next call opens it anew."""
    with Sshd(tmp_path / "sshd") as server:
        host = connect(server.target())
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)

        left_behind: list[int] = []

        def cut_when_it_runs() -> None:
            left_behind.append(int(fifo.read_text()))  # returns when the script has written it
            _cut(server)

        thread = threading.Thread(target=cut_when_it_runs)
        thread.start()
        with pytest.raises(ConnectionLost, match="web1: the connection was lost while it was at work"):
            host.ask([f"sh -c 'echo $$ >{fifo}; exec sleep 100'"], deadline=LONG)
        thread.join()
        assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
        os.kill(left_behind[0], signal.SIGKILL)


def test_a_csh_login_shell_is_no_obstacle(server: Sshd, connect: MakeHost, account: MakeAccount) -> None:
    """Scripts run under /bin/sh even where the user's own shell is csh."""
    user = account("csh", login_shell="/bin/csh")
    host = connect(server.target(user=user))
    outputs = host.ask(["x='a!b'; echo \"$x\" 2>&1; id -un", "exit 4"], deadline=LONG)
    assert outputs == [Output(status=0, stdout=f"a!b\n{user}\n".encode()), Output(status=4)]


def test_two_hosts_at_the_same_time(server: Sshd, connect: MakeHost) -> None:
    """Many threads may connect and ask at once, each on a host of its own."""
    answers: dict[int, bytes] = {}

    def work(number: int) -> None:
        host = connect(server.target(name=f"web{number}"))
        answers[number] = host.ask([f"echo {number}"], deadline=LONG)[0].stdout

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: f"{number}\n".encode() for number in range(12)}


def test_a_missing_shell_is_named(server: Sshd, connect: MakeHost) -> None:
    """A shell that is not on the host fails with what the host says of it."""
    host = connect(with_shell(server, "/no/such/sh"))
    with pytest.raises(TaskFailed, match=r"web1: the shell did not start: .*/no/such/sh"):
        host.ask(["true"], deadline=LONG)


def test_a_server_without_sessions_to_spare(tmp_path: Path, connect: MakeHost, account: MakeAccount) -> None:
    """With MaxSessions 1 the login's own shell works, and a second user's is refused with the cure."""
    with Sshd(tmp_path / "sshd", options={"MaxSessions": "1"}) as server:
        host = connect(server.target())
        assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"
        with pytest.raises(Unreachable, match=r"web1: the server opened no further session.*MaxSessions"):
            host.ask(["true"], become=Become(user="nobody"), deadline=LONG)


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox", "ksh93", "mksh"])
def test_hostile_strings_arrive_unharmed(shell: str, server: Sshd, connect: MakeHost, tmp_path: Path) -> None:
    """Quotes, newlines, expansions, UTF-8, other bytes and dashes pass every shell, as words and in texts."""
    program = shutil.which(shell)
    assert program is not None, f"install {shell}: these tests need it"
    if shell == "busybox":  # it is a shell under the name `sh`
        (tmp_path / "sh").symlink_to(program)
        program = str(tmp_path / "sh")
    host = connect(with_shell(server, program))
    words = [
        "it's", '"', "`id`", "$(id)", "${HOME}", "\\", "\\\\n", "a\nb", "\n", " ", "\t", "*", "-n", "--",
        "!x", "#", "\u00e9\u4e16", "\udcff\udc80", "\x7f\x01", "EOF", "a;b&c|d>e", "~", "%s", "'\\''",
        "x" * 5000,
    ]  # fmt: skip
    scripts = [f"printf %s {quote(word)}" for word in words]
    scripts += [f"cat {heredoc(word)}" for word in words]
    outputs = host.ask([*scripts, "if; then", "exit 7", "echo 'open"], deadline=LONG)
    assert [decode(output.stdout) for output in outputs[: len(words)]] == words
    documents = [word if word.endswith("\n") else word + "\n" for word in words]
    assert [decode(output.stdout) for output in outputs[len(words) : -3]] == documents
    assert [output.status != 0 for output in outputs[-3:]] == [True, True, True]


def test_a_line_that_breaks_while_a_script_is_sent(
    server: Sshd, connect: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a lost connection, though nothing more can be said to the server, not even that it is over."""

    def broken(*_: object) -> None:
        raise EOFError

    host = connect(server.target())
    host.ask([":"], deadline=LONG)
    with monkeypatch.context() as patch:
        patch.setattr(QuietTransport, "_send_user_message", broken)
        with pytest.raises(ConnectionLost, match="web1: the connection was lost while a script was sent"):
            host.ask([":"], deadline=LONG)
