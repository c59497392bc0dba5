"""Approvals, signed and verified by the real `ssh-keygen`."""

import base64
import os
import pty
import pwd
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from needs import require
from plans import small_plan

from remediate.cli.running import user_here
from remediate.errors import UsageError
from remediate.review.approvals import approve, check_approvals, check_window, judge_approvals
from remediate.review.plan_file import add_approval, read_plan, write_plan
from remediate.review.planner import planner_keys

PLANNER = "ann@office"


@pytest.fixture(autouse=True)
def _no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    require("ssh-keygen")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


class Desk:
    """A plan, people's keys, and the file of those who may approve."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.plan = directory / "change.plan"
        self.signers = directory / "allowed_signers"
        self.signers.write_text("# who may approve\n")

    def key(self, name: str, *words: str) -> Path:
        """A new key."""
        path = self.directory / name
        line = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path), *words]
        subprocess.run(line, check=True)
        return path

    def public(self, key: Path) -> str:
        """The public half, as it stands in files."""
        return " ".join(key.with_suffix(".pub").read_text().split()[:2])

    def fingerprint(self, key: Path) -> str:
        """As `ssh-keygen` shows it."""
        done = subprocess.run(["ssh-keygen", "-lf", str(key)], check=True, capture_output=True, text=True)
        return done.stdout.split()[1]

    def allow(self, principals: str, key: Path, options: str = "") -> None:
        """One more line of allowed signers."""
        with self.signers.open("a") as file:
            file.write(f"{principals} {options} {self.public(key)} a comment\n")

    def make(self, *planner_keys: str, **changes: Any) -> None:
        """The plan's file."""
        write_plan(small_plan(planner=PLANNER, planner_keys=planner_keys, **changes), self.plan)

    def check(self, wanted: int) -> list[str]:
        """Who has approved."""
        return check_approvals(read_plan(self.plan), self.signers, wanted)

    def refusal(self, wanted: int) -> str:
        """Why it is not enough."""
        with pytest.raises(UsageError) as caught:
            self.check(wanted)
        return str(caught.value)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A plan of Ann, whose key is known."""
    desk = Desk(tmp_path)
    ann = desk.key("ann")
    desk.allow("ann@example.com", ann)
    desk.make(desk.fingerprint(ann))
    return desk


def test_an_approval_counts(desk: Desk) -> None:
    """Who may approve and has done so is named; the same key counts once, and its signature stands once."""
    bob = desk.key("bob")
    desk.allow("bob@example.com", bob)
    assert "1 approval is needed, and 0 count" in desk.refusal(1)
    assert approve(desk.plan, bob).identity == read_plan(desk.plan).identity
    approve(desk.plan, bob)
    assert len(read_plan(desk.plan).approvals) == 1
    assert desk.check(1) == ["bob@example.com"]
    told = desk.refusal(2)
    assert "2 approvals are needed, and 1 counts (by bob@example.com)" in told
    assert "(others than ann@office must run: remediate approve PLAN --key KEY)" in told


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_other_kinds_of_keys(desk: Desk, kind: str) -> None:
    """A key whose signatures differ each time approves once, too."""
    key = desk.key("bob", "-t", kind)
    desk.allow('"bob@example.com"', key)
    approve(desk.plan, key)
    approve(desk.plan, key)
    assert len(read_plan(desk.plan).approvals) == 1
    assert desk.check(1) == ["bob@example.com"]


def test_people_are_counted_not_keys(desk: Desk) -> None:
    """Two keys of one person are one approval, however they are linked by principals."""
    keys = [desk.key(name) for name in ("one", "two", "three")]
    desk.allow("bob@example.com", keys[0])
    desk.allow("robert", keys[1])
    desk.allow("bob@example.com,robert", desk.key("link"))
    desk.allow("cem", keys[2])
    for key in keys[:2]:
        approve(desk.plan, key)
    assert desk.check(1) == ["bob@example.com"]
    assert "2 approvals are needed, and 1 counts" in desk.refusal(2)
    approve(desk.plan, keys[2])
    assert desk.check(2) == ["bob@example.com", "cem"]


def test_a_stranger(desk: Desk) -> None:
    """Whoever is not among the allowed signers does not count, and is told by his key."""
    stranger = desk.key("stranger")
    approve(desk.plan, stranger)
    assert f"the key {desk.fingerprint(stranger)} is of none of those whom" in desk.refusal(1)
    assert desk.check(0) == []


def test_a_signature_of_something_else(desk: Desk) -> None:
    """A signature of another plan, or for another purpose, or a damaged one, is told and does not count."""
    bob = desk.key("bob")
    desk.allow("bob", bob)
    other = desk.directory / "other.plan"
    write_plan(small_plan(made="another time"), other)
    approve(other, bob)
    signature = read_plan(other).approvals[0]
    identity = read_plan(desk.plan).identity
    damaged = base64.b64encode(base64.b64decode(signature)[:-1] + b"x").decode()
    text = desk.directory / "mail"
    text.write_text(f"remediate plan sha256:{identity}\n")
    subprocess.run(["ssh-keygen", "-Y", "sign", "-q", "-n", "mail", "-f", str(bob), str(text)], check=True)
    mail = "".join((desk.directory / "mail.sig").read_text().splitlines()[1:-1])
    for line in (signature, damaged, mail):
        add_approval(desk.plan, identity, line)
    told = desk.refusal(1)
    assert f"the signature with the key {desk.fingerprint(bob)} is not valid for this plan" in told
    for line in ("AAAA", "no-base64", signature[:40]):
        add_approval(desk.plan, identity, line)
    assert "an approval is no signature" in desk.refusal(1)
    approve(desk.plan, bob)
    assert desk.check(1) == ["bob"]
    assert len(judge_approvals(read_plan(desk.plan), desk.signers).refused) >= 2


def test_a_signer_with_limits(desk: Desk) -> None:
    """What the file of allowed signers says of a key is held to: its purpose and its time."""
    old, other = desk.key("old"), desk.key("other")
    desk.allow("bob", old, 'valid-before="20200101"')
    desk.allow("cem", other, 'namespaces="mail"')
    approve(desk.plan, old)
    approve(desk.plan, other)
    told = desk.refusal(1)
    assert "the approval by cem does not count" in told
    assert "0 count" in told


def test_the_planner_himself(desk: Desk) -> None:
    """The planner's approval does not count: with a key he had, another one of his, or one of his name."""
    desk.allow("ann@example.com,ann.long", desk.key("second"))
    desk.allow("ann.long", desk.key("third"))
    desk.allow("Ann@elsewhere", desk.key("fourth"))
    for name in ("ann", "second", "third", "fourth"):
        desk.make(desk.fingerprint(desk.directory / "ann"))
        approve(desk.plan, desk.directory / name)
        assert "is that of ann@office, who made the plan" in desk.refusal(1), name


def test_a_planner_whose_keys_are_not_known(desk: Desk) -> None:
    """Where nothing tells the planner among the signers, no approval counts; his name alone is enough."""
    bob = desk.key("bob")
    desk.signers.write_text("")
    desk.allow("bob", bob)
    desk.make()
    approve(desk.plan, bob)
    told = desk.refusal(1)
    assert "the approval by bob may be the planner's own: no key of ann@office was found" in told
    assert "ssh-keygen -t ed25519" in told
    desk.allow("ann@example.com", desk.directory / "ann")
    assert desk.check(1) == ["bob"]


def test_a_certificate(desk: Desk) -> None:
    """Where an authority is allowed, its certificates' principals approve, and are told apart."""
    authority = desk.key("authority")
    desk.allow("*@example.com", authority, "cert-authority")
    for name in ("bob", "cem"):
        key = desk.key(name)
        subprocess.run(
            ["ssh-keygen", "-q", "-s", str(authority), "-I", name, "-n", f"{name}@example.com", f"{key}.pub"],
            check=True,
        )
        with Agent(key) as agent, pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSH_AUTH_SOCK", agent)
            approve(desk.plan, desk.directory / f"{name}-cert.pub")
            assert desk.fingerprint(key) in planner_keys()
    assert desk.check(2) == ["bob@example.com", "cem@example.com"]


class Agent:
    """An SSH agent with one key in it."""

    def __init__(self, key: Path) -> None:
        self._key = key
        self._socket = str(key.with_suffix(".sock"))

    def __enter__(self) -> str:
        require("ssh-agent", "ssh-add")
        self._agent = subprocess.Popen(
            ["ssh-agent", "-D", "-a", self._socket], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        environment = {**os.environ, "SSH_AUTH_SOCK": self._socket}
        adding = ["ssh-add", "-q", str(self._key)]
        while subprocess.run(adding, env=environment, capture_output=True, check=False).returncode:
            assert self._agent.poll() is None
        return self._socket

    def __exit__(self, *_: object) -> None:
        self._agent.terminate()
        self._agent.wait()


def test_a_passphrase_is_asked_for_at_the_terminal(desk: Desk) -> None:
    """`ssh-keygen` itself asks for it, and what it asks is seen."""
    bob = desk.key("bob", "-N", "open sesame")
    desk.allow("bob", bob)
    code = "import sys; from pathlib import Path; from remediate.review.approvals import approve; "
    code += f"approve(Path({str(desk.plan)!r}), Path({str(bob)!r}))"
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", code])  # noqa: S606
    seen = b""
    for piece in _pieces(terminal):
        seen += piece
        if seen.count(b"passphrase") == 1 and b"open" not in seen:
            os.write(terminal, b"open sesame\n")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, seen
    os.close(terminal)
    assert b"Enter passphrase" in seen
    assert desk.check(1) == ["bob"]


def _pieces(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(terminal, 1024)
        except OSError:  # the other side is gone
            return
        if not piece:
            return
        yield piece


def test_mistakes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing or cannot be used is told with a cure, and the plan stays as it is."""
    with pytest.raises(UsageError, match=r"none: no such key \(name another: --key"):
        approve(desk.plan, desk.directory / "none")
    desk.directory.joinpath("text").write_text("no key\n")
    with pytest.raises(UsageError, match="the plan was not signed: "):
        approve(desk.plan, desk.directory / "text")
    with pytest.raises(UsageError, match="not a plan"):
        approve(desk.signers, desk.directory / "ann")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        check_approvals(read_plan(desk.plan), desk.directory / "none", 1)
    programs = desk.directory / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(UsageError, match=r"ssh-keygen cannot be run: .*install OpenSSH"):
        approve(desk.plan, desk.directory / "ann")
    old = programs / "ssh-keygen"
    old.write_text("#!/bin/sh\necho 'ssh-keygen: illegal option -- Y' >&2\nexit 1\n")
    old.chmod(0o755)
    with pytest.raises(UsageError, match=r"ssh-keygen is too old: .*install OpenSSH"):
        approve(desk.plan, desk.directory / "ann")
    assert read_plan(desk.plan).approvals == ()


def test_a_program_that_hangs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever, neither for a person nor for the program."""
    from remediate.review import ssh_keygen

    bob = desk.key("bob")
    approve(desk.plan, bob)
    programs = desk.directory / "programs"
    programs.mkdir()
    hanging = programs / "ssh-keygen"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(ssh_keygen, "_PERSON", 0.3)
    monkeypatch.setattr(ssh_keygen, "_DEADLINE", 0.3)
    with pytest.raises(UsageError, match="did not come to an end"):
        approve(desk.plan, bob)
    with pytest.raises(UsageError, match="did not come to an end"):
        desk.check(1)


def test_the_keys_of_a_planner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All keys in `~/.ssh` and of the agent, also encrypted ones without their public half."""
    monkeypatch.setenv("HOME", str(tmp_path))
    _live_in(tmp_path, monkeypatch)
    assert planner_keys() == ()
    directory = tmp_path / ".ssh"
    directory.mkdir()
    desk = Desk(directory)
    keys = [desk.key("id_ed25519"), desk.key("work", "-N", "secret"), desk.key("id_rsa", "-t", "rsa")]
    expected = {desk.fingerprint(key) for key in keys}
    (directory / "work.pub").unlink()
    (directory / "id_rsa").unlink()
    (directory / "folder.pub").mkdir()
    (directory / "broken.pub").write_text("ssh-ed25519 AAAA!!\nssh-ed25519 AAAAA\n")
    (directory / "config").write_text("Host *\n")
    assert set(planner_keys()) == expected
    inside = desk.key("other")
    expected.add(desk.fingerprint(inside))
    with Agent(inside) as agent:
        (directory / "other").unlink()
        (directory / "other.pub").unlink()
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        assert set(planner_keys()) == expected


def test_a_planner_with_another_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says that he lives elsewhere still has the keys, and the name, that the system knows him by."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    desk = Desk(home / ".ssh")
    key = desk.key("id_ed25519")
    _live_in(home, monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("LOGNAME", "zed")
    assert planner_keys() == (desk.fingerprint(key),)
    assert user_here() == "ann"


def test_a_planner_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that the system has no name for is its own name, and his keys are where $HOME says."""

    def nobody(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    desk = Desk(tmp_path / ".ssh")
    key = desk.key("id_ed25519")
    assert planner_keys() == (desk.fingerprint(key),)
    assert user_here() == str(os.getuid())
    monkeypatch.delenv("HOME")
    assert planner_keys() == ()


def _live_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This user is Ann, and her home is there."""
    ann = pwd.struct_passwd(("ann", "x", os.getuid(), os.getgid(), "", str(home), "/bin/sh"))
    monkeypatch.setattr("pwd.getpwuid", lambda _number: ann)


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "told"),
    [
        ({}, ""),
        ({"not_before": "2026-05-01T12:00:00Z", "not_after": "2026-05-01T12:00:00Z"}, ""),
        ({"not_before": "2026-05-01T14:00:00+02:00"}, ""),
        (
            {"not_before": "2026-05-01T12:00:01Z"},
            "may not be applied before 2026-05-01T12:00:01Z, and it is 2026-05",
        ),
        (
            {"not_after": "2026-05-01T11:59:59"},
            "may not be applied after 2026-05-01T11:59:59, and it is 2026-05",
        ),
        ({"not_after": "2026-05-01T13:00:00+02:00"}, "may not be applied after"),
        ({"not_after": "soon"}, "'soon', which is no time"),
    ],
)
def test_the_window(window: dict[str, str], told: str) -> None:
    """A plan is applied within its window only, to the second, in whatever zone that was given."""
    plan = small_plan(**window)
    if not told:
        check_window(plan, NOON)
        return
    with pytest.raises(UsageError) as caught:
        check_window(plan, NOON)
    assert told in str(caught.value)
