"""The tools that are compared: each brings its files into a folder and says how it is started there."""

import compileall
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from getpass import getuser
from importlib import metadata
from pathlib import Path
from typing import Literal

import remediate
from bench.fleet import BenchFleet
from bench.work.state import pattern

Phase = Literal["first", "again", "dry"]
PHASES: Sequence[Phase] = ("first", "again", "dry")
"""On hosts that nobody has touched; on hosts where all is done; a dry run there."""
FORKS = "32"
"""Hosts side by side, for every tool."""

HERE = Path(__file__).parent
WORK = HERE.parent / "work"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A tool. `prepare` fills its folder; `command` is for one phase, to be run there."""

    name: str
    prepare: Callable[[Path, BenchFleet], None]
    command: Callable[[Path, BenchFleet, Phase], Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    slow: bool = False
    """Whether it takes minutes for 50 hosts: each phase is then measured once."""
    finish: Callable[[Path], None] = lambda _folder: None
    """Ends what a phase leaves running in the folder, which is not measured."""
    version: Callable[[], str] = lambda: ""


def _remediate_files(folder: Path, fleet: BenchFleet) -> None:
    # As pip does with what it installs: else each start compiles all, where Python may not keep byte code.
    compileall.compile_dir(Path(remediate.__file__).parent, quiet=1)
    _bring(folder, {"playbook.yaml": "playbook.yaml", "templates/motd.j2": "templates/motd.j2"})
    (folder / "files").mkdir()
    (folder / "files" / "pattern.dat").write_text(pattern())
    _write_inventory(folder, fleet, "remediate", {"ssh_known_hosts": str(fleet.known_hosts)})


def _remediate(folder: Path, _fleet: BenchFleet, phase: Phase) -> Sequence[str]:
    verb = [sys.executable, "-m", "remediate", "run", "playbook.yaml", "-i", "inventory.yaml", "-f", FORKS]
    return [*verb, "--check"] if phase == "dry" else [*verb, "--state-dir", str(folder / "history")]


def _openssh_files(folder: Path, fleet: BenchFleet) -> None:
    steps = (WORK / "steps.sh").read_text()
    content = f"pattern() {{ cat <<'pattern'\n{pattern()}pattern\n}}\n"
    (folder / "steps.sh").write_text(content + steps)
    lines = [f"{host.address} {fleet.state('openssh', host)} {host.name}" for host in fleet.hosts]
    (folder / "hosts").write_text("\n".join(lines) + "\n")


def _openssh(_folder: Path, fleet: BenchFleet, phase: Phase) -> Sequence[str]:
    return _each_by_ssh(fleet, f"sh -s $1 $2 {'check' if phase == 'dry' else ''} < steps.sh")


def _login(_folder: Path, fleet: BenchFleet, _phase: Phase) -> Sequence[str]:
    return _each_by_ssh(fleet, "true")


def _each_by_ssh(fleet: BenchFleet, command: str) -> Sequence[str]:
    # curve25519 instead of OpenSSH's own first choice, which costs eight times as much CPU.
    ssh = (
        f"ssh -F none -i {fleet.key} -o IdentitiesOnly=yes -o UserKnownHostsFile={fleet.known_hosts} "
        f"-o BatchMode=yes -o KexAlgorithms=curve25519-sha256 -p {fleet.port} {getuser()}@$0 {command}"
    )
    return ["xargs", "-a", "hosts", "-P", FORKS, "-L", "1", "sh", "-c", ssh]


def _fabric_files(folder: Path, fleet: BenchFleet) -> None:
    (folder / "pattern.dat").write_text(pattern())
    hosts = [
        {
            "name": host.name,
            "address": host.address,
            "port": fleet.port,
            "state": str(fleet.state("fabric", host)),
        }
        for host in fleet.hosts
    ]
    (folder / "hosts.json").write_text(json.dumps(hosts))


def _fabric(_folder: Path, fleet: BenchFleet, phase: Phase) -> Sequence[str]:
    program = str(HERE / "fabric_steps.py")
    return [
        sys.executable,
        program,
        "hosts.json",
        str(fleet.key),
        str(fleet.known_hosts),
        "pattern.dat",
        phase,
    ]


def _pyinfra_files(folder: Path, fleet: BenchFleet) -> None:
    _bring(folder, {"motd.j2": "templates/motd.j2"})
    (folder / "pattern.dat").write_text(pattern())
    shutil.copy(HERE / "pyinfra_steps.py", folder / "deploy.py")
    hosts = [
        (host.name, {"ssh_hostname": host.address, "state": str(fleet.state("pyinfra", host))})
        for host in fleet.hosts
    ]
    data = {
        "ssh_port": fleet.port,
        "ssh_user": getuser(),
        "ssh_key": str(fleet.key),
        "ssh_known_hosts_file": str(fleet.known_hosts),
        "ssh_strict_host_key_checking": "yes",
    }
    (folder / "inventory.py").write_text(f"fleet = ({hosts!r}, {data!r})\n")


def pyinfra(programs: Path) -> Peer:
    """Pyinfra, installed in a directory of programs."""

    def command(_folder: Path, _fleet: BenchFleet, phase: Phase) -> Sequence[str]:
        mode = ["--dry"] if phase == "dry" else ["-y"]
        return [str(programs / "pyinfra"), *mode, "--parallel", FORKS, "inventory.py", "deploy.py"]

    return Peer(
        name="pyinfra",
        prepare=_pyinfra_files,
        command=command,
        environment={"PYTHONPATH": ""},
        version=_said(str(programs / "pyinfra"), "--version"),
    )


def _ansible_files(folder: Path, fleet: BenchFleet) -> None:
    _bring(folder, {"templates/motd.j2": "templates/motd.j2"})
    (folder / "files").mkdir()
    (folder / "files" / "pattern.dat").write_text(pattern())
    shutil.copy(HERE / "ansible_steps.yaml", folder / "playbook.yaml")
    own = {
        "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={fleet.known_hosts}",
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    _write_inventory(folder, fleet, "ansible", own)
    # Connections are shared within a run, as people set it up; `_end_connections` keeps them to one run.
    (folder / "ansible.cfg").write_text(
        f"[defaults]\nforks = {FORKS}\nlocalhost_warning = false\n"
        "[ssh_connection]\npipelining = true\n"
        f"ssh_args = -o ControlMaster=auto -o ControlPersist=60s -o ControlPath={folder}/ssh-%C\n"
    )


def _end_connections(folder: Path) -> None:
    for path in folder.glob("ssh-*"):
        command = ["ssh", "-F", "none", "-o", f"ControlPath={path}", "-O", "exit", "host"]
        subprocess.run(command, check=False, capture_output=True)


def ansible(programs: Path) -> Peer:
    """Ansible, installed in a directory of programs, with pipelining and shared connections."""

    def command(_folder: Path, _fleet: BenchFleet, phase: Phase) -> Sequence[str]:
        verb = [str(programs / "ansible-playbook"), "-i", "inventory.yaml", "playbook.yaml"]
        return [*verb, "--check"] if phase == "dry" else verb

    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": ""}
    return Peer(
        name="ansible",
        prepare=_ansible_files,
        command=command,
        environment=environment,
        slow=True,
        finish=_end_connections,
        version=_said(str(programs / "ansible"), "--version"),
    )


def installed(folder: Path, requirements: Sequence[str]) -> Path:
    """The programs of these packages, in an environment of their own; made if it is not there."""
    programs, complete = folder / "bin", folder / "complete"
    if not complete.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *requirements], check=True)
        complete.touch()
    return programs


def packages(folder: Path, requirements: Sequence[str]) -> Path:
    """A directory with these packages for this Python, to be put on its path; made if it is not there."""
    complete = folder / "complete"
    if not complete.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--target", str(folder), *requirements], check=True)
        complete.touch()
    return folder


def versions(peers: Sequence[Peer]) -> dict[str, str]:
    """What each tool says of itself, as far as it does."""
    return {peer.name: found for peer in peers if (found := peer.version())}


def _said(*command: str) -> Callable[[], str]:
    """Asks a program for its version when it is wanted."""

    def ask() -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"\d+\.\d+[\w.]*", done.stdout + done.stderr)
        return found[0] if found else ""

    return ask


def _write_inventory(folder: Path, fleet: BenchFleet, tool: str, own: Mapping[str, str]) -> None:
    """An inventory that Ansible reads, and whoever reads the same; `own` are variables of this tool alone."""
    hosts = {
        host.name: {"ansible_host": host.address, "state": str(fleet.state(tool, host))}
        for host in fleet.hosts
    }
    common = {
        "ansible_port": fleet.port,
        "ansible_user": getuser(),
        "ansible_ssh_private_key_file": str(fleet.key),
        **own,
    }
    (folder / "inventory.yaml").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))


def _bring(folder: Path, files: Mapping[str, str]) -> None:
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(WORK / source, folder / name)


REMEDIATE = Peer(
    name="remediate",
    prepare=_remediate_files,
    command=_remediate,
    version=lambda: metadata.version("remediate"),
)
OPENSSH = Peer(name="openssh", prepare=_openssh_files, command=_openssh, version=_said("ssh", "-V"))
LOGIN = Peer(name="login", prepare=_openssh_files, command=_login)
"""Each host is logged in to, and does nothing: what is left for the work can be told from it."""
FABRIC = Peer(
    name="fabric", prepare=_fabric_files, command=_fabric, version=lambda: metadata.version("fabric")
)
