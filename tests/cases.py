"""Small labs with a server in a wanted state, found by drawing until it comes up."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from at_terminal import Asked, at_terminal
from commands import Done, remediate

from remediate.lab import LabFleet, lab_down, lab_up
from remediate.lab.articles import draw_articles
from remediate.lab.documents import Documents, Store
from remediate.lab.draw import LabServer, ServerState
from remediate.lab.paths import ServerPaths
from remediate.lab.site import HttpLogin, Tls
from remediate.lab.state import read_state

QUICK = ("-e", "license_timeout=8", "-e", "license_retry_delay=0")
"""The lab answers within a second."""

Act = Callable[[Path, str], object]
"""What a person does to a server of a lab: see remediate/lab/person.py."""

_SERVERS = 3


@dataclass(frozen=True)
class One:
    """A lab of which one server is looked at."""

    fleet: LabFleet
    tmp: Path
    name: str

    @property
    def paths(self) -> ServerPaths:
        """Where its files are."""
        return next(self.fleet.paths.of(s) for s in self.fleet.servers if s.name == self.name)

    @property
    def documents(self) -> Documents:
        """What is in its console database."""
        return Store(self.paths.documents).read()

    @property
    def state(self) -> ServerState:
        """What its console knows."""
        return read_state(self.paths)

    @property
    def is_well(self) -> bool:
        """Whether smdreal runs with a good licence."""
        return self.state.smdreal_running and self.state.licence == "valid"

    def run(self, playbook: Path, *more: str) -> Done:
        """Run a playbook where no terminal is."""
        return remediate(self.tmp, "run", playbook, *self._words, *more)

    def at_terminal(
        self, playbook: Path, *acts: Act | None, more: tuple[str, ...] = ()
    ) -> tuple[Done, list[Asked]]:
        """Run it; at each question in turn the person acts, or does not, and says that it is done."""
        left = list(acts)

        def person(asked: Asked) -> list[str]:
            act = left.pop(0)
            if act is not None:
                act(self.fleet.paths.directory, self.name)
            return [asked.invites.split("'")[1] + "\n"]

        return at_terminal(self.tmp, "run", playbook, *self._words, *more, person=person)

    @property
    def _words(self) -> tuple[str | Path, ...]:
        return ("-i", self.fleet.paths.inventory, "-l", self.name, *QUICK)


def has_a_past(server: LabServer) -> bool:
    """Whether its console log says how it was before."""
    return server.has_console_log


def web(login: HttpLogin, tls: Tls = "off", **more: bool) -> Callable[[LabServer], bool]:
    """Servers whose HTTP task is like this; `more` are other properties of their site."""

    def wanted(server: LabServer) -> bool:
        site = server.site
        return (
            site is not None
            and server.has_console_log
            and (site.http, site.tls) == (login, tls)
            and all(getattr(site, name) == value for name, value in more.items())
        )

    return wanted


@contextmanager
def lab_with(
    tmp: Path, case: str, wanted: Callable[[LabServer], bool] = has_a_past, *, faults: tuple[str, ...] = ()
) -> Iterator[One]:
    """A lab with a server of this case that is as `wanted`; `{}` in faults is its name."""
    seed, name = next(
        (seed, one.server.name)
        for seed in itertools.count(1)
        for one in draw_articles(_SERVERS, seed)
        if one.server.site is not None and one.server.site.case == case and wanted(one.server)
    )
    named = tuple(fault.format(name) for fault in faults)
    fleet = lab_up(tmp / "lab", hosts=_SERVERS, seed=seed, story="articles", faults=named)
    try:
        yield One(fleet, tmp, name)
    finally:
        lab_down(fleet.paths.directory)
