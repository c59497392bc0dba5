"""Carrying a plan out: opened, compared with each host as it is now, and then done."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from remediate.cli import running
from remediate.cli.comparing import compare, tell_compared
from remediate.cli.demands import demands_in
from remediate.cli.exit_codes import DRIFTED, INTERRUPTED, UNREACHABLE
from remediate.cli.options import default_state_dir
from remediate.cli.thawing import candidates, narrowed, prepare_kept
from remediate.engine.past import Past
from remediate.errors import UsageError
from remediate.plan_key import KEY_FILE, load_key
from remediate.review.approvals import check_approvals, check_window
from remediate.review.digests import key_id
from remediate.review.holding import Held
from remediate.review.plan import Plan
from remediate.review.plan_file import MAKE_ANEW, ReadPlan, read_plan
from remediate.review.stamp import is_stamped
from remediate.sealing import Opener
from remediate.settings import FILE
from remediate.store.database import FILE as STORE
from remediate.store.database import open_database
from remediate.store.history import open_history


def _opener(plan: Plan, options: Mapping[str, Any], key: bytes) -> Opener:
    """What puts the plan's secrets in their places; a person is asked for those that are found nowhere.

    Raises:
        UsageError: a secret is missing, or is another one than when the plan was made.
    """
    found = list(candidates(plan.content.playbooks, plan.inventories, options)) if plan.secrets else []
    known = {name for name, _ in found}
    missing = dict.fromkeys(each.name for each in plan.secrets if each.name not in known)
    if sys.stdin.isatty():  # else it is told which are missing
        found += [(name, click.prompt(name, hide_input=True, err=True)) for name in missing]
    opener = Opener(found, key, plan.nonce)
    opener.check(plan.secrets)
    return opener


def apply_plan(path: Path, options: Mapping[str, Any]) -> int:
    """Check the plan and its approvals, compare, carry out; the exit code.

    Raises:
        UsageError: the plan may not be applied; nothing was contacted.
    """
    read = read_plan(path)
    plan = read.plan
    check_window(plan, datetime.now(UTC))
    approvers = _approvers(read, options)
    directory = options["state_dir"] or default_state_dir()
    key = load_key(directory, make=False) if (directory / KEY_FILE).exists() else b""
    if key_id(key) != plan.key_id:
        raise UsageError(
            f"{path} was made with the key of another state directory than {directory}",
            cure="apply it with the one it was made with: --state-dir",
        )
    if not is_stamped(plan, key):
        raise UsageError(f"{path} is not as 'remediate plan' has made it with this key", cure=MAKE_ANEW)
    _refuse_applied(directory, read.identity)
    open_database(directory, make=True).close()  # what is wrong with it is told before anybody is asked
    wanted = [host.name for host in plan.hosts if host.outcome == "done"]
    if not wanted:
        raise UsageError(
            f"{path} changes no host: the dry run came to its end on none", cure="see why: 'remediate show'"
        )
    prepared = prepare_kept(plan.content, _opener(plan, options, key), options, whole=True)
    compared = compare(prepared, plan, key, wanted)
    tell_compared(compared)
    if compared.interrupted:
        return INTERRUPTED
    refused = bool(compared.drifted)
    if not compared.same or (options["all_or_nothing"] and (refused or compared.unreachable)):
        click.echo("nothing was sent to any host", err=True)
        return DRIFTED if refused else UNREACHABLE
    about = {
        "plan": read.identity,
        "plan_file": str(path.resolve()),
        "approved_by": approvers,
        "limit": prepared.options.limit,  # the plan's, and not those of its hosts that are in the change
    }
    return compared.code_after(
        running.perform(
            narrowed(prepared, wanted, dry_run=False),
            {**options, "playbooks": plan.content.playbooks, "sources": plan.inventories},
            about=about,
            warrant=Held(plan, key),
            past=Past(apart=compared.apart()),
        )
    )


def _refuse_applied(directory: Path, identity: str) -> None:
    if not (directory / STORE).exists():
        return
    with open_history(directory) as history:
        run = history.run_of(identity)
    if run is not None:
        raise UsageError(
            f"this plan was applied already, by run {run}",
            cure=f"see 'remediate history show {run}'; make a new plan",
        )


def _approvers(read: ReadPlan, options: Mapping[str, Any]) -> list[str]:
    """Who approved the plan, if approvals are demanded."""
    demanded = demands_in(Path.cwd())
    if demanded.allowed_signers is not None and options["allowed_signers"] is not None:
        raise UsageError(
            f"whose approvals count, {FILE} says: {demanded.allowed_signers}",
            cure="leave --allowed-signers out",
        )
    signers = options["allowed_signers"] or demanded.allowed_signers
    numbers = [each for each in (options["approvals"], demanded.approvals) if each is not None]
    number = max(numbers) if numbers else 1 if signers is not None else 0
    if number == 0:
        return []
    if signers is None:
        raise UsageError(
            "approvals are demanded, and nobody says whose", cure="name a file: --allowed-signers"
        )
    return check_approvals(read, signers, number)
