"""Many connections at once: the limits of this machine."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from hosts_makers import MakeHost, refusal
from sshd import Sshd

LIMITED = """
import resource, sys
from remediate.cli.main import main
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
sys.exit(main(sys.argv[3:]))
"""


def test_the_limit_of_open_files_is_raised(server: Sshd, tmp_path: Path) -> None:
    """As far as the system allows; what a shell is given at first is not enough for a fleet."""
    lines = [f"web{number}" for number in range(40)]
    values = [f"{name}={value}" for name, value in server.variables().items()]
    inventory = tmp_path / "hosts.ini"
    inventory.write_text("\n".join([*lines, "[all:vars]", *values, ""]))
    words = ["30", "400", "ping", "all", "-i", str(inventory), "-f", "40"]
    command = [sys.executable, "-c", LIMITED, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "40 hosts: 40 ok, 0 failed, 0 unreachable")


@pytest.mark.parametrize(
    "error", [OSError(errno.EMFILE, "Too many open files"), RuntimeError("can't start new thread")], ids=str
)
def test_limits_that_are_reached_are_told(
    error: Exception, server: Sshd, connect: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What this machine has no more of, and what to do; it is tried again, as others may have ended."""

    def dial(*_: object) -> None:
        raise error

    monkeypatch.setattr("remediate.hosts.connect.dial", dial)
    message = refusal(connect, server.target())
    assert f"on this machine: {error} (3 attempts)" in message
    assert "lower --forks" in message
