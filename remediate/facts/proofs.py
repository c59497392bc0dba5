"""Cheaper questions in the place of those that would tell everything: is a file as it was foretold?

They rest on what the guards rest on, a file's sum and size, and on the numbers of its owner and group where
their names are known. What is otherwise than foretold, the questions themselves must tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from remediate.answers import Unknown
from remediate.bourne import quote_path
from remediate.facts.base import Fact, Joint, Output
from remediate.facts.files import FileStatus, FileText, PathStatus, Text, parse_ls
from remediate.facts.together import is_plain


def proving(fact: Fact[Any], before: Any, after: Any) -> Fact[Any]:
    """The question to ask after an effect: its answer agrees with `after` only where that to `fact` does.

    Args:
        fact: what was answered with `before`.
        before: where the names of owner and group were told with their numbers.
        after: as it was foretold.
    """
    if isinstance(fact, Text | FileStatus) and is_plain(fact.path):
        if isinstance(after, FileText) and after.kind == "file":
            return Sum(fact.path, after)
        if isinstance(after, PathStatus) and isinstance(after.kind, str) and after.kind in _PLAIN_KINDS:
            told = (owners := _owners(after)) is not None and owners == _owners(before)
            return Numbers(fact.path, after) if told else Status(fact.path)
    return fact


_PLAIN_KINDS = ("file", "directory")


def _owners(answer: Any) -> tuple[Any, ...] | None:
    """Owner and group, and their numbers; None if not all of them are known."""
    if not isinstance(answer, PathStatus):
        return None
    owners = (answer.owner, answer.group, answer.uid, answer.gid)
    return None if any(isinstance(each, Unknown) for each in owners) else owners


# What is no regular file may have no end. Each with the number of lines that it prints; the last one of a
# script needs no process of its own.
_LOOKS = {
    "sum": ('test -f "$p" && cksum < "$p"', 1),
    "numbers": ('exec ls -ldn "$p"', 1),
    "status": ('ls -ld "$p" && exec ls -ldn "$p"', 2),
}


@dataclass(frozen=True)
class Look:
    """What is asked of one path after an effect: its sum, its status, or both in one script."""

    path: str

    def ask(self, words: Sequence[str]) -> str:
        """One look after the other."""
        looks = [look for word, (look, _) in _LOOKS.items() if word in words]
        return "\n".join([f"p={quote_path(self.path)}", *looks])

    def share(self, words: Sequence[str], output: Output) -> Mapping[str, Output]:
        """The lines of each look; in doubt is what is not there, or of which anything else was said."""
        lines = output.stdout.splitlines(keepends=True)
        shared = {}
        for word, (_, count) in _LOOKS.items():
            if word in words:
                told, lines = lines[:count], lines[count:]
                shared[word] = Output(status=0, stdout=b"".join(told))
        whole = output.stdout.count(b"\n") == sum(_LOOKS[word][1] for word in words)
        return shared if whole and not output.status and not output.stderr else {}


@dataclass(frozen=True)
class Sum(Fact[FileText]):
    """Whether a file holds what was foretold, by its sum and size; another one is told as no file."""

    path: str
    foretold: FileText = field(compare=False)

    def ask(self) -> str:
        """The two numbers."""
        return Look(self.path).ask(["sum"])

    def joint(self) -> tuple[Joint, str]:
        """See `Look`."""
        return Look(self.path), "sum"

    def parse(self, output: Output) -> FileText:
        """What was foretold, if the numbers are these."""
        told = [b"%d" % number for number in (self.foretold.checksum, self.foretold.size)]
        return self.foretold if output.stdout.split()[:2] == told else FileText(kind="other")

    def reads(self, resource: str) -> bool:
        """See `Text`."""
        return Text(self.path).reads(resource)


@dataclass(frozen=True)
class Numbers(Fact[PathStatus]):
    """The status of a path; of its owner and group the numbers, to which the names foretold belong."""

    path: str
    foretold: PathStatus = field(compare=False)

    def ask(self) -> str:
        """One line of `ls`."""
        return Look(self.path).ask(["numbers"])

    def joint(self) -> tuple[Joint, str]:
        """See `Look`."""
        return Look(self.path), "numbers"

    def parse(self, output: Output) -> PathStatus:
        """The status, with names that are right if the numbers are those foretold.

        Raises:
            TaskFailed: if the line cannot be read.
        """
        found = parse_ls(self.path, Output(status=0, stdout=output.stdout * 2))
        return replace(found, owner=self.foretold.owner, group=self.foretold.group)

    def reads(self, resource: str) -> bool:
        """See `FileStatus`."""
        return FileStatus(self.path).reads(resource)


@dataclass(frozen=True)
class Status(FileStatus):
    """The whole status, asked together with the sum."""

    def joint(self) -> tuple[Joint, str]:
        """See `Look`."""
        return Look(self.path), "status"
