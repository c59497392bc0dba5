"""Scripts that are fed: any bytes and any amount, over a real server, as any user."""

import os
import shutil
import signal
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from claims import written
from hosts_makers import MakeAccount, MakeHost, OverdueWhen
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import SHELLS
from sshd import Sshd, is_gone

from remediate.effects.local_file import measure
from remediate.effects.upload import Upload
from remediate.errors import DeadlinePassed, TaskFailed, Unreachable
from remediate.facts.base import Output
from remediate.facts.digest import FileDigest
from remediate.hosts.target import Become, ConnectionOptions, Secret, target_of

LONG = 30.0
ALL_BYTES = bytes(range(256)) * 300
MEGABYTE = 1024 * 1024


def endless() -> Iterator[bytes]:
    """More than anybody takes."""
    while True:
        yield b"\0" * 65536


def test_every_byte_arrives(server: Sshd, connect: MakeHost) -> None:
    """NULs, high bytes, CRs and control characters come through as they are, and their end is seen."""
    host = connect(server.target())
    output = host.send("cat; exit 3", [ALL_BYTES, b"", ALL_BYTES[:77]], deadline=LONG)
    assert output == Output(status=3, stdout=ALL_BYTES + ALL_BYTES[:77])
    assert host.send("cat", [], deadline=LONG) == Output(status=0)


def test_any_pieces_arrive(server: Sshd, connect: MakeHost) -> None:
    """However content is cut into pieces, what arrives is the content."""
    host = connect(server.target())

    @given(st.lists(st.binary(max_size=5000), max_size=5))
    @settings(max_examples=50)
    def hold(pieces: list[bytes]) -> None:
        assert host.send("cat", pieces, deadline=LONG) == Output(status=0, stdout=b"".join(pieces))

    hold()


@pytest.mark.parametrize("shell", SHELLS)
def test_no_shell_takes_a_byte_of_it(shell: str, server: Sshd, connect: MakeHost, tmp_path: Path) -> None:
    """Shells that read ahead in blocks get nothing of what is meant for the script."""
    program = tmp_path / "shell"
    words = " ".join((shutil.which(SHELLS[shell][0]) or "", *SHELLS[shell][1:]))
    program.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    program.chmod(0o755)
    tmp_path.chmod(0o755)
    variables = {**server.variables(), "ansible_shell_executable": str(program)}
    host = connect(target_of("web1", variables, ConnectionOptions()))
    script = "# a long script\n" * 2000 + 'x=1; echo "got"\ncat'
    assert host.send(script, [b"exit 9\n", ALL_BYTES], deadline=LONG).stdout == b"got\nexit 9\n" + ALL_BYTES


def test_the_other_shells_stay_as_they_are(server: Sshd, connect: MakeHost) -> None:
    """Sending takes a channel of its own: scripts before and after it are asked in one and the same shell."""
    host = connect(server.target())
    before = host.ask(["echo $$ $PPID"], deadline=LONG)[0].stdout.split()
    for _ in range(20):  # more than a server gives sessions at once
        host.send("cat", [b"x"], deadline=LONG)
    assert host.ask(["echo $$ $PPID"], deadline=LONG)[0].stdout.split() == before


def test_a_script_that_takes_nothing_ends_the_sending(server: Sshd, connect: MakeHost) -> None:
    """Who leaves early, as a guard does, is answered at once, and no more is read on this side."""
    host = connect(server.target())
    output = host.send("echo held >&2; exit 91", endless(), deadline=LONG)
    assert output == Output(status=91, stderr=b"held\n")
    assert host.send("exec dd bs=1000 count=3 2>/dev/null", endless(), deadline=LONG).stdout == b"\0" * 3000


def test_pieces_that_fail_are_the_error(server: Sshd, connect: MakeHost) -> None:
    """The script sees its input end early, can clean up, and then the reason is told."""

    def broken() -> Iterator[bytes]:
        yield b"begun"
        raise TaskFailed("the file changed while it was sent", cure="look")

    host = connect(server.target())
    left = server.directory / "left"
    with pytest.raises(TaskFailed, match="web1: the file changed while it was sent") as failed:
        host.send(f"cat > '{left}'; echo ' ended' >> '{left}'", broken(), deadline=LONG)
    assert failed.value.cure == "look"
    assert left.read_text() == "begun ended\n"


@pytest.mark.parametrize(
    ("method", "login_shell"),
    [
        ("sudo", "/bin/sh"),
        ("sudo", "/bin/tcsh"),
        ("sudo with a password", "/bin/sh"),
        ("sudo with a password", "/bin/tcsh"),
        ("su", "/bin/sh"),
    ],
)
def test_another_user_gets_every_byte(
    method: str, login_shell: str, server: Sshd, connect: MakeHost, account: MakeAccount
) -> None:
    """With sudo and su, with a password asked for before it, and whatever the login shell is."""
    name = f"send-{len(method)}-{len(login_shell)}"
    if method == "su":
        login, become = "root", Become(user=account(name), method="su")
    elif method == "sudo":
        login, become = account(name, login_shell=login_shell, sudo="NOPASSWD: ALL"), Become(user="nobody")
    else:
        login = account(name, login_shell=login_shell, password="s3cret", sudo="ALL")
        become = Become(user="nobody", password=Secret("s3cret"))
    host = connect(server.target(user=login))
    output = host.send("id -un; cat", [ALL_BYTES], become=become, deadline=LONG)
    user = "nobody" if become.method == "sudo" else become.user
    assert (output.status, output.stdout) == (0, f"{user}\n".encode() + ALL_BYTES)


def test_a_user_who_cannot_be_become_gets_nothing(
    server: Sshd, connect: MakeHost, account: MakeAccount
) -> None:
    """The refusal is the one that every script gets, and nothing is read to be sent."""
    host = connect(server.target(user=account("send-no")))
    taken: list[int] = []
    with pytest.raises(TaskFailed, match="sudo wants a password"):
        host.send("cat", (taken.append(1) or b"x" for _ in range(3)), become=Become(), deadline=LONG)  # type: ignore[func-returns-value]
    assert taken == []


def test_past_its_deadline_it_is_stopped(
    server: Sshd, connect: MakeHost, overdue_when: OverdueWhen, tmp_path: Path
) -> None:
    """A host that takes no more is given up in time, what ran there is ended, and others can be asked."""
    host = connect(server.target())
    file = tmp_path / "pid"
    overdue_when(lambda: written(file))
    with pytest.raises(DeadlinePassed, match=r"no answer within 30 s; what still ran was stopped"):
        host.send(f"sh -c 'echo $$ >{file}; exec sleep 4321'", endless(), deadline=LONG)
    assert is_gone(int(file.read_text()))
    assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


def test_a_lost_connection_is_told_as_such(server: Sshd, connect: MakeHost, tmp_path: Path) -> None:
    """Cut in the middle of it, the host is unreachable; what it did is said to be unknown."""
    host = connect(server.target())
    session = int(host.ask(["echo $PPID"], deadline=LONG)[0].stdout)
    part = tmp_path / "part"
    arrived = threading.Event()

    def pieces() -> Iterator[bytes]:
        for number in range(10_000):
            if number == 20:
                arrived.set()
            yield b"x" * 65536

    def cut() -> None:
        arrived.wait(LONG)
        os.kill(session, signal.SIGKILL)

    threading.Thread(target=cut, daemon=True).start()
    with pytest.raises(Unreachable, match="the connection was lost while"):
        host.send(f"cat > '{part}'", pieces(), deadline=LONG)


@pytest.fixture
def upload(tmp_path: Path) -> Upload:
    """A package of some megabytes, and a directory of its own that it goes to."""
    (tmp_path / "package").write_bytes(ALL_BYTES * 50)
    (tmp_path / "there").mkdir()
    source, before = measure(tmp_path / "package"), FileDigest(kind="absent")
    path = str(tmp_path / "there" / "package")
    return Upload(path=path, before=before, source=source, mode=0o600, owner=None, group=None)


def is_empty(folder: Path) -> bool:
    """Whether all that was in it goes within some seconds."""
    limit = time.monotonic() + 60
    while any(folder.iterdir()) and time.monotonic() < limit:
        time.sleep(0.01)
    return not any(folder.iterdir())


def test_an_upload_past_its_deadline_leaves_nothing(
    server: Sshd, connect: MakeHost, overdue_when: OverdueWhen, upload: Upload
) -> None:
    """What had arrived when the sending was given up is removed on the host."""
    folder = Path(upload.path).parent

    def halting() -> Iterator[bytes]:
        yield ALL_BYTES
        threading.Event().wait(LONG)

    host = connect(server.target())
    overdue_when(lambda: any(folder.iterdir()))
    with pytest.raises(DeadlinePassed, match="what still ran was stopped"):
        host.send(upload.script(), halting(), deadline=LONG)
    assert is_empty(folder)


def test_an_upload_that_is_cut_off_leaves_nothing(server: Sshd, connect: MakeHost, upload: Upload) -> None:
    """A real server that loses its connection in the middle of it keeps no part of the package."""
    folder = Path(upload.path).parent
    host = connect(server.target())
    session = int(host.ask(["echo $PPID"], deadline=LONG)[0].stdout)

    def pieces() -> Iterator[bytes]:
        for number, piece in enumerate(upload.feed()):
            if number == 20:
                os.kill(session, signal.SIGKILL)
            yield piece

    with pytest.raises(Unreachable):
        host.send(upload.script(), pieces(), deadline=LONG)
    assert is_empty(folder)


def test_memory_is_bounded(server: Sshd, connect: MakeHost) -> None:
    """Sixty-four megabytes go through a few, and all of them arrive."""
    host = connect(server.target())
    host.ask([":"], deadline=LONG)
    piece = os.urandom(65536)
    tracemalloc.start()
    try:
        output = host.send("cksum", (piece for _ in range(1024)), deadline=120)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert output.stdout.split()[1] == b"%d" % (64 * MEGABYTE)
    assert peak < 8 * MEGABYTE
