"""Whether a host knows a user or a group by its name."""

from pathlib import Path
from typing import Literal

import pytest
from local_host import SHELLS, answer, old_path

from remediate.facts.accounts import Account


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("kind", ["user", "group"])
def test_names_are_known_or_not(shell: str, kind: Literal["user", "group"]) -> None:
    """In every shell, also names that look like something else."""
    known = {"user": "daemon", "group": "bin"}[kind]
    assert answer(Account(kind, known), shell)
    for name in ("nobody-of-this-name", "-print", "it's $(id)", "a b"):
        assert not answer(Account(kind, name), shell)


def test_what_cannot_be_asked_is_no_reason_to_refuse(tmp_path: Path) -> None:
    """Where there is no `find`, or none that looks names up, a name may be right."""
    assert answer(Account("user", "nobody-of-this-name"), through=old_path(tmp_path / "bin"))


def test_what_changes_the_answer() -> None:
    """The files in which accounts are kept, and what is above them."""
    account = Account("user", "ann")
    assert [account.reads(path) for path in ("/etc/group", "/etc", "/etc/motd")] == [True, True, False]
