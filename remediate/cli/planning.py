"""Making a plan: a dry run that is kept."""

import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import click

from remediate import __version__
from remediate.cli import running
from remediate.cli.options import default_state_dir
from remediate.cli.preparing import Prepared
from remediate.engine.events import Recap
from remediate.records import dataclass
from remediate.reports.terminal import Terminal
from remediate.review.content import rewritten
from remediate.review.digests import key_id
from remediate.review.folding import Folded
from remediate.review.freezing import Freezer
from remediate.review.plan import Plan
from remediate.review.planner import planner_keys
from remediate.review.stamp import stamped
from remediate.sealing import Sealer, new_nonce
from remediate.store.database import store_key
from remediate.store.journal import NoJournal


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan, also as its file has it, and how the dry run ended."""

    plan: Plan
    folded: Folded
    recap: Recap


def make_plan(prepared: Prepared, options: Mapping[str, Any]) -> Planned:
    """Do the dry run, show it, and freeze it."""
    keys = planner_keys()
    if not keys:
        click.echo(
            "warning: no SSH key of yours was found, in ~/.ssh or an agent: where approvals are demanded, "
            "those of this plan count only if the allowed signers name you (ssh-keygen -t ed25519)",
            err=True,
        )
    key = store_key(options["state_dir"] or default_state_dir())
    nonce = new_nonce()
    freezer = Freezer(key)
    terminal = Terminal(prepared.redactor, verbosity=options["verbose"], diff=options["diff"])
    try:
        recap = running.perform_run(prepared, NoJournal(), [terminal, freezer])
    finally:
        terminal.close()
    shown = Sealer(prepared.secrets, key, nonce, prepared.derived.made)
    # What a run is made of is opened again when it is applied, which seals of what is derived cannot be.
    used = Sealer(prepared.secrets, key, nonce)
    order = {name: number for number, name in enumerate(prepared.inventory.hosts)}
    plan = Plan(
        tool=f"remediate {__version__}",
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        planner=f"{running.user_here()}@{socket.gethostname()}",
        planner_keys=keys,
        inventories=tuple(running.source_kept(source) for source in options["sources"]),
        not_before=options["not_before"] or "",
        not_after=options["not_after"] or "",
        warnings=freezer.warnings(shown.seal),
        key_id=key_id(key),
        nonce=nonce,
        content=rewritten(prepared.content(), used.seal_all),
        hosts=tuple(sorted(freezer.hosts(shown.seal), key=lambda host: order[host.name])),
    )
    made, folded = stamped(replace(plan, secrets=used.sealed), key)
    return Planned(plan=made, folded=folded, recap=recap)
