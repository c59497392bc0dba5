"""A lock that tests take: two who want it, and a host that keeps it."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from local_host import run

from remediate.hosts.lock import Found, found, lock_name, look, release
from remediate.hosts.lock_owner import Owner

NAME = lock_name("web1", None)
ANNE = Owner(
    host="web1",
    who="anne@ops1",
    run=f"r{os.getpid()}",
    pid=7,
    place="p1",
    boot="b1",
    since=1000,
    expires=2000,
)
BERT = replace(ANNE, who="bert@ops2", run="r2", pid=8, place="p2")

Ask = Callable[..., Found]


def asker(folder: Path) -> Ask:
    """Carries a text out with its locks in `folder`."""

    def ask(text: str, shell: str = "dash", through: tuple[str, ...] = ()) -> Found:
        return found(run(text.replace("/var/tmp", str(folder)), shell, through=through))

    return ask


def give_back(ask: Ask, owner: Owner, shell: str = "dash", through: tuple[str, ...] = ()) -> None:
    """Release, which has nothing to tell: the look after it."""
    ask(f"( {release(NAME, owner)})\n{look(NAME)}", shell, through)
