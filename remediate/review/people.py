"""The people whom a file of allowed signers names, and which of them has made a plan.

A person is whoever shares a principal or a key: one principal with several keys is one person, and so is one
key with several principals.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from remediate.errors import Place, UsageError
from remediate.review.plan import Plan
from remediate.review.signatures import keys_in


class People:
    """Each person as the fingerprints of the keys and the principals that are his."""

    def __init__(self, allowed_signers: Path) -> None:
        """Read the file.

        Raises:
            UsageError: if it cannot be read, or a line of it names nobody: ssh-keygen would read no further.
        """
        try:
            text = allowed_signers.read_text("utf-8", "replace")
        except OSError as error:
            raise UsageError(f"{allowed_signers}: cannot be read: {error.strerror}") from None
        self._people: list[set[str]] = []
        for number, line in enumerate(text.splitlines(), 1):
            entries = [(before, key) for before, key in keys_in(line) if _principals(before)]
            if line.strip() and not line.lstrip().startswith("#") and not entries:
                raise UsageError(
                    "no entry of allowed signers",
                    where=Place(str(allowed_signers), number),
                    cure="write such as: ann@example.com ssh-ed25519 AAAA..., see ssh-keygen(1)",
                )
            for before, key in entries:
                self.add({key, *_principals(before)})

    def add(self, known: Iterable[str]) -> None:
        """These keys and principals are one person's."""
        one = set(known)
        same = [each for each in self._people if not each.isdisjoint(one)]
        self._people = [*(each for each in self._people if each not in same), one.union(*same)]

    def person(self, known: str) -> frozenset[str]:
        """All that is known of whoever has this key or principal."""
        return frozenset(next((each for each in self._people if known in each), ()))

    def planner(self, plan: Plan) -> frozenset[str] | None:
        """All that is known of whoever has made the plan; None if nobody can say who that is among them."""
        user = _user(plan.planner)
        keys = frozenset(plan.planner_keys)
        found = [
            each
            for each in self._people
            if not each.isdisjoint(keys) or any(_user(name) == user for name in each if not _is_key(name))
        ]
        return keys.union(*found) if found or keys else None


def _principals(before: str) -> list[str]:
    """The principals of a line of allowed signers, of which this is what stands before the key."""
    quoted = re.match(r'"([^"]*)"', before)
    return [each for each in (quoted[1] if quoted else before.partition(" ")[0]).split(",") if each]


def _user(name: str) -> str:
    """The user name of a principal or planner, at whatever address: `ann` of `Ann@example.com`."""
    return name.partition("@")[0].lower()


def _is_key(name: str) -> bool:
    return name.startswith("SHA256:")
