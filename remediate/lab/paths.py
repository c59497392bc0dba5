"""Where everything of a lab lies below its directory.

    inventory.yaml  known_hosts  id_ed25519  id_ed25519.pub
    hosts/NAME/           the server's world: all that an SSH session can see of it
    run/lab.json          what was drawn, and on which ports it answers
    run/lab.pid           locked by the lab's process for as long as it lives, and holds its number
    run/lab.log           what that process has to say
    run/console.fifo      where the servers' console commands arrive
    run/NAME/state.json   the licence, and whether smdreal runs
    run/NAME/commands.jsonl   every console command received, with its time
    run/NAME/smconf.json  the documents of its smconf.nsf, in the articles' story
    run/NAME/host_key     and, behind a real sshd, its configuration
    packages/             hot fixes and a pattern file, in the articles' story

What changes by a mere question lies outside of the worlds, but for the console log.
"""

from pathlib import Path

from remediate.lab.draw import LabServer
from remediate.records import dataclass


@dataclass(frozen=True)
class LabPaths:
    """The paths of the lab in `directory`, which is absolute and without symbolic links."""

    directory: Path

    @property
    def inventory(self) -> Path:
        """What `remediate -i` takes."""
        return self.directory / "inventory.yaml"

    @property
    def known_hosts(self) -> Path:
        """The host keys of all servers, in OpenSSH's form."""
        return self.directory / "known_hosts"

    @property
    def private_key(self) -> Path:
        """The only key that opens the servers."""
        return self.directory / "id_ed25519"

    @property
    def public_key(self) -> Path:
        """The other half of `private_key`."""
        return self.directory / "id_ed25519.pub"

    @property
    def hosts(self) -> Path:
        """The folder of all worlds."""
        return self.directory / "hosts"

    @property
    def run(self) -> Path:
        """The folder of what moves the worlds from outside."""
        return self.directory / "run"

    @property
    def plan(self) -> Path:
        """What was drawn; a directory with this file is a lab."""
        return self.run / "lab.json"

    @property
    def pid(self) -> Path:
        """The lock and the number of the lab's process."""
        return self.run / "lab.pid"

    @property
    def log(self) -> Path:
        """What the lab's process has to say."""
        return self.run / "lab.log"

    @property
    def console(self) -> Path:
        """The FIFO into which the servers' console stubs write."""
        return self.run / "console.fifo"

    def of(self, server: LabServer) -> "ServerPaths":
        """The paths of one server."""
        return ServerPaths(server, self.hosts / server.machine, self.run / server.name)

    @property
    def packages(self) -> Path:
        """Where an administrator's copies of hot fixes and patterns lie."""
        return self.directory / "packages"


@dataclass(frozen=True)
class ServerPaths:
    """The paths of one server: its `world`, and what is kept of it outside, in `run`."""

    server: LabServer
    world: Path
    run: Path

    @property
    def home(self) -> Path:
        """Where a login arrives."""
        return self.world / "home" / "notes"

    @property
    def data(self) -> Path:
        """The Domino data directory."""
        return self.world / self.server.domino_data

    @property
    def program(self) -> Path:
        """The Domino program directory, which has `bin/server`."""
        return self.world / self.server.domino_program

    @property
    def smd_install(self) -> Path:
        """ScanMail's install directory, which has `program/V*.*.*.NNNN`."""
        return self.world / self.server.smd_install

    @property
    def console_log(self) -> Path:
        """Where the answers to console commands appear; not there before the first on some servers."""
        moved = self.server.site.console_log if self.server.site else ""
        return self.data / (moved or "IBM_TECHNICAL_SUPPORT/console.log")

    @property
    def console_database(self) -> Path:
        """What stands for ScanMail's `smconf.nsf`: changes when the licence does."""
        return self.data / "smd" / "smconf.nsf"

    @property
    def state(self) -> Path:
        """The server's state, for people and independent checks."""
        return self.run / "state.json"

    @property
    def commands(self) -> Path:
        """Every console command received, one JSON object a line."""
        return self.run / "commands.jsonl"

    @property
    def documents(self) -> Path:
        """The documents of `smconf.nsf`, deleted ones as stubs."""
        return self.run / "smconf.json"

    @property
    def edits(self) -> Path:
        """Where the fault `somebody_edits` counts how often it has struck."""
        return self.run / "edits"

    @property
    def configuration(self) -> Path:
        """ScanMail's configuration file, in the articles' story."""
        return self.world / (self.server.site.configuration if self.server.site else "etc/LABsmd.ini")

    @property
    def patterns(self) -> Path:
        """The directory of pattern files, in the articles' story."""
        return self.smd_install / (self.server.site.pattern_directory if self.server.site else "LABpattern")

    @property
    def loaded_tasks(self) -> Path:
        """A directory with one file for each of ScanMail's tasks that is loaded, in the articles' story."""
        return self.smd_install / "LAB.tasks"

    @property
    def staging(self) -> Path:
        """Where a hot fix may be laid, in the articles' story: a directory of this partition alone."""
        return self.world / "var" / "lab-staging" / self.server.name

    @property
    def install_marker(self) -> Path:
        """There while a hot fix is being installed, and after that was cut short."""
        return self.smd_install / "LAB.install-under-way"

    @property
    def certificate(self) -> Path:
        """The certificate of the HTTP task, signed by itself; its key is beside it."""
        return self.run / "http.pem"

    @property
    def certificate_key(self) -> Path:
        """The private half of the HTTP task's certificate."""
        return self.run / "http.key"

    @property
    def start_script(self) -> Path:
        """A script to give console commands with, on some servers of the articles' story."""
        return self.world / "opt" / "lab" / "startscript" / "rc_domino"

    @property
    def host_key(self) -> Path:
        """The private half of the server's host key."""
        return self.run / "host_key"

    @property
    def environment(self) -> dict[str, str]:
        """All that a session in this world has of an environment."""
        return {
            "HOME": str(self.home),
            "LOGNAME": "notes",
            "PATH": f"{self.world / 'bin'}:/usr/bin:/bin",
            "SHELL": "/bin/sh",
        }
