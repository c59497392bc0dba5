"""Which servers a lab has: platforms, paths, builds and licences, drawn from a seed.

`draw_fleet` is pure: the same numbers give the same fleet on every machine.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Literal

from remediate.errors import UsageError
from remediate.lab.site import Site
from remediate.records import dataclass

Platform = Literal["linux", "zlinux", "aix", "solaris", "ibmi", "windows"]
Licence = Literal["valid", "expired", "grace", "grace_over"]
DateFormat = Literal["us", "iso", "none"]

LINUX_MINIMUM_BUILD = 3100
"""A value of the lab alone: the article does not give the number of Linux's "Patch 1.1 for SP2"."""


@dataclass(frozen=True, kw_only=True)
class ServerState:
    """What a console command may change on a server.

    `licence` is what the server believes; `renewed_on_portal` is what it would learn from the vendor. `tasks`
    are ScanMail's other tasks that are loaded; `pattern` is the number of the pattern that smdreal has read.
    """

    licence: Licence
    renewed_on_portal: bool
    smdreal_running: bool
    tasks: tuple[str, ...] = ("SMDmon",)
    pattern: int = 100


@dataclass(frozen=True, kw_only=True)
class LabServer:
    """What never changes on a server; its paths are relative to its own world.

    `builds` are the builds under `program/`, of which the highest is in use. `host` is the machine on which
    the server is another partition; `site` is there in the articles' story alone.
    """

    name: str
    platform: Platform
    domino_program: str
    domino_data: str
    smd_install: str
    smd_version: str
    builds: tuple[int, ...]
    smdreal_name: str
    uname: dict[str, str]
    log_prefix: bool
    log_date: DateFormat
    has_console_log: bool
    renewed_before: bool
    random_seed: str
    port: int = 0
    host: str = ""
    site: Site | None = None

    @property
    def machine(self) -> str:
        """The name of the machine, which is the server's own but for a second partition."""
        return self.host or self.name

    @property
    def log_encoding(self) -> str:
        """How the console log is written; for IBM i nobody says, so the lab takes the usual EBCDIC."""
        return "cp037" if self.platform == "ibmi" else "utf-8"


@dataclass(frozen=True)
class Flavour:
    """What servers of one platform choose from."""

    programs: tuple[str, ...]
    installs: tuple[str, ...]
    versions: tuple[str, ...]
    builds: tuple[int, ...]
    older_builds: tuple[int, ...]
    unames: tuple[dict[str, str], ...]


# Letters are uname's options: s system, r release, v version, m machine, p processor.
FLAVOURS: Mapping[Platform, Flavour] = {
    "linux": Flavour(
        ("opt/ibm/domino", "opt/hcl/domino", "opt/ibm/lotus"),
        ("opt/lab/scanmail", "opt/trend/lab-smd"),
        ("V3.0.0", "V3.1.0"),
        (LINUX_MINIMUM_BUILD, LINUX_MINIMUM_BUILD + 54, LINUX_MINIMUM_BUILD + 120),
        (980, 2410, 3020),
        (
            {"s": "Linux", "r": "2.4.21-4.ELsmp", "v": "#1 SMP", "m": "i686", "p": "i686"},
            {"s": "Linux", "r": "2.6.32-71.el6.x86_64", "v": "#1 SMP", "m": "x86_64", "p": "x86_64"},
        ),
    ),
    "zlinux": Flavour(
        ("opt/ibm/domino", "opt/ibm/lotus"),
        ("opt/lab/scanmail",),
        ("V3.0.0",),
        (LINUX_MINIMUM_BUILD, LINUX_MINIMUM_BUILD + 31),
        (975, 2398),
        ({"s": "Linux", "r": "2.6.16.60-0.21-default", "v": "#1 SMP", "m": "s390x", "p": "s390x"},),
    ),
    "aix": Flavour(
        ("opt/ibm/lotus", "opt/ibm/domino"),
        ("usr/lab/scanmail", "opt/lab/scanmail"),
        ("V3.0.0",),
        (3504, 3528),
        (970, 3410, 3454),
        (
            {"s": "AIX", "r": "1", "v": "6", "m": "00F6A1C24C00", "p": "powerpc"},
            {"s": "AIX", "r": "3", "v": "5", "m": "00C8D7E24C00", "p": "powerpc"},
        ),
    ),
    "solaris": Flavour(
        ("opt/lotus", "opt/ibm/lotus"),
        ("opt/LABsmd", "opt/lab/scanmail"),
        ("V3.0.0",),
        (3540, 3618),
        (965, 3400, 3454),
        (
            {"s": "SunOS", "r": "5.10", "v": "Generic_120011-14", "m": "sun4u", "p": "sparc"},
            {"s": "SunOS", "r": "5.8", "v": "Generic_117350-02", "m": "sun4u", "p": "sparc"},
        ),
    ),
    "ibmi": Flavour(
        ("QOpenSys/lab/domino",),
        ("QOpenSys/lab/scanmail",),
        ("V3.0.0",),
        (3620,),
        (960, 3454),
        (
            {"s": "OS400", "r": "4", "v": "5", "m": "0065A1B2C300", "p": "powerpc"},
            {"s": "OS400", "r": "1", "v": "6", "m": "0078D4E5F600", "p": "powerpc"},
        ),
    ),
    # With a Bourne shell, as Cygwin's sshd has it; nothing else could be reached over SSH by Bourne scripts.
    "windows": Flavour(
        ("cygdrive/c/LAB/Domino",),
        ("cygdrive/c/LAB/ScanMail",),
        ("V3.0.0",),
        (3600,),
        (955, 3410),
        ({"s": "CYGWIN_NT-5.2", "r": "1.7.35", "v": "2015-03-04", "m": "i686", "p": "i686"},),
    ),
}
MINIMUM_BUILDS: Mapping[Platform, int] = {
    "linux": LINUX_MINIMUM_BUILD,
    "zlinux": LINUX_MINIMUM_BUILD,
    "aix": 3504,
    "solaris": 3540,
    "ibmi": 3620,
    "windows": 0,
}
"""What the licence article wants at least: on IBM i build 3454 with hot fix 3620, on Windows nothing."""
PLATFORMS: tuple[Platform, ...] = ("linux", "zlinux", "aix", "solaris")
"""Those of the licence's story; IBM i and Windows are in the articles' story alone."""

_VALID_RUNNING = ServerState(licence="valid", renewed_on_portal=True, smdreal_running=True)
_VALID_STOPPED = ServerState(licence="valid", renewed_on_portal=True, smdreal_running=False)
_RENEWED_RUNNING = ServerState(licence="expired", renewed_on_portal=True, smdreal_running=True)
_RENEWED_STOPPED = ServerState(licence="expired", renewed_on_portal=True, smdreal_running=False)
_UNPAID_STOPPED = ServerState(licence="expired", renewed_on_portal=False, smdreal_running=False)
_UNPAID_RUNNING = ServerState(licence="expired", renewed_on_portal=False, smdreal_running=True)
_REMEDIABLE = (_RENEWED_RUNNING, _RENEWED_STOPPED, _VALID_RUNNING, _VALID_STOPPED)
_UNPAID = (_UNPAID_STOPPED, _UNPAID_RUNNING)
_MOST = 999


def draw_fleet(hosts: int, seed: int, not_renewed: int | None) -> list[tuple[LabServer, ServerState]]:
    """The fleet of `hosts` servers that `seed` gives, with exactly `not_renewed` unpaid licences.

    Platforms take turns. From 8 hosts on (with `not_renewed` unset) every licence state is there, with
    smdreal running and not; unset means a quarter of the fleet.

    Raises:
        UsageError: if the numbers are out of range.
    """
    check_hosts(hosts)
    if not_renewed is None:
        not_renewed = hosts // 4
    if not 0 <= not_renewed <= hosts:
        raise UsageError(
            f"{not_renewed} of {hosts} hosts cannot be without a renewed licence",
            cure=f"ask for 0 to {hosts} of them",
        )
    rng = random.Random(f"fleet/{seed}/{hosts}")  # noqa: S311 - a draw that must repeat, not a secret
    states = _draw_states(rng, hosts, not_renewed)
    silent = {rng.randrange(hosts)} | {index for index in range(hosts) if rng.random() < 0.2}
    return [
        (_draw_server(index, seed, has_log=hosts == 1 or index not in silent), states[index])
        for index in range(hosts)
    ]


def draw_server(platform: Platform, name: str, seed: int, *, has_log: bool) -> LabServer:
    """One server: its paths, builds and habits."""
    flavour = FLAVOURS[platform]
    source = f"{seed}/{name}"
    rng = random.Random(source)  # noqa: S311 - as above
    dates: Sequence[DateFormat] = ("us", "iso", "none")
    return LabServer(
        name=name,
        platform=platform,
        domino_program=rng.choice(flavour.programs),
        domino_data=rng.choice(("local/notesdata", "local/notesdata", "notes/data01")),
        smd_install=rng.choice(flavour.installs),
        smd_version=rng.choice(flavour.versions),
        builds=(rng.choice(flavour.builds), *flavour.older_builds),
        smdreal_name=rng.choice(("SMDReal", "SMDreal", "smdreal")),
        uname={**rng.choice(flavour.unames), "n": name},
        log_prefix=rng.random() < 0.5,
        log_date=rng.choices(dates, weights=(2, 2, 1))[0],
        has_console_log=has_log,
        renewed_before=rng.random() < 0.5,
        random_seed=source,
    )


def check_hosts(hosts: int) -> None:
    """Refuse a number of hosts that no lab can have.

    Raises:
        UsageError: if it is out of range.
    """
    if not 1 <= hosts <= _MOST:
        raise UsageError(f"a lab of {hosts} hosts cannot be", cure=f"ask for 1 to {_MOST} hosts")


def _draw_states(rng: random.Random, hosts: int, not_renewed: int) -> list[ServerState]:
    unpaid = [_UNPAID[index % len(_UNPAID)] for index in range(not_renewed)]
    others = list(_REMEDIABLE)
    while len(others) < hosts:
        others.append(rng.choices(_REMEDIABLE, weights=(3, 3, 2, 1))[0])
    states = unpaid + others[: hosts - not_renewed]
    rng.shuffle(states)
    return states


def _draw_server(index: int, seed: int, *, has_log: bool) -> LabServer:
    platform = PLATFORMS[index % len(PLATFORMS)]
    return draw_server(platform, f"{platform}{index // len(PLATFORMS) + 1:02d}", seed, has_log=has_log)
