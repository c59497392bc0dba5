"""Who made a plan, as far as approvals need it: the keys that he could have approved it with.

They are recorded without being asked for, when the plan is made: all public keys in `~/.ssh` and of the SSH
agent. So nobody has to think of it, and a plan of someone of whom no key is known is not approved by anyone.
His home is looked for in the system's list of users as well: `$HOME` is whatever he says.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from remediate.errors import UsageError
from remediate.review.signatures import keys_in
from remediate.review.ssh_keygen import ssh_keygen

_AGENT_SECONDS = 10.0
_LARGEST = 100_000
"""Bytes of a file that may be a key."""


def planner_keys() -> tuple[str, ...]:
    """The fingerprints of the keys that this user has: those in `~/.ssh`, and those of the agent.

    Raises:
        UsageError: if the agent does not answer.
    """
    found = set(_of_agent())
    for home in _homes():
        with contextlib.suppress(OSError):
            for file in sorted((home / ".ssh").iterdir()):
                with contextlib.suppress(OSError, ValueError):
                    found.update(_of_file(file))
    return tuple(sorted(found))


def _homes() -> set[Path]:
    homes = set()
    with contextlib.suppress(RuntimeError):  # neither the environment nor the system knows of one
        homes.add(Path.home())
    with contextlib.suppress(KeyError):  # a number without a name, as in some containers
        homes.add(Path(pwd.getpwuid(os.getuid()).pw_dir))
    return homes


def _of_file(file: Path) -> list[str]:
    """The keys in a `.pub` file, or of a private key, which tells its public part without a passphrase."""
    if not file.is_file() or file.stat().st_size > _LARGEST:
        return []
    text = file.read_text("ascii", "replace")
    if file.suffix == ".pub":
        return [each for _, each in keys_in(text)]
    if not text.startswith("-----BEGIN ") or shutil.which("ssh-keygen") is None:
        return []
    ended = ssh_keygen("-l", "-f", str(file))
    return [word for word in ended.out.split() if word.startswith("SHA256:")][:1]


def _of_agent() -> list[str]:
    if not os.environ.get("SSH_AUTH_SOCK"):
        return []
    try:
        done = subprocess.run(
            ["ssh-add", "-L"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_AGENT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(
            "the SSH agent does not say which keys it has", cure="mend it, or run: env -u SSH_AUTH_SOCK ..."
        ) from None
    except OSError:  # no ssh-add: then nobody can use the agent here either
        return []
    return [each for _, each in keys_in(done.stdout.decode("ascii", "replace"))]
