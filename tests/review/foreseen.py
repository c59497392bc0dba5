"""What a dry run foresees of a host's paths, compared with what is there."""

import grp
import os
import pwd
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playbooks_at_random import HOSTILE

from remediate.answers import Known
from remediate.bourne import decode
from remediate.engine.asking import agrees
from remediate.engine.state import HostState
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text

_NAMES = (
    "/a /b /d /d/c /d/e /d/t /d/m /n /n/c /n/m /l /l/c /k /k/c /k/t /k/m /handled /elsewhere /nowhere /made"
)
PATHS = ("", *_NAMES.split(), f"/{HOSTILE}")
"""All that playbooks at random touch, below the root."""

_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}


def foreseen(state: HostState, root: Path) -> Mapping[Fact[Any], Any]:
    """What a dry run says of every path, in the end."""
    facts = [kind(f"{root}{path}") for path in PATHS for kind in (FileStatus, Text, Listing)]
    state.ask(facts, None)
    return {fact: state.answer(fact, None) for fact in facts}


def wrong(foreseen: Mapping[Fact[Any], Any]) -> list[str]:
    """What is known, and is not so."""
    return [
        f"{fact}: {answer.value} foreseen, and found {found}"
        for fact, answer in foreseen.items()
        if isinstance(answer, Known) and not agrees(answer.value, found := truth(fact))
    ]


def truth(fact: Fact[Any]) -> Any:
    """The answer, from this machine's own file system."""
    match fact:
        case FileStatus(path):
            return _status(path)
        case Text(path):
            return _text(path)
        case Listing(path):
            return tuple(sorted(map(decode, os.listdir(os.fsencode(path))))) if os.path.isdir(path) else None  # noqa: PTH112, PTH208
    raise AssertionError(fact)


def _status(path: str) -> PathStatus:
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return PathStatus(kind="absent")
    kind: Any = _KINDS[stat.S_IFMT(status.st_mode)]
    return PathStatus(
        kind=kind,
        mode=stat.S_IMODE(status.st_mode),
        owner=_name(pwd.getpwuid, status.st_uid),
        group=_name(grp.getgrgid, status.st_gid),
        uid=status.st_uid,
        gid=status.st_gid,
        size=status.st_size if kind == "file" else 0,
        target=decode(os.readlink(os.fsencode(path))) if kind == "link" else "",  # noqa: PTH115
    )


def _name(look_up: Callable[[int], Any], number: int) -> str:
    """What a database of users or groups says first; a number that is not in it stands for itself."""
    try:
        return str(look_up(number)[0])
    except KeyError:
        return str(number)


def _text(path: str) -> FileText:
    place = Path(path)
    if place.is_file():
        return FileText.holding(decode(place.read_bytes()))
    return FileText(kind="other" if os.path.lexists(path) else "absent")
