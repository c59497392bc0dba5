"""The fuller story: every state that the two articles know, drawn over all platforms from a seed.

`draw_articles` is pure, as `draw_fleet` is. The first hosts are a hub with spokes, if there is room for them;
the others take the cases in turn, each on a platform that can have it.
"""

import random
from collections.abc import Sequence
from dataclasses import field, replace
from typing import Literal

from remediate.lab.documents import Documents
from remediate.lab.draw import FLAVOURS, LabServer, Licence, Platform, ServerState, check_hosts, draw_server
from remediate.lab.drawdocuments import Duplicates, Proxy, draw_documents
from remediate.lab.site import (
    GRACE_OVER,
    PATCHED_BUILD,
    TRIAL_LEFT,
    HttpLogin,
    Product,
    Role,
    Route,
    Site,
    Tls,
)
from remediate.records import dataclass

_UNIX: tuple[Platform, ...] = ("linux", "aix", "solaris", "zlinux", "ibmi")
ARTICLE_PLATFORMS: tuple[Platform, ...] = (*_UNIX, "windows")
_WINDOWS: tuple[Platform, ...] = ("windows",)
_AFFECTED: tuple[Platform, ...] = ("linux", "aix", "solaris", "ibmi")
"""Where SMD 3.x has the article's trouble with the certificate; on Linux, 3.1 has."""
_Builds = Literal["old", "enough", "patched"]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One server at the lab's beginning.

    `check_off`: the line that turns the certificate check off is in the configuration. `interrupted`: an
    installation of the hot fix was cut short.
    """

    server: LabServer
    state: ServerState
    documents: Documents = ()
    check_off: bool = False
    interrupted: bool = False


@dataclass(frozen=True)
class _Case:
    name: str
    licence: Licence = "valid"
    renewed: bool = True
    running: bool = True
    builds: _Builds | None = None
    product: tuple[Product, str] = ("SMD", "")
    platforms: tuple[Platform, ...] = _UNIX
    route: Route = "direct"
    agent_build: int | None = None
    service_pack: int = 0
    duplicates: Duplicates = "none"
    proxy: Proxy = "empty"
    trial: bool = False
    check_off: bool = False
    interrupted: bool = False
    role: Role = "alone"


_WINDOWS_CASES = tuple(
    _Case(
        f"no internet, TMCM agent on Windows{name}",
        "expired",
        running=False,
        route="none",
        agent_build=build,
        service_pack=pack,
        platforms=_WINDOWS,
    )
    for name, build, pack in (("", 3528, 3), (", too old", 3500, 3), (" before its service pack", 3528, 2))
)
_DECK = (
    *_WINDOWS_CASES,
    _Case("renewed, smdreal running", "expired"),
    _Case("renewed, smdreal not loaded", "expired", running=False),
    _Case("update fails on the old certificate", builds="enough", platforms=_AFFECTED),
    _Case("duplicates: one renewed", "expired", running=False, duplicates="renewed"),
    _Case("proxy missing", "expired", running=False, route="proxy"),
    _Case("in grace", "grace"),
    _Case(GRACE_OVER, "grace_over", running=False),
    _Case("no internet, TMCM agent", "expired", running=False, route="none", agent_build=3240),
    _Case("build too old", "expired", running=False, builds="old"),
    _Case("valid"),
    _Case("valid, smdreal not loaded", running=False),
    _Case("not renewed, smdreal running", "expired", renewed=False),
    _Case("not renewed, smdreal not loaded", "expired", renewed=False, running=False),
    _Case("duplicates: tie", "expired", running=False, duplicates="tie"),
    _Case("duplicates: unreadable expiry", "expired", running=False, duplicates="unreadable"),
    _Case("duplicates: three", "expired", duplicates="three"),
    _Case("proxy wrong", "expired", running=False, route="proxy", proxy="wrong"),
    _Case("proxy right for the licence alone", "expired", route="proxy", proxy="licence"),
    _Case("proxy right for the server alone", "expired", running=False, route="proxy", proxy="server"),
    _Case("proxy right", "expired", running=False, route="proxy", proxy="both"),
    _Case("no internet, old TMCM agent", "expired", running=False, route="none", agent_build=3105),
    _Case("no internet, no TMCM agent", "expired", running=False, route="none"),
    _Case(TRIAL_LEFT, trial=True),
    _Case("certificate check off, not patched", builds="enough", platforms=_AFFECTED, check_off=True),
    _Case("certificate check off, patched", builds="patched", platforms=_AFFECTED, check_off=True),
    _Case("patched", builds="patched", platforms=_AFFECTED),
    _Case("hot fix interrupted", builds="enough", platforms=_AFFECTED, running=False, interrupted=True),
    _Case("SMLD 5.0 on Windows", builds="enough", product=("SMLD", "5.0"), platforms=_WINDOWS),
    _Case("SMLD 5.0", builds="enough", product=("SMLD", "5.0"), platforms=("aix", "zlinux")),
    _Case("SMID 5.6", builds="enough", product=("SMID", "5.6"), platforms=("linux", "aix", "zlinux")),
)
_HUB = _Case("hub", "expired", role="hub", platforms=("linux",))
_SPOKE = _Case("spoke", "expired", running=False, route="none", role="spoke")
_GROUP_FROM, _SECOND_GROUP_FROM = 8, 32
_VERSIONS: dict[Platform, tuple[str, ...]] = {"linux": ("3.1", "3.0")}
_RELEASES = ("6.5.6", "7.0.3", "8.5.3", "9.0.1")
_TLS: tuple[Tls, ...] = ("off", "off", "pin", "authority")
_LOGINS: tuple[HttpLogin, ...] = ("basic", "session")


def case_names() -> frozenset[str]:
    """The name of every case there is; a lab of 40 hosts has them all."""
    return frozenset(case.name for case in (*_DECK, _HUB, _SPOKE, *_second_group()))


def draw_articles(hosts: int, seed: int) -> list[Drawn]:
    """The fleet of `hosts` servers that `seed` gives.

    Raises:
        UsageError: if the number is out of range.
    """
    check_hosts(hosts)
    rng = random.Random(f"articles/{seed}/{hosts}")  # noqa: S311 - a draw that must repeat, not a secret
    table = _Table(seed, rng)
    if hosts >= _GROUP_FROM:
        table.add_group((_HUB, _SPOKE, _SPOKE), ("linux", "aix", "solaris"), partitions=True)
    if hosts >= _SECOND_GROUP_FROM:
        table.add_group(_second_group(), ("linux", "linux"), partitions=False)
    deck = list(_DECK)
    while len(table.drawn) < hosts:
        rng.shuffle(deck)
        for case in deck[: hosts - len(table.drawn)]:
            table.add(case)
    return table.drawn


def _second_group() -> tuple[_Case, ...]:
    return (replace(_HUB, name="hub with duplicates", duplicates="renewed"), _SPOKE)


@dataclass
class _Table:
    seed: int
    rng: random.Random
    drawn: list[Drawn] = field(default_factory=list)
    used: dict[Platform, int] = field(default_factory=dict)

    def add(self, case: _Case) -> None:
        """A server by itself, on the platform that has the fewest."""
        platform = min(case.platforms, key=lambda one: (self.used.get(one, 0), self.rng.random()))
        self.drawn.append(self._draw(case, platform, self._name(platform)))

    def add_group(self, cases: Sequence[_Case], platforms: Sequence[Platform], *, partitions: bool) -> None:
        """A hub and its spokes, which have replicas of its documents; the last may have two partitions."""
        members = [
            self._draw(case, platform, self._name(platform))
            for case, platform in zip(cases, platforms, strict=True)
        ]
        hub = members[0]
        if partitions:
            members.append(self._second_partition(members[-1]))
        shared = draw_documents(
            self.rng,
            platforms=tuple(dict.fromkeys(platforms)),
            licence="expired",
            duplicates=cases[0].duplicates,
        )
        for member in members:
            site = member.server.site
            if site is not None and site.role == "spoke":
                site = replace(site, hub=hub.server.name)
            self.drawn.append(replace(member, server=replace(member.server, site=site), documents=shared))

    def _name(self, platform: Platform) -> str:
        self.used[platform] = self.used.get(platform, 0) + 1
        return f"{platform}{self.used[platform]:02d}"

    def _second_partition(self, first: Drawn) -> Drawn:
        server, site = first.server, first.server.site
        if site is not None:
            site = replace(site, case="spoke, second partition", configuration=f"{site.configuration}.2")
        second = replace(
            server,
            name=f"{server.name}p2",
            host=server.name,
            domino_data="local/notesdata2",
            smd_install=f"{server.smd_install}2",
            random_seed=f"{server.random_seed}/2",
            site=site,
        )
        return replace(first, server=second)

    def _draw(self, case: _Case, platform: Platform, name: str) -> Drawn:
        rng = random.Random(f"articles/{self.seed}/{name}")  # noqa: S311 - as above
        product, version = case.product
        if not version:
            version = rng.choice(_VERSIONS.get(platform, ("3.0",))[: 1 if case.platforms == _AFFECTED else 2])
        server = draw_server(platform, name, self.seed, has_log=rng.random() < 0.9)
        server = replace(
            server,
            smd_version=f"V{version}.0",
            builds=_builds(case.builds or rng.choice(("enough", "patched")), platform, rng),
            site=_site(case, platform, product, version, rng),
        )
        state = ServerState(
            licence=case.licence,
            renewed_on_portal=case.renewed,
            smdreal_running=case.running,
            tasks=("SMDmon", "SMDsch") if case.running else (),
            pattern=rng.randrange(600, 700),
        )
        documents = draw_documents(
            rng,
            platforms=(platform,),
            licence=case.licence,
            duplicates=case.duplicates,
            proxy=case.proxy,
            trial=case.trial,
        )
        return Drawn(
            server=server,
            state=state,
            documents=documents,
            check_off=case.check_off,
            interrupted=case.interrupted,
        )


def _builds(kind: str, platform: Platform, rng: random.Random) -> tuple[int, ...]:
    flavour = FLAVOURS[platform]
    highest = {"old": (), "enough": (rng.choice(flavour.builds),), "patched": (PATCHED_BUILD,)}[kind]
    older = flavour.older_builds[:2] if kind == "old" else flavour.older_builds
    return (*highest, *older)


def _site(case: _Case, platform: Platform, product: Product, version: str, rng: random.Random) -> Site:
    release = rng.choice(_RELEASES)
    newer = release in _RELEASES[2:]
    # Mail hubs have no HTTP as a rule; of those with documents to delete, one in four is left to a person.
    login = "off" if rng.random() < 0.25 else rng.choice(_LOGINS)
    return Site(
        case=case.name,
        product=product,
        version=version,
        configuration=rng.choice(("etc/LABsmd.ini", "opt/lab/etc/LABscanmail.conf")),
        pattern_directory=rng.choice(("LABpattern", "pattern/LABvsapi")),
        domino_release=release,
        route=case.route,
        agent_build=case.agent_build,
        service_pack=case.service_pack,
        role=case.role,
        http=login,
        access_services=newer and rng.random() < 0.8,
        tls="off" if login == "off" else rng.choice(_TLS),
        console_log=rng.choice(("", "", "LABlogs/console.log")),
        start_script=platform in {"linux", "zlinux"} and rng.random() < 0.5,
    )
