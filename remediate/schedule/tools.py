"""Programs of the system that timers are written with."""

import os
import subprocess
from collections.abc import Sequence

from remediate.errors import UsageError
from remediate.records import dataclass

_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a program left: its exit code, its output, and what it said of a mistake, in one line."""

    code: int
    output: bytes
    said: str


def run_tool(command: Sequence[str], feed: bytes = b"") -> Said:
    """Run one, in the language of programs.

    Raises:
        UsageError: there is none, or it gives no answer.
    """
    try:
        ran = subprocess.run(
            list(command),
            input=feed,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError as error:
        raise UsageError(
            f"{command[0]}: {error.strerror}",
            cure="install it, or name another timer: --with systemd or cron",
        ) from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"{' '.join(command)}: no answer within {_SECONDS:g} s") from None
    said = " ".join(ran.stderr.decode("utf-8", "replace").split())
    return Said(code=ran.returncode, output=ran.stdout, said=said)
