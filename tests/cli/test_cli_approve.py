"""`remediate approve`: a plan is signed with a person's own SSH key."""

import subprocess

import pytest
from change_desk import Desk

from remediate.review.plan_file import read_plan


def test_a_key_approves_a_plan_once(desk: Desk) -> None:
    """The identity is told, which stays as it was; the same key again adds nothing."""
    desk.plan("one,")
    identity = read_plan(desk.plan_file).identity
    bob = desk.colleague("bob")
    for _ in range(2):
        assert desk("approve", "change.plan", "--key", str(bob)) == (0, f"approved: {identity}\n", "")
    read = read_plan(desk.plan_file)
    assert (read.identity, len(read.approvals)) == (identity, 1)
    assert desk.plan_file.stat().st_mode & 0o777 == 0o600


def test_the_home_of_a_key(desk: Desk) -> None:
    """A tilde means it, also where no shell has seen it."""
    desk.plan("one,")
    assert desk("approve", "change.plan", "--key", "~/.ssh/id_ed25519")[0] == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("change.plan",), "Missing option '--key'"),
        (("change.plan", "--key", "nowhere"), "nowhere: no such key (name another: --key; or make it: ssh-"),
        (("change.plan", "--key", "p.yaml"), "p.yaml: the plan was not signed: "),
        (("nowhere", "--key", "bob"), "nowhere: cannot be read: No such file or directory"),
        (("p.yaml", "--key", "bob"), "p.yaml: not a plan"),
    ],
)
def test_what_cannot_be_approved(desk: Desk, words: tuple[str, ...], says: str) -> None:
    """One line, exit code 1, and the plan is as before."""
    desk.colleague("bob")
    desk.plan("one,")
    before = desk.plan_file.read_bytes()
    code, out, err = desk("approve", *words)
    assert (code, out) == (1, "")
    assert says in err
    assert desk.plan_file.read_bytes() == before


def test_an_edited_plan_is_not_approved(desk: Desk) -> None:
    """Nobody can sign what is not as it was made."""
    desk.plan("one,")
    desk.plan_file.write_bytes(desk.plan_file.read_bytes().replace(b"closed", b"opened"))
    code, _, err = desk("approve", "change.plan", "--key", str(desk.colleague("bob")))
    assert code == 1
    assert "change.plan: has been changed since it was made" in err


def test_a_key_in_the_agent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The public half is enough to name it."""
    desk.plan("one,")
    bob = desk.colleague("bob")
    socket = desk.folder / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        while subprocess.run(["ssh-add", "-q", str(bob)], capture_output=True, check=False).returncode:
            assert agent.poll() is None
        bob.unlink()
        assert desk("approve", "change.plan", "--key", f"{bob}.pub")[0] == 0
    finally:
        agent.terminate()
        agent.wait()
    assert desk.apply("--allowed-signers", "allowed_signers")[0] == 0
