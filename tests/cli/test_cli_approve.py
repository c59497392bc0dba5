"""`remediate approve`: a plan is signed with a person's own SSH key."""

import subprocess
from pathlib import Path

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
    """A tilde means it, also where no shell has seen it; who approves his own plan is warned."""
    desk.plan("one,")
    code, _, err = desk("approve", "change.plan", "--key", "~/.ssh/id_ed25519")
    assert code == 0
    assert "warning: this approval will not count where one is demanded: " in err
    assert "who made the plan, has this key; somebody else must approve" in err


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


@pytest.mark.parametrize(
    ("demand", "task", "words", "code"),
    [
        ("approvals = 1", "copy: {dest: '{{ root }}/x', content: x}", (), 1),
        ("allowed_signers = 'allowed_signers'", "copy: {dest: '{{ root }}/x', content: x}", (), 1),
        ("approvals = 1", "copy: {dest: '{{ root }}/x', content: x}", ("--check",), 0),
        ("approvals = 1", "copy: {dest: '{{ root }}/x', content: x}", ("--list-tasks",), 0),
        ("approvals = 1", "stat: {path: '{{ root }}'}", (), 0),
        ("approvals = 0", "copy: {dest: '{{ root }}/x', content: x}", (), 0),
    ],
)
def test_no_run_goes_past_the_approvals(
    desk: Desk, demand: str, task: str, words: tuple[str, ...], code: int
) -> None:
    """Where a change needs approvals, `run` looks and changes nothing; only a plan can be approved."""
    (desk.folder / "remediate.toml").write_text(f"[apply]\n{demand}\n")
    (desk.folder / "p.yaml").write_text(f"- name: p\n  hosts: all\n  tasks: [{{name: t, {task}}}]\n")
    found, _, err = desk("run", "p.yaml", "-i", "one,", "-e", f"root={desk.folder / 'root'}", *words)
    assert found == code, err
    assert ("remediate.toml demands approvals" in err) is (code == 1)
    assert (desk.folder / "root" / "x").exists() is (demand == "approvals = 0")


@pytest.mark.parametrize("line", ["bob@example.com", "ssh-ed25519 {key}", "bob@example.com ssh-ed25519 AAA"])
def test_a_line_that_names_no_signer_is_told(desk: Desk, line: str) -> None:
    """By file and line, and not as if nobody were allowed to sign."""
    bob = desk.colleague("bob")
    key = Path(f"{bob}.pub").read_text().split()[1]
    entries = desk.signers.read_text()
    desk.plan("one,")
    desk.signers.write_text(f"# who may sign\n\n{line.format(key=key)}\n{entries}")
    code, _, err = desk("show", "change.plan", "--allowed-signers", "allowed_signers")
    assert code == 1
    assert err.startswith("remediate: allowed_signers:3: no entry of allowed signers (write such as")
