"""What a test needs of the machine: programs that `.ci/run` installs, or root.

Where they are missing, the test is skipped with the cure on a person's machine, and fails in CI: nothing may
go untested there because a server is missing.
"""

import os
import shutil

import pytest

PACKAGES = {
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "ksh93": "ksh93u+m",
    "busybox": "busybox",
    "mksh": "mksh",
    "posh": "posh",
    "dash": "dash",
    "bash": "bash",
    "sudo": "sudo",
    "tcsh": "tcsh",
    "ps": "procps",
    "chromium": "chromium",
    "pdftotext": "poppler-utils",
    "crontab": "cron",
    "cron": "cron",
    "systemd-analyze": "systemd",
    "systemctl": "systemd",
    "/lib/systemd/systemd": "systemd",
    "unshare": "util-linux",
    "useradd": "passwd",
    "setfacl": "acl",
    "getfacl": "acl",
}
_SYSTEM_PATH = "/usr/sbin:/sbin:/usr/local/sbin"


def require(*programs: str) -> None:
    """Skip the test, or fail it in CI, unless all these programs are installed."""
    path = os.environ.get("PATH", "") + ":" + _SYSTEM_PATH
    missing = [program for program in programs if shutil.which(program, path=path) is None]
    if missing:
        packages = " ".join(PACKAGES.get(program, program) for program in missing)
        _do_without(f"not installed: {', '.join(missing)}; apt-get install {packages}")


def require_root() -> None:
    """Skip the test, or fail it in CI, unless it runs as root."""
    if os.geteuid() != 0:
        _do_without("needs root: it makes users, or files of other owners")


def _do_without(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
