"""A change under review: its playbook and plan, the people who make and approve it, and their keys."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from needs import require

Command = Callable[..., tuple[int, str, str]]

PASSWORD = "open-sesame"

PLAYBOOK = """\
- name: announce
  hosts: all
  tasks:
    - name: the notice
      copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: "closed\\nask for {{ door_password }}\\n"}
    - name: the bell
      shell: {cmd: "echo rung >> {{ root }}/{{ inventory_hostname }}.log"}
      environment: {DOOR: "{{ door_password }}"}
    - {name: broken, fail: {msg: not for this one}, when: inventory_hostname == 'bad'}
"""


class Desk:
    """What the planner has before him. Every command is searched for the password and for tracebacks."""

    def __init__(self, folder: Path, command: Command) -> None:
        require("ssh-keygen")
        self.folder = folder
        self.plan_file = folder / "change.plan"
        self.signers = folder / "allowed_signers"
        self.told = ""
        """All that was ever shown."""
        self._command = command
        (folder / "p.yaml").write_text(PLAYBOOK)
        (folder / "secrets.yaml").write_text(f"door_password: {PASSWORD}\n")
        (folder / "home" / ".ssh").mkdir()
        self.own_key = self.key("home/.ssh/id_ed25519")
        self.signers.write_text("")

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Run a command."""
        code, out, err = self._command(*words)
        self.told += out + err
        assert PASSWORD not in out + err
        assert "Traceback" not in out + err
        return code, out, err

    def plan(self, hosts: str = "one,two,", *words: str) -> tuple[int, str, str]:
        """Make the plan for these hosts."""
        root = self.folder / "root"
        given = ("-e", f"root={root}", "-e", "@secrets.yaml", "-o", "change.plan")
        return self("plan", "p.yaml", "-i", hosts, *given, *words)

    def apply(self, *words: str) -> tuple[int, str, str]:
        """Carry the plan out, with its secret."""
        return self("apply", "change.plan", "-e", "@secrets.yaml", *words)

    def key(self, name: str) -> Path:
        """A new SSH key."""
        path = self.folder / name
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", str(path)], check=True
        )
        return path

    def allow(self, principal: str, key: Path) -> None:
        """One more who may approve."""
        public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
        with self.signers.open("a") as file:
            file.write(f"{principal} {public}\n")

    def colleague(self, name: str) -> Path:
        """Somebody who may approve: his key."""
        key = self.key(name)
        self.allow(f"{name}@example.com", key)
        return key

    def on(self, host: str) -> dict[str, str]:
        """What the change has made on a host, by the file's name."""
        return {file.name: file.read_text() for file in (self.folder / "root").glob(f"{host}*")}

    def stored(self) -> str:
        """Every byte of the plan, its views and the store."""
        kept = [*self.folder.glob("change.*"), *(self.folder / "state").rglob("*")]
        return "".join(file.read_bytes().decode("latin-1") for file in kept if file.is_file())


DONE = {"{}": f"closed\nask for {PASSWORD}\n", "{}.log": "rung\n"}


def done(host: str) -> dict[str, str]:
    """What the change makes on a host."""
    return {name.format(host): text for name, text in DONE.items()}
