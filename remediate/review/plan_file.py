"""The file of a plan: lines of text, in which any edited byte is noticed.

The first line names the format, its version and the plan's identity: the SHA-256 of the lines of the plan
that follow, which are its folded JSON (see `folding`). Then comes one line for each approval, with its own
sum. What is approved is the identity.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from remediate.errors import InputError, UsageError
from remediate.records import dataclass
from remediate.review.folding import Folded, unfold
from remediate.review.plan import Plan
from remediate.review.plan_json import folded, plan_from_json

VERSION = 1
_FIRST = re.compile(r"remediate plan ([1-9][0-9]{0,5}) sha256:([0-9a-f]{64})")
_APPROVAL = "approval "
MAKE_ANEW = "make it anew with 'remediate plan', and have it approved anew"


@dataclass(frozen=True, kw_only=True)
class ReadPlan:
    """A plan as its file has it: unchanged since it was made, with what was added as approvals."""

    plan: Plan
    identity: str
    """The SHA-256 of all that is in the plan, hexadecimal: what an approval signs."""
    approvals: tuple[str, ...] = ()


def write_plan(plan: Plan, path: Path) -> str:
    """Make the plan's file, for its owner alone, and give the plan's identity.

    Raises:
        UsageError: if it cannot be written; what was there before is still there.
    """
    return write_folded(folded(plan), path)


def write_folded(plan: Folded, path: Path) -> str:
    """As `write_plan`, for one that is folded already."""
    body = "".join(f"{line}\n" for line in plan.lines).encode("utf-8", "surrogatepass")
    identity = _identity(body)
    with _explained(path, "cannot be written"):
        _replace(path, _first(identity) + body, None)
    return identity


def read_plan(path: Path) -> ReadPlan:
    """The plan in a file.

    Raises:
        UsageError: if it is no plan, is one of a newer version, or has been changed since it was made.
    """
    with _explained(path, "cannot be read"):
        return _read(path, path.read_bytes())


def add_approval(path: Path, identity: str, approval: str) -> None:
    """Add a line with an approval to the file of the plan with this identity; one that it has is not added.

    Raises:
        UsageError: if it holds another plan by now, or cannot be written.
    """
    with _explained(path, "cannot be written"), _locked(path) as file:
        data = file.read()
        found = _read(path, data)
        if found.identity != identity:
            raise UsageError(
                f"{path}: another plan has come here meanwhile", cure="look at it, and approve it"
            )
        if approval not in found.approvals:
            line = f"{_APPROVAL}{_sum(identity, approval)} {approval}\n"
            _replace(path, data + line.encode(), os.fstat(file.fileno()))


def _read(path: Path, data: bytes) -> ReadPlan:
    first, _, rest = data.partition(b"\n")
    head = _FIRST.fullmatch(first.decode("ascii", "replace"))
    if head is None:
        raise UsageError(f"{path}: not a plan", cure="plans are made with 'remediate plan'")
    version, identity = int(head[1]), head[2]
    if version > VERSION:
        raise UsageError(
            f"{path}: a plan of version {version}; this remediate knows {VERSION}",
            cure="use a newer remediate",
        )
    end = rest.find(f"\n{_APPROVAL}".encode()) + 1 or len(rest)
    body, added = rest[:end], rest[end:]
    if version != VERSION or _identity(body) != identity:
        raise _changed(path)
    plan = _plan(path, body)
    return ReadPlan(plan=plan, identity=identity, approvals=tuple(_approvals(path, identity, added)))


def _plan(path: Path, body: bytes) -> Plan:
    try:
        return plan_from_json(unfold(body.decode("utf-8", "surrogatepass").split("\n")[:-1]))
    except (ValueError, TypeError, KeyError, RecursionError, InputError) as error:
        raise UsageError(
            f"{path}: not a plan that this remediate understands: {error}",
            cure="use the version that made it, or make it anew",
        ) from None


def _approvals(path: Path, identity: str, added: bytes) -> Iterator[str]:
    lines = added.decode("ascii", "replace").split("\n")
    if lines.pop():  # what follows the last line feed
        raise _changed(path)
    for line in lines:
        word, _, rest = line.partition(" ")
        sum_, _, approval = rest.partition(" ")
        if f"{word} " != _APPROVAL or sum_ != _sum(identity, approval):
            raise _changed(path)
        yield approval


def _changed(path: Path) -> UsageError:
    return UsageError(f"{path}: has been changed since it was made", cure=MAKE_ANEW)


def _first(identity: str) -> bytes:
    return f"remediate plan {VERSION} sha256:{identity}\n".encode()


def _identity(body: bytes) -> str:
    return hashlib.sha256(f"remediate plan {VERSION}\n".encode() + body).hexdigest()


def _sum(identity: str, approval: str) -> str:
    return hashlib.sha256(f"{identity} {approval}".encode()).hexdigest()


def _replace(path: Path, data: bytes, before: os.stat_result | None) -> None:
    """Put a whole file where `path` leads: for its owner alone, or as the one before."""
    path = path.resolve()
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if before is not None:
                with contextlib.suppress(OSError):  # only root may give files away
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
                os.fchmod(file.fileno(), before.st_mode & 0o777)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _on_disk(path.parent)


def _on_disk(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The file, while nobody else adds to it; it may be replaced while it is waited for."""
    while True:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                yield file
                return


@contextlib.contextmanager
def _explained(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = (
            "make room there, or name another file" if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
        )
        raise UsageError(f"{path}: {what}: {error.strerror}", cure=cure) from None
