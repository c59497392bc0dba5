"""Schedules under a real systemd, the manager of a user, and a real cron, in namespaces of their own."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from needs import require

pytestmark = pytest.mark.root

PLAYBOOK = "- hosts: all\n  tasks: [{name: the notice is there, stat: {path: /etc/motd}}]\n"
INVENTORY = "all: {hosts: {one: {ansible_host: 127.0.0.1, ansible_port: 1}}}\n"

SYSTEMD = """\
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/user/0  # so that systemd takes itself for the one that booted
/lib/systemd/systemd --user --log-target=console > manager.log 2>&1 &
for each in `seq 600`; do
  test "`systemctl --user is-system-running 2>/dev/null`" = running && break
  sleep 0.1
done
remediate() { "$PYTHON" -P -m remediate "$@" --state-dir state; }
say() { echo "== $*"; }

say added
remediate schedule add nightly --playbook look.yaml -i hosts.yaml --on "daily $AT" --timezone Europe/Berlin
systemctl --user is-enabled remediate-nightly.timer
systemctl --user is-active remediate-nightly.timer
systemctl --user show --property=TimersCalendar remediate-nightly.timer
say early
systemctl --user start remediate-nightly.service
remediate schedule list
say late
sed -i 's/"added": "[^"]*"/"added": "2026-01-01T00:00:00+00:00"/' state/schedules/nightly.json
systemctl --user start remediate-nightly.service
remediate schedule list
say removed
remediate schedule remove nightly
systemctl --user list-timers --all
find "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" -type f
test -d state/schedules || echo forgotten
"""


CRON = """\
set -e
mkdir spool empty
mount --bind spool /var/spool/cron/crontabs
mount --bind empty /etc/cron.d
mount --bind /dev/null /etc/crontab
mount -t tmpfs tmpfs /run
remediate() { "$PYTHON" -P -m remediate "$@" --state-dir state; }
say() { echo "== $*"; }

say added
echo '0 0 1 1 * /usr/bin/true' | crontab -
remediate schedule add often --playbook look.yaml -i hosts.yaml --cron '* * * * *' --with cron
cron -f &
for each in `seq 150`; do
  grep -q '"code": 4' state/schedules/often.json && break
  sleep 1
done
say called
remediate schedule list
say removed
remediate schedule remove often
crontab -l
test -d state/schedules || echo forgotten
"""


def in_namespaces(folder: Path, script: str, **variables: str) -> dict[str, str]:
    """What a script says there, by the headings that it gives."""
    (folder / "look.yaml").write_text(PLAYBOOK)
    (folder / "hosts.yaml").write_text(INVENTORY)
    ran = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", script],
        cwd=folder,
        env={
            **os.environ,
            **variables,
            "PYTHON": sys.executable,
            "XDG_RUNTIME_DIR": "/run/user/0",
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    said = dict(part.split("\n", 1) for part in ran.stdout.split("== ")[1:])
    assert "removed" in said, ran.stdout + ran.stderr
    return said


def test_a_schedule_comes_and_goes(tmp_path: Path) -> None:
    """systemd knows its times, runs its unit, takes a host that is down for no failure, and forgets it."""
    require("unshare", "systemctl", "/lib/systemd/systemd")
    at = f"{datetime.now(UTC) + timedelta(hours=12):%H}:00"  # so that it does not become due meanwhile
    said = in_namespaces(tmp_path, SYSTEMD, AT=at)
    assert "called by systemd\nenabled\nactive\n" in said["added"]
    assert f"OnCalendar=*-*-* {at}:00 Europe/Berlin" in said["added"]
    assert said["early"].splitlines()[1].endswith("-     -")
    assert said["late"].splitlines()[1].endswith("unreachable")
    assert said["removed"].startswith("nightly: removed\n")
    assert said["removed"].endswith("\n0 timers listed.\nforgotten\n")


def test_cron_calls_it(tmp_path: Path) -> None:
    """At the next minute, from the crontab of the user; and his own lines stay."""
    require("unshare", "cron", "crontab")
    said = in_namespaces(tmp_path, CRON)
    assert said["called"].splitlines()[1].endswith("unreachable")
    assert said["removed"] == "often: removed\n0 0 1 1 * /usr/bin/true\nforgotten\n"
