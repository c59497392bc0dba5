"""Carrying a plan out: opened, compared with each host as it is now, and then done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from remediate.cli import running
from remediate.cli.extra_vars import parse_extra_vars
from remediate.cli.options import ask_passwords
from remediate.cli.preparing import Prepared, passwords_of, secrets_of
from remediate.inventory.load import load_inventory
from remediate.modules.catalog import Catalog
from remediate.playbook.load import load_playbook
from remediate.review.content import thaw
from remediate.review.freezing import Freezer
from remediate.review.holding import drift
from remediate.review.plan import Plan
from remediate.sealing import Opener, Sealer
from remediate.secrecy import Redactor
from remediate.store.journal import NoJournal


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Which hosts are as the plan saw them, and of the others what has drifted, in lines."""

    same: tuple[str, ...]
    drifted: Mapping[str, Sequence[str]]
    unreachable: tuple[str, ...]
    interrupted: bool


def prepare_plan(plan: Plan, options: Mapping[str, Any], key: bytes) -> Prepared:
    """The plan's run, with the secrets and passwords that the plan does not hold.

    Raises:
        UsageError: a secret is missing, or is another one than when the plan was made.
    """
    secrets = tuple(dict.fromkeys(_candidates(plan, options)))
    opener = Opener(secrets, key, plan.nonce)
    opener.check(plan.secrets)
    content = plan.content
    thawed = thaw(
        replace(
            content,
            files=opener.open_all(content.files),
            environment=opener.open_all(content.environment),
            inventory=opener.open_all(content.inventory),
            options=opener.open_all(content.options),
        )
    )
    connection = ask_passwords(thawed.options.connection, options)
    named = tuple(dict.fromkeys(secrets_of(thawed.inventory, thawed.plays, thawed.options.extra)))
    hidden = [*(secret for _, secret in named), *passwords_of(connection)]
    return Prepared(
        plays=thawed.plays,
        inventory=thawed.inventory,
        options=replace(thawed.options, connection=connection, diff=options["diff"]),
        redactor=Redactor(hidden),
        controller=thawed.controller,
        secrets=named,
    )


def _candidates(plan: Plan, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where the plan's secrets may be found: -e, the inventory, the playbooks as they are now; a person."""
    if not plan.secrets:
        return
    extra = parse_extra_vars(options["extra_vars"])
    paths = [Path(path) for path in plan.content.playbooks if Path(path).is_file()]
    plays = tuple(play for path in paths for play in load_playbook(path, Catalog().names()))
    folders = dict.fromkeys([*(path.parent for path in paths), *(play.directory for play in plays)])
    sources = options["sources"] or [source for source in plan.inventories if Path(source).exists()]
    found = list(secrets_of(load_inventory(sources, vars_dirs=list(folders)), plays, extra))
    yield from found
    known = {name for name, _ in found}
    for name in dict.fromkeys(each.name for each in plan.secrets if each.name not in known):
        if not click.get_text_stream("stdin").isatty():
            continue  # then it is told which are missing
        value = click.prompt(name, hide_input=True, err=True)
        yield name, value


def compare(prepared: Prepared, plan: Plan, key: bytes) -> Compared:
    """Ask each host of the plan again, as its dry run did, and change nothing."""
    sealer = Sealer(prepared.secrets, key, plan.nonce)
    freezer = Freezer(sealer.seal, key)
    names = [host.name for host in plan.hosts]
    recap = running.walk(narrowed(prepared, names, dry_run=True), NoJournal(), [freezer])
    found = {host.name: host for host in freezer.hosts()}
    unreachable = tuple(name for name in names if name in found and found[name].outcome == "unreachable")
    drifted = {
        host.name: lines
        for host in plan.hosts
        if host.name in found and host.name not in unreachable and (lines := drift(host, found[host.name]))
    }
    return Compared(
        same=tuple(name for name in names if name in found and name not in (*drifted, *unreachable)),
        drifted=drifted,
        unreachable=unreachable,
        interrupted=recap.interrupted,
    )


def narrowed(prepared: Prepared, names: Sequence[str], *, dry_run: bool) -> Prepared:
    """The run on these hosts and no others."""
    return replace(prepared, options=replace(prepared.options, limit=",".join(names), dry_run=dry_run))
