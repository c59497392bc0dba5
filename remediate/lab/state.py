"""The files that a lab is remembered by: what was drawn, and each server's state and commands."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from remediate.errors import UsageError
from remediate.lab.draw import LabServer, ServerState
from remediate.lab.paths import LabPaths, ServerPaths
from remediate.lab.site import Site
from remediate.records import dataclass

SshServer = Literal["embedded", "openssh"]
Story = Literal["license", "articles"]


@dataclass(frozen=True, kw_only=True)
class LabPlan:
    """What `lab_up` was asked for and what came of it."""

    story: Story = "license"
    faults: tuple[str, ...] = ()
    hosts: int
    seed: int
    not_renewed: int | None
    sshd: SshServer
    user: str
    servers: tuple[LabServer, ...]

    @property
    def machines(self) -> tuple[LabServer, ...]:
        """The first server of each machine, which stands for it: all partitions share one sshd."""
        return tuple(server for server in self.servers if server.machine == server.name)

    @property
    def web_servers(self) -> tuple[LabServer, ...]:
        """The servers that have HTTP on."""
        return tuple(server for server in self.servers if server.site and server.site.http != "off")

    def partitions(self, machine: LabServer) -> tuple[LabServer, ...]:
        """All servers of a machine."""
        return tuple(server for server in self.servers if server.machine == machine.name)

    def web_ports(self, machine: LabServer) -> tuple[int, ...]:
        """The ports of the HTTP tasks of a machine's servers."""
        sites = [server.site for server in self.partitions(machine) if server in self.web_servers]
        return tuple(site.http_port for site in sites if site is not None)


def existing_lab(directory: Path) -> LabPaths:
    """The lab that lies in `directory`, whether it is up or down.

    Raises:
        UsageError: if there is none.
    """
    lab = LabPaths(directory.resolve())
    if not lab.plan.is_file():
        raise UsageError(
            "no lab in this directory", where=str(lab.directory), cure="start one: remediate lab up --dir DIR"
        )
    return lab


def write_plan(paths: LabPaths, plan: LabPlan) -> None:
    """Keep the plan in `run/lab.json`."""
    _write_json(paths.plan, asdict(plan))


def read_plan(paths: LabPaths) -> LabPlan:
    """The plan as `write_plan` kept it."""
    data = json.loads(paths.plan.read_text(encoding="utf-8"))
    servers = tuple(map(_server, data.pop("servers")))
    return LabPlan(**{**data, "faults": tuple(data["faults"])}, servers=servers)


def _server(data: Mapping[str, Any]) -> LabServer:
    site = None if data["site"] is None else Site(**data["site"])
    return LabServer(**{**data, "builds": tuple(data["builds"]), "site": site})


def write_state(paths: ServerPaths, state: ServerState) -> None:
    """Keep the server's state; whoever reads meanwhile sees the old one or the new one."""
    _write_json(paths.state, asdict(state))


def read_state(paths: ServerPaths) -> ServerState:
    """The server's state as it was last kept."""
    data = json.loads(paths.state.read_text(encoding="utf-8"))
    return ServerState(**{**data, "tasks": tuple(data["tasks"])})


def note_command(paths: ServerPaths, command: str, now: datetime) -> None:
    """Add a console command to the server's journal."""
    entry = {"time": now.isoformat(timespec="milliseconds"), "command": command}
    with paths.commands.open("a", encoding="utf-8") as journal:
        journal.write(json.dumps(entry) + "\n")


def read_commands(paths: ServerPaths) -> Sequence[str]:
    """All console commands that the server received, oldest first."""
    if not paths.commands.exists():
        return []
    return [json.loads(line)["command"] for line in paths.commands.read_text(encoding="utf-8").splitlines()]


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    beside = path.with_name(path.name + ".new")
    beside.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    beside.replace(path)
