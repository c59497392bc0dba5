"""The hosts of an inventory, for commands that ask all of them the same outside of any run."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import click

from remediate.cli.exit_codes import FAILED, UNREACHABLE
from remediate.cli.extra_vars import parse_extra_vars
from remediate.cli.options import ask_passwords, connection_of
from remediate.engine.connecting import overruled_key, targets_for
from remediate.engine.everywhere import everywhere
from remediate.errors import UsageError
from remediate.hosts.fleet import Fleet
from remediate.hosts.host import Host
from remediate.hosts.target import Target
from remediate.inventory.load import load_inventory
from remediate.inventory.patterns import select
from remediate.records import dataclass
from remediate.reports.cleaning import indented

T = TypeVar("T")


@dataclass
class Chosen:
    """The hosts that a command line chooses; of those that give no answer, this tells and keeps count."""

    targets: Mapping[str, Target]
    forks: int
    failed: int = 0
    unreachable: int = 0

    def ask(self, work: Callable[[Host, Target], T]) -> Iterator[tuple[str, T, float]]:
        """Each host's name, answer, and the seconds that it took, as they come."""
        fleet = Fleet()
        hosts = [fleet.host(target) for target in self.targets.values()]
        for reply in everywhere(hosts, lambda each: work(each, self.targets[each.name]), forks=self.forks):
            if reply.error is None:
                yield reply.host, reply.answer, reply.seconds  # type: ignore[misc]
                continue
            word = "unreachable" if reply.unreachable else "failed"
            self.unreachable += reply.unreachable
            self.failed += not reply.unreachable
            click.echo(f"{word:<12} {reply.host}  {indented(reply.error.explain())}")

    @property
    def exit_code(self) -> int:
        """What became of them, for the shell."""
        return FAILED if self.failed else UNREACHABLE if self.unreachable else 0


def chosen_hosts(pattern: str, options: Mapping[str, Any]) -> Chosen:
    """The hosts of a pattern, and the passwords for them asked for.

    Raises:
        InputError: the inventory, the pattern or a variable is wrong, or there is no host; nothing was
            contacted.
    """
    loaded = load_inventory(options["sources"])
    hosts = [loaded.hosts[name] for name in select(loaded, pattern, limit=options["limit"])]
    if not hosts:
        raise UsageError("no host is chosen", cure="'remediate inventory --graph' shows all")
    connection, extra = connection_of(options), parse_extra_vars(options["extra_vars"])
    overruled = overruled_key(targets_for(hosts, extra, connection), extra, connection)
    if overruled is not None:
        click.echo(f"warning: {overruled}", err=True)
    targets = targets_for(hosts, extra, ask_passwords(connection, options))
    return Chosen(targets=targets, forks=options["forks"])
