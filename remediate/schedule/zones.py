"""Time zones by their names, and which one this machine lives in."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from remediate.errors import UsageError

_LOCALTIME = Path("/etc/localtime")


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name.

    Raises:
        UsageError: this machine knows none of that name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(
            f"--timezone: '{name}' is no time zone that this machine knows",
            cure="write such as Europe/Berlin or UTC; if it is one, install the system's tzdata",
        ) from None


def local_zone() -> str:
    """The name of the machine's own time zone: what `TZ` says, or else `/etc/localtime` points to.

    Raises:
        UsageError: the machine does not tell.
    """
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name and not _LOCALTIME.exists():
        return "UTC"  # as the C library takes it
    if not name:
        _, _, name = str(_LOCALTIME.resolve()).rpartition("/zoneinfo/")
    try:
        return zone_of(name).key
    except UsageError:
        raise UsageError("the time zone of this machine has no name", cure="name one: --timezone") from None


def machine_zone() -> ZoneInfo:
    """The time zone of the machine's cron, which has no `TZ` of ours."""
    if not _LOCALTIME.exists():
        return ZoneInfo("UTC")
    with _LOCALTIME.open("rb") as file:
        return ZoneInfo.from_file(file)
