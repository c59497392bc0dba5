"""A lab from outside: bring it up, look at it, take it down."""

import os
import pwd
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from remediate.errors import UsageError
from remediate.lab.articles import Drawn, draw_articles
from remediate.lab.articleworld import write_article_world
from remediate.lab.certificates import write_certificate
from remediate.lab.documents import Store
from remediate.lab.draw import LabServer, Licence, Platform, draw_fleet
from remediate.lab.faults import faults_together, spread_faults
from remediate.lab.inventory import write_inventory
from remediate.lab.keys import write_key
from remediate.lab.openssh import find_sshd, write_sshd_files
from remediate.lab.packages import write_packages
from remediate.lab.paths import LabPaths
from remediate.lab.ports import answering, bound, with_ports, write_known_hosts
from remediate.lab.process import LabLock, died, lock_lab, release_lab, start_process, stop_process
from remediate.lab.state import (
    LabPlan,
    SshServer,
    Story,
    existing_lab,
    read_plan,
    read_state,
    write_plan,
    write_state,
)
from remediate.lab.tampering import check_faults, lay_faults, lift_faults
from remediate.lab.world import write_history, write_world
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class LabFleet:
    """A lab that is up: what is needed to log on to its servers."""

    paths: LabPaths
    user: str
    servers: tuple[LabServer, ...]


@dataclass(frozen=True, kw_only=True)
class ServerStatus:
    """One server of a lab; `up` means that SSH answers, `case` is what the articles' story drew it for."""

    name: str
    port: int
    up: bool
    platform: Platform
    licence: Licence
    renewed_on_portal: bool
    smdreal_running: bool
    case: str = ""


def lab_up(
    directory: Path,
    *,
    hosts: int = 8,
    seed: int = 0,
    sshd: SshServer = "embedded",
    not_renewed: int | None = None,
    story: Story = "license",
    faults: Collection[str] = frozenset(),
) -> LabFleet:
    """Start a lab in `directory` and return when every server answers.

    A new lab is drawn from `hosts` and `seed`. In the licence's story, `not_renewed` says how many licences
    nobody has paid for; a quarter unless said. The articles' story has every state of both articles, from 40
    hosts on all of them. A lab that was taken down comes up again as it was left, on its former ports;
    `faults`, as `remediate.lab.faults` has them, belong to this start alone.

    Raises:
        UsageError: the directory holds something else, another lab, or one that is up; a port is taken;
            there is no sshd for `openssh`; the numbers are out of range; or a fault is not to be had.
        RemediateError: the lab's process did not come up; the error has the last lines of its log.
    """
    lab = LabPaths(directory.resolve())
    drawn = _draw(hosts, seed, not_renewed, story)
    asked = LabPlan(
        hosts=hosts,
        seed=seed,
        not_renewed=not_renewed,
        sshd=sshd,
        user=pwd.getpwuid(os.geteuid()).pw_name,
        servers=tuple(each.server for each in drawn),
        story=story,
        faults=tuple(sorted(faults)),
    )
    check_faults(asked)
    if sshd == "openssh":
        find_sshd()
    _prepare_directory(lab)
    lock = lock_lab(lab)
    if lock is None:
        raise UsageError("this lab is up already", where=str(lab.directory), cure="take it down first")
    try:
        plan = _former_plan(lab, asked)
        if plan is None:
            plan = asked
            _write_new_lab(lab, plan, drawn)
        return _start(lab, lock, plan)
    finally:
        release_lab(lock)


def lab_status(directory: Path) -> tuple[ServerStatus, ...]:
    """How each server of the lab in `directory` is, in the order they were drawn.

    Raises:
        UsageError: if there is no lab.
    """
    lab = existing_lab(directory)
    plan = read_plan(lab)
    lock = lock_lab(lab)
    if lock is not None:
        release_lab(lock)
    up = answering({server.port for server in plan.servers}) if lock is None else set()
    status = []
    for server in plan.servers:
        state = read_state(lab.of(server))
        status.append(
            ServerStatus(
                name=server.name,
                port=server.port,
                up=server.port in up,
                platform=server.platform,
                licence=state.licence,
                renewed_on_portal=state.renewed_on_portal,
                smdreal_running=state.smdreal_running,
                case=server.site.case if server.site else "",
            )
        )
    return tuple(status)


def lab_down(directory: Path) -> bool:
    """End the lab's processes, and no others; its files stay. False if it was not up.

    Raises:
        UsageError: if there is no lab.
        RemediateError: if its process does not end.
    """
    lab = existing_lab(directory)
    was_up = stop_process(lab)
    lift_faults(lab, read_plan(lab))
    return was_up


def _prepare_directory(lab: LabPaths) -> None:
    cure = "name a new or an empty directory"
    try:
        lab.directory.mkdir(parents=True, exist_ok=True)
        if any(lab.directory.iterdir()) and not lab.plan.is_file():
            raise UsageError("the directory is not empty and is no lab", where=str(lab.directory), cure=cure)
        lab.run.mkdir(exist_ok=True)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UsageError(f"no lab can be made here: {problem}", where=str(lab.directory), cure=cure) from None


def _former_plan(lab: LabPaths, asked: LabPlan) -> LabPlan | None:
    """The plan of a lab that was here before, if it is the one that is asked for now."""
    if not lab.plan.is_file():
        return None
    former = read_plan(lab)
    for what in ("story", "hosts", "seed", "not_renewed"):
        if getattr(former, what) != getattr(asked, what):
            raise UsageError(
                f"another lab lies here: its {what} is {getattr(former, what)}, not {getattr(asked, what)}",
                where=str(lab.directory),
                cure="ask for the same lab, name another directory, or delete this one",
            )
    return replace(former, sshd=asked.sshd, user=asked.user, faults=asked.faults)


def _draw(hosts: int, seed: int, not_renewed: int | None, story: Story) -> list[Drawn]:
    if story == "license":
        return [Drawn(server=server, state=state) for server, state in draw_fleet(hosts, seed, not_renewed)]
    if not_renewed is not None:
        raise UsageError(
            "the articles' story has its own share of licences that are not renewed",
            cure="leave out not_renewed, or ask for the story 'license'",
        )
    return draw_articles(hosts, seed)


def _write_new_lab(lab: LabPaths, plan: LabPlan, drawn: Iterable[Drawn]) -> None:
    write_key(lab.private_key)
    os.mkfifo(lab.console)
    for each in drawn:
        server, paths = each.server, lab.of(each.server)
        paths.run.mkdir()
        write_key(paths.host_key)
        write_state(paths, each.state)
        if server.site is not None:
            Store(paths.documents).edit(lambda _, each=each: each.documents)  # type: ignore[misc]
        others = [other for other in plan.servers if other.machine == server.machine and other != server]
        write_world(lab, server, each.state, partitions=others)
        write_history(paths, each.state, check_off=each.check_off)
        if server.site is not None:
            if server.site.tls != "off":
                write_certificate(paths)
            write_article_world(paths, each.state, check_off=each.check_off, interrupted=each.interrupted)
    if plan.story == "articles":
        write_packages(lab, plan)


def _start(lab: LabPaths, lock: LabLock, plan: LabPlan) -> LabFleet:
    with bound(plan) as listeners:
        plan = with_ports(plan, listeners)
        write_plan(lab, plan)
        write_known_hosts(lab, plan)
        write_inventory(lab, plan)
        faults = spread_faults(plan.faults, plan.servers, plan.seed)
        lay_faults(lab, plan)
        if plan.sshd == "openssh":
            for machine in plan.machines:
                shell = faults_together(faults[one.name] for one in plan.partitions(machine)).shell
                write_sshd_files(lab, lab.of(machine), forward=plan.web_ports(machine), shell=shell)
        start_process(lab, lock, listeners)
    # From here on only the lab's process has the ports: if it dies, connections are refused.
    ports = {server.port for server in plan.servers}
    if answering(ports) != ports:
        raise died(lab)
    return LabFleet(paths=lab, user=plan.user, servers=plan.servers)
