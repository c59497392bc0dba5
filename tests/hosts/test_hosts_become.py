"""Becoming another user with real sudo and su."""

import tempfile
from pathlib import Path

import pytest
from claims import written
from hosts_makers import MakeAccount, MakeHost, OverdueWhen
from sshd import Sshd, is_gone

from remediate.errors import DeadlinePassed, TaskFailed
from remediate.hosts.target import ITSELF, Become, Becoming, Secret

LONG = 30.0


@pytest.fixture(scope="session")
def login(account: MakeAccount) -> str:
    """A user who may sudo without a password."""
    return account("free", sudo="NOPASSWD: ALL")


@pytest.fixture(scope="session")
def guarded(account: MakeAccount) -> str:
    """A user who may sudo with the password `gu4rded 'x`."""
    return account("guarded", password="gu4rded 'x", sudo="ALL")


def test_sudo_without_a_password(server: Sshd, connect: MakeHost, login: str) -> None:
    """Both users have their own shell on one connection, and each answers as itself."""
    host = connect(server.target(user=login))
    for _ in range(2):
        assert host.ask(["id -un"], become=Become(), deadline=LONG)[0].stdout == b"root\n"
        assert host.ask(["id -un"], become=Become(user="nobody"), deadline=LONG)[0].stdout == b"nobody\n"
        assert host.ask(["id -un"], deadline=LONG)[0].stdout == f"{login}\n".encode()


def test_who_asks_for_nobody_gets_the_user_of_the_inventory(
    server: Sshd, connect: MakeHost, login: str
) -> None:
    """The default user, another one and the login user itself have shells beside each other."""
    host = connect(server.target(user=login, variables=Becoming(wanted=True, user="nobody")))
    for _ in range(2):
        assert host.ask(["id -un"], deadline=LONG)[0].stdout == b"nobody\n"
        assert host.ask(["id -un"], become=Become(), deadline=LONG)[0].stdout == b"root\n"
        assert host.ask(["id -un"], become=ITSELF, deadline=LONG)[0].stdout == f"{login}\n".encode()


def test_sudo_with_a_password(server: Sshd, connect: MakeHost, guarded: str) -> None:
    """The password is given when it is asked for, and stands in no process list."""
    host = connect(server.target(user=guarded))
    become = Become(password=Secret("gu4rded 'x"))
    outputs = host.ask(["id -un", "ps -ef", "cat"], become=become, deadline=LONG)
    assert outputs[0].stdout == b"root\n"
    assert b"sudo -S" in outputs[1].stdout
    assert b"gu4rded" not in outputs[1].stdout
    assert outputs[2].stdout == b""


def test_a_password_that_is_not_asked_for_is_not_sent(server: Sshd, connect: MakeHost, login: str) -> None:
    """Where sudo wants none, the password does not end up in the shell."""
    host = connect(server.target(user=login))
    outputs = host.ask(["id -un"], become=Become(password=Secret("touch /tmp/never")), deadline=LONG)
    assert outputs[0].stdout == b"root\n"
    assert not Path("/tmp/never").exists()


@pytest.fixture(scope="session")
def users(account: MakeAccount, login: str, guarded: str) -> dict[str, str]:
    """Users by what they may: `stranger` has a password, and sudoers does not name it."""
    stranger = account("stranger", password="strange")
    return {"login": login, "guarded": guarded, "stranger": stranger, "root": "root"}


REFUSED = [
    ("guarded", Become(), "sudo wants a password", "ansible_become_password"),
    ("guarded", Become(password=Secret("wrong")), "the password was not accepted", "ansible_become_password"),
    ("login", Become(user="no-such-user"), "there is no such user on the host", "become_user"),
    ("login", Become(user="no-such-user", password=Secret("x")), "there is no such user", "become_user"),
    (
        "login",
        Become(user="root", method="su"),
        "su asks everybody but root for a password",
        "log in as root",
    ),
    ("root", Become(user="no-such-user", method="su"), "there is no such user on the host", "become_user"),
    ("root", Become(user="games", method="su"), "the user may not log in", "give the user a shell"),
    (
        "root",
        Become(user="root", method="su", password=Secret("x")),
        "su with a password is not",
        "become_method",
    ),
    ("root", Become(user="x; reboot"), "cannot be a user's name", "become_user"),
    ("stranger", Become(password=Secret("strange")), "sudoers does not allow it", "sudoers"),
]


@pytest.mark.parametrize(("who", "become", "reason", "cure"), REFUSED)
def test_a_refusal_is_one_clear_line(
    who: str,
    become: Become,
    reason: str,
    cure: str,
    *,
    server: Sshd,
    connect: MakeHost,
    users: dict[str, str],
) -> None:
    """Each reason why a user cannot be become is told, with its cure, and never the password."""
    host = connect(server.target(user=users[who]))
    with pytest.raises(TaskFailed) as caught:
        host.ask(["true"], become=become, deadline=LONG)
    message = str(caught.value)
    assert message.startswith("web1: ")
    assert reason in message
    assert cure in message
    assert "\n" not in message
    assert host.ask(["echo on"], deadline=LONG)[0].stdout == b"on\n"


def test_a_missing_sudo_is_named(server: Sshd, connect: MakeHost, account: MakeAccount) -> None:
    """Where sudo is not on the PATH, the error says so."""
    with tempfile.TemporaryDirectory() as folder:
        shell = Path(folder) / "shell"
        shell.write_text('#!/bin/sh\nPATH=/nowhere; export PATH; exec /bin/sh "$@"\n')
        for path in (shell, shell.parent):
            path.chmod(0o755)
        user = account("pathless", login_shell=str(shell))
        with pytest.raises(TaskFailed, match="not on the PATH"):
            connect(server.target(user=user)).ask(["true"], become=Become(), deadline=LONG)


def test_requiretty_is_named(server: Sshd, connect: MakeHost, account: MakeAccount) -> None:
    """sudo that wants a terminal is told apart from sudo that wants a password, which is no cure then."""
    user = account("tty", sudo="NOPASSWD: ALL")
    with Path(f"/etc/sudoers.d/{user}").open("a") as rule:
        rule.write(f"Defaults:{user} requiretty\n")
    for become in (Become(), Become(password=Secret("s3cret"))):
        with pytest.raises(TaskFailed, match="requiretty") as caught:
            connect(server.target(user=user)).ask(["true"], become=become, deadline=LONG)
        assert "password" not in str(caught.value)


def test_su_as_root(server: Sshd, connect: MakeHost, login: str) -> None:
    """Root becomes another user without a password."""
    host = connect(server.target(user="root"))
    outputs = host.ask(["id -un", "exit 5"], become=Become(user=login, method="su"), deadline=LONG)
    assert outputs[0].stdout == f"{login}\n".encode()
    assert outputs[1].status == 5


@pytest.mark.parametrize("method", ["sudo", "su"])
def test_a_hanging_script_of_another_user_is_stopped(
    method: str, server: Sshd, connect: MakeHost, overdue_when: OverdueWhen, login: str
) -> None:
    """Past its deadline, what runs as the other user is ended as well."""
    host = connect(server.target(user="root"))
    become = Become(user=login, method=method)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        file = Path(folder) / "pid"
        overdue_when(lambda: written(file))
        with pytest.raises(DeadlinePassed, match="what still ran was stopped"):
            host.ask([f"sh -c 'echo $$ >{file}; exec sleep 4321'"], become=become, deadline=LONG)
        assert is_gone(int(file.read_text()))
    assert host.ask(["id -un"], become=become, deadline=LONG)[0].stdout == f"{login}\n".encode()
