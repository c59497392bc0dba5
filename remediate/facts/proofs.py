"""Cheaper questions in the place of those that would tell everything: is a file as it was foretold?

They rest on what the guards rest on, a file's sum and size, and on the numbers of its owner and group where
their names are known. What is otherwise than foretold, the questions themselves must tell.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from remediate.answers import Unknown
from remediate.bourne import ALL_AS_OUTPUT
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Joint, Output
from remediate.facts.files import FileStatus, FileText, PathStatus, Text, parse_ls
from remediate.facts.together import are_alike, is_plain, sums_by_name, told_by_ls
from remediate.records import dataclass


@dataclass(frozen=True)
class Owners:
    """Names of users and groups that a host has told, by their numbers."""

    users: tuple[tuple[int, str], ...]
    groups: tuple[tuple[int, str], ...]


def owners_among(answers: Iterable[Any]) -> Owners | None:
    """What the statuses among these answers tell of it; None if nothing."""
    told = [owner for each in answers if (owner := _owner(each)) is not None]
    users, groups = {u: user for user, _, u, _ in told}, {g: group for _, group, _, g in told}
    return Owners((*users.items(),), (*groups.items(),)) if told else None


def proving(fact: Fact[Any], before: Any, after: Any, owners: Owners | None = None) -> Fact[Any]:
    """The question to ask after an effect: its answer agrees with `after` only where that to `fact` does.

    Args:
        fact: what was answered with `before`.
        before: where the names of owner and group were told with their numbers.
        after: as it was foretold.
        owners: whose names are known, for what has an owner only now.
    """
    if isinstance(fact, Text | FileStatus) and is_plain(fact.path):
        if isinstance(after, FileText) and after.kind == "file":
            return Sum(fact.path, after)
        if isinstance(after, PathStatus) and isinstance(after.kind, str) and after.kind in _PLAIN_KINDS:
            known = _owners_of(before, after) or (owners if _is_made(after) else None)
            return Numbers(fact.path, known) if known else Status(fact.path)
    return fact


def _owners_of(before: Any, after: PathStatus) -> Owners | None:
    """Owner and group of what keeps both; None if it does not, or not all is known of them."""
    owner = _owner(after)
    return owners_among([after]) if owner is not None and owner == _owner(before) else None


def _owner(answer: Any) -> tuple[str, str, int, int] | None:
    """Owner and group, and their numbers; None if not all of them are known, or nothing is there."""
    if not isinstance(answer, PathStatus) or answer.kind == "absent":
        return None
    owner = (answer.owner, answer.group, answer.uid, answer.gid)
    return None if any(isinstance(each, Unknown) for each in owner) else owner


def _is_made(after: PathStatus) -> bool:
    """Whether only the host tells whose it will be."""
    return all(isinstance(each, Unknown) for each in (after.owner, after.group, after.uid, after.gid))


_PLAIN_KINDS = ("file", "directory")


@dataclass(frozen=True)
class Looks:
    """What is asked of paths after effects, sums and status, by as few programs as one path would take.

    Each word is what is asked, and the path.
    """

    def ask(self, words: Sequence[str]) -> str:
        """The sums come first: no line of `ls` begins with a digit."""
        summed, named, numbered = _paths(words)
        # What is no regular file may have no end.
        looks = [
            (summed, 'f=\nfor p in {}; do test -f "$p" && f="$f $p"; done\n'),
            (summed, 'test -z "$f" || cksum $f 2>/dev/null\n'),
            (named, "ls -ld {}\n"),
            (numbered, "exec ls -ldn {}\n"),
        ]
        return ALL_AS_OUTPUT + "".join(look.format(" ".join(paths)) for paths, look in looks if paths)

    def share(self, words: Sequence[str], output: Output) -> Mapping[str, Output]:
        """What was printed of each; in doubt is what is not there, or of which anything else was said."""
        summed, named, numbered = _paths(words)
        rest = _SUMS.sub(b"", output.stdout)
        sums = sums_by_name(output.stdout.removesuffix(rest), summed) or {}
        told = told_by_ls(rest, Counter([*named, *numbered]))
        shared = {f"sum {path}": b"%d %d" % numbers for path, numbers in sums.items()}
        for path, (lines, messages) in told.items():
            if not messages and are_alike(lines[0], lines[-1]):
                shared[f"status {path}"] = b"\n".join(lines[:2])
                shared[f"numbers {path}"] = lines[-1]
        return {word: Output(status=0, stdout=shared[word] + b"\n") for word in words if word in shared}


def _paths(words: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """The paths whose sum, whose names of owner and group, and whose numbers are asked."""
    asked = [word.split(" ", 1) for word in words]
    summed, named, numbers = (
        [path for what, path in asked if what == look] for look in ("sum", "status", "numbers")
    )
    return summed, named, named + numbers


_SUMS = re.compile(rb"\A(\d.*\n)+")


@dataclass(frozen=True)
class Sum(Fact[FileText]):
    """Whether a file holds what was foretold, by its sum and size; another one is told as no file."""

    path: str
    foretold: FileText = field(compare=False)

    def ask(self) -> str:
        """The two numbers."""
        return Looks().ask([f"sum {self.path}"])

    def joint(self) -> tuple[Joint, str]:
        """See `Looks`."""
        return Looks(), f"sum {self.path}"

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
    owners: Owners = field(compare=False)

    def ask(self) -> str:
        """One line of `ls`."""
        return Looks().ask([f"numbers {self.path}"])

    def joint(self) -> tuple[Joint, str]:
        """See `Looks`."""
        return Looks(), f"numbers {self.path}"

    def parse(self, output: Output) -> PathStatus:
        """The status, with the names that belong to the numbers.

        Raises:
            TaskFailed: if the line cannot be read, or these are not known.
        """
        found = parse_ls(self.path, Output(status=0, stdout=output.stdout * 2))
        owner, group = dict(self.owners.users).get(found.uid), dict(self.owners.groups).get(found.gid)
        if owner is None or group is None:
            raise TaskFailed(f"whose {self.path} is was not told")
        return replace(found, owner=owner, group=group)

    def reads(self, resource: str) -> bool:
        """See `FileStatus`."""
        return FileStatus(self.path).reads(resource)


@dataclass(frozen=True)
class Status(FileStatus):
    """The whole status, asked together with the sum."""

    def joint(self) -> tuple[Joint, str]:
        """See `Looks`."""
        return Looks(), f"status {self.path}"
