"""copy: a file with given content, or with that of a file on the controller."""

import json
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar

from remediate.bourne import encode
from remediate.effects.base import Effect
from remediate.effects.local_file import LocalFile, measure
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.modules.base import Desk, HostView, Module
from remediate.modules.content import facts_of, file_with
from remediate.modules.staged import facts_of_staged, staged_file
from remediate.modules.types import Mode, Word
from remediate.records import dataclass

LARGEST = 4 * 1024 * 1024
"""Bytes up to which content goes as text, whole: what is larger is a package, and wants a checksum."""

_CHECKSUM = re.compile(r"sha256:[0-9A-Fa-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Copy(Module):
    """Make `dest` hold `content`, or what `src` (looked for beside the playbook and in `files/`) holds.

    A new file gets mode 0644 unless `mode` says otherwise. `force: false` leaves an existing file as it is;
    `backup: true` keeps the old one beside the new one, with the time in its name.

    With `checksum: "sha256:<64 hex digits>"`, `src` may be a package of any size and any bytes: it must have
    that sum before anything is sent, is compared by its sum, streamed, and compared again on the host.
    `timeout` is then the number of seconds it may take; else that depends on its size.
    Registers `dest`, and with a checksum `checksum` and `size`.
    """

    unasked: ClassVar[tuple[str, ...]] = ("content",)
    prepared: ClassVar[tuple[str, ...]] = ("text", "source")

    dest: Word
    src: Word | None = None
    content: str | dict[str, Any] | list[Any] | None = field(default=None, repr=False)
    mode: Mode | None = None
    owner: Word | None = None
    group: Word | None = None
    backup: bool = False
    force: bool = True
    checksum: str | None = None
    timeout: float | None = None
    text: str = field(default="", repr=False)
    source: LocalFile | None = None

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: if there is not one source, or the destination is not absolute.
        """
        if (self.src is None) == (self.content is None):
            raise ValueError("give either 'src' or 'content'")
        if not self.dest.startswith("/"):
            raise ValueError(f"'dest' must be an absolute path, not '{self.dest}'")
        if self.src is None and self.dest.endswith("/"):
            raise ValueError("'dest' is a directory; with 'content' it must name the file")
        if self.checksum is None:
            if self.timeout is not None:
                raise ValueError("'timeout' goes with 'checksum'")
            return
        if self.src is None:
            raise ValueError("'checksum' goes with 'src'")
        if not _CHECKSUM.fullmatch(self.checksum):
            raise ValueError("'checksum' must be sha256: and 64 hexadecimal digits, as sha256sum prints them")
        if self.timeout is not None and self.timeout <= 0:
            raise ValueError("'timeout' must be a number of seconds, more than 0")

    @classmethod
    def reads(cls, params: Mapping[str, Any]) -> Iterable[tuple[str, Any, str]]:
        """`src`."""
        yield "src", params.get("src"), "files"

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """Read `src`, or measure it; as content, a dict or list becomes JSON and a truth value text.

        Raises:
            TaskFailed: if it is nowhere, too large to go as text, or has another sum than `checksum` says.
        """
        content, src, checksum = params.get("content"), params.get("src"), params.get("checksum")
        if content is None and src is not None:
            file = desk.find(str(src), "files")
            if checksum is not None:
                return {**params, "source": _proven(measure(file), str(checksum))}
            if (size := desk.size(file)) > LARGEST:
                raise _too_large(str(file), size)
            content = desk.read(str(src), "files")
        if isinstance(content, dict | list):
            content = json.dumps(content)
        if isinstance(content, bool):
            params = {**params, "content": str(content)}
        text = "" if content is None else str(content)
        if len(text) > LARGEST // 4 and len(encode(text)) > LARGEST:
            raise _too_large("'content'", len(encode(text)))
        return {**params, "text": text}

    def path(self) -> str:
        """The file on the host."""
        if self.dest.endswith("/") and self.src is not None:
            return posixpath.join(self.dest, posixpath.basename(self.src))
        return self.dest

    def probe(self) -> Iterable[Fact[Any]]:
        """See `facts_of` and `facts_of_staged`."""
        if self.source is not None:
            return facts_of_staged(self.path(), self.source, self, timeout=self.timeout)
        return facts_of(self.path(), self, makes=True)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """See `file_with` and `staged_file`."""
        if self.source is not None:
            return staged_file(
                state,
                self.path(),
                self.source,
                wanted=self,
                backup=self.backup,
                force=self.force,
                timeout=self.timeout,
            )
        return file_with(state, self.path(), self.text, wanted=self, backup=self.backup, force=self.force)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Where the file is; of a package, its sum and size as well."""
        if self.source is None:
            return {"dest": self.path()}
        checksum, size = f"sha256:{self.source.sha256}", self.source.size
        return {"dest": self.path(), "checksum": checksum, "size": size}


def _proven(file: LocalFile, checksum: str) -> LocalFile:
    """The file, if it is the one that is meant."""
    wanted = checksum.lower().removeprefix("sha256:")
    # What is no sum at all is told as such later.
    if file.sha256 != wanted and _CHECKSUM.fullmatch(checksum):
        raise TaskFailed(
            f"{file.path} is another file: its sha256 is {file.sha256}, and 'checksum' says {wanted}",
            cure="get the file again, or correct the checksum if this is the right one; nothing was sent",
        )
    return file


def _too_large(what: str, size: int) -> TaskFailed:
    return TaskFailed(
        f"{what} is too large to go as text ({size} bytes, {LARGEST} are allowed)",
        cure='put it into a file and give its sum: checksum: "sha256:<64 hex digits>"',
    )
