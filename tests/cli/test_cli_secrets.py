"""A secret of a plan is shown by nobody: searched for in all that a change leaves, and while it is made."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from sshd import Sshd

PASSWORD = "sesame-for-this-file-alone"  # what others have in their command lines is seen as well
NUMBER = 9988776655
SECRETS = (PASSWORD, str(NUMBER))

PLAYBOOK = """\
- name: secrets
  hosts: all
  tasks:
    - {name: a file, copy: {dest: "{{ root }}/file", content: "key {{ door_password }}\\n"}}
    - {name: a number, copy: {dest: "{{ root }}/number", content: "{{ doors[0].door_token }} {{ doors }}"}}
    - name: a command
      shell:
        cmd: |
          cat > {{ root }}/fed; echo $DOOR > {{ root }}/told
          while test ! -f {{ root }}/go; do sleep 0.1; done
        stdin: "{{ door_password }}"
      environment: {DOOR: "{{ door_password }}"}
    - {name: hidden, copy: {dest: "{{ root }}/hidden", content: "{{ door_password }}"}, no_log: true}
    - name: it fails
      shell: {cmd: "echo {{ q }}$DOOR is wrong{{ q }} >&2; exit 1"}
      environment: {DOOR: "{{ door_password }}"}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the playbook and the inventory of a server behind a real sshd."""
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "root").mkdir()
    (folder / "home" / ".ssh").mkdir(parents=True)
    (folder / "p.yaml").write_text(PLAYBOOK)
    (folder / "secrets.yaml").write_text(f"door_password: {PASSWORD}\ndoors: [{{door_token: {NUMBER}}}]\n")
    with Sshd(folder / "sshd") as server:
        variables = {
            **server.variables(),
            "ansible_remote_tmp": str(folder / "spool"),
            "root": str(folder / "root"),
            "q": '"',
        }
        lines = "".join(f"      {name}: {value!r}\n" for name, value in variables.items())
        (folder / "inventory.yaml").write_text(f"all:\n  hosts:\n    web1:\n{lines}")
        yield folder


def environment(folder: Path) -> Mapping[str, str]:
    """A home and a state of the test's own."""
    kept = {name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"}
    return {**kept, "HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state")}


def command(folder: Path, *words: str) -> "subprocess.Popen[str]":
    """A command of its own, as from a shell."""
    return subprocess.Popen(
        [sys.executable, "-m", "remediate", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env=environment(folder),
    )


def processes() -> str:
    """What everybody on the machine may see of all processes."""
    return subprocess.run(["ps", "-ewwo", "args="], capture_output=True, text=True, check=True).stdout


def holding(directory: Path) -> list[Path]:
    """The files below in which a secret stands."""
    found = []
    for folder, _, names in os.walk(directory):
        for file in (Path(folder, name) for name in names):
            with suppress(FileNotFoundError):  # a command may come to its end meanwhile
                content = file.read_bytes()
                found += [file] if any(each.encode() in content for each in SECRETS) else []
    return found


def test_nobody_shows_it(site: Path) -> None:
    """Neither plan, views, events, store nor screen; while a command runs, neither its spool nor `ps`."""
    secret = ("-e", "@secrets.yaml")
    kept = site / "kept"
    kept.mkdir()
    views = ("--html", "kept/change.html", "--markdown", "kept/change.md")
    planning = command(
        site, "plan", "p.yaml", "-i", "inventory.yaml", *secret, "-o", "kept/change.plan", *views
    )
    told = planning.communicate()[0]
    assert planning.returncode == 0, told
    seen, spools = "", 0
    words = ("-vv", "-D", "--events", "kept/events")
    with command(site, "apply", "kept/change.plan", *secret, *words) as applying:
        while applying.poll() is None:
            seen += processes()
            spools += (site / "spool").exists()
            if spools > 1:
                (site / "root" / "go").touch()
            # What a command itself prints has to lie there until it is collected: one prints the secret.
            assert [path for path in holding(site / "spool") if path.name != "err"] == []
            time.sleep(0.1)
        assert applying.stdout is not None
        told += applying.stdout.read()
    assert applying.returncode == 2, told
    assert spools > 1
    assert "remediate apply kept/change.plan" in seen
    for words in (("show", "kept/change.plan"), ("history", "show", "1", "web1"), ("history", "--json")):
        told += command(site, *words).communicate()[0]
    for words in (("undo", "1", "-C", "-D"), ("undo", "1", "-D", "-vv")):
        undoing = command(site, *words, *secret)
        told += undoing.communicate()[0]
        assert undoing.returncode == 0, told
    assert not any(secret in text for secret in SECRETS for text in (seen, told))
    assert "Traceback" not in told
    assert holding(kept) == []
    assert holding(site / "state") == []
    assert not any((site / "spool").rglob("*"))
    assert {file.name for file in holding(site / "root")} == {"fed", "told"}
