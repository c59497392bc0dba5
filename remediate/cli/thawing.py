"""A run made of what was kept of it, with the secrets and passwords that nothing keeps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from remediate.cli.extra_vars import parse_extra_vars
from remediate.cli.options import ask_passwords
from remediate.cli.preparing import Prepared, folders_of, refuse_unusable, secrets_of, with_secrets
from remediate.errors import UsageError
from remediate.inventory.views import inventory_for
from remediate.modules.catalog import Catalog
from remediate.playbook.load import load_playbook
from remediate.review.content import rewritten, thaw
from remediate.review.plan import Content
from remediate.sealing import Opener
from remediate.secrecy import under_secret_names
from remediate.store.history import KeptRun


def prepare_kept(content: Content, opener: Opener, options: Mapping[str, Any], *, whole: bool) -> Prepared:
    """The run again; unless its content is whole, this machine has what is missing.

    Raises:
        InputError: a secret is missing, or is another one than it was; a key to log in with is gone; or
            another variable is to have another value than it had.
    """
    clear = rewritten(content, opener.open_all)
    thawed = thaw(clear, whole=whole)
    _refuse_other_values(parse_extra_vars(options["extra_vars"]), thawed.options.extra)
    refuse_unusable(thawed.plays, thawed.inventory, thawed.options)
    prepared = Prepared(
        plays=thawed.plays,
        inventory=thawed.inventory,
        options=replace(thawed.options, diff=options["diff"], live=bool(options["verbose"])),
        controller=thawed.controller,
        content=lambda: clear,
    )
    return with_secrets(prepared, ask_passwords(thawed.options.connection, options))


def _refuse_other_values(given: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """See that -e gives secrets, and what was given before; anything else would have no effect."""
    others = [
        name
        for name, value in given.items()
        if not any(under_secret_names({name: value})) and (name not in kept or str(kept[name]) != str(value))
    ]
    if others:
        raise UsageError(
            f"-e: its variables are kept, and only secrets are given again: {', '.join(others)}",
            cure="leave that out; for another value, make it anew",
        )


def prepare_again(
    run: KeptRun, content: Content, options: Mapping[str, Any], key: bytes
) -> tuple[Prepared, Opener, dict[str, Any]]:
    """A run of the history once more, what opens its records, and the options with where it was made of.

    Raises:
        UsageError: see `prepare_kept`; or nothing tells how its secrets were sealed.
    """
    if "nonce" not in run.head:
        raise UsageError(
            f"run {run.number} can neither be gone on with nor taken back: its record is not whole",
            cure=f"see what it did: 'remediate history show {run.number}'",
        )
    playbooks, inventories = content.playbooks, run.head["inventories"]
    opener = Opener(candidates(playbooks, inventories, options), key, run.head["nonce"])
    prepared = prepare_kept(content, opener, options, whole=False)
    return prepared, opener, {**options, "playbooks": playbooks, "sources": inventories}


def candidates(
    playbooks: Sequence[str], inventories: Sequence[str], options: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Where secrets may be found: with -e, and in the inventories and playbooks as they are now."""
    extra = parse_extra_vars(options["extra_vars"])
    paths = [Path(path) for path in playbooks if Path(path).is_file()]
    plays = tuple(play for path in paths for play in load_playbook(path, Catalog().names()))
    sources = options["sources"] or [source for source in inventories if Path(source).exists()]
    yield from secrets_of(inventory_for(sources, folders_of(paths, plays)), plays, extra)


def narrowed(prepared: Prepared, names: Sequence[str], *, dry_run: bool) -> Prepared:
    """The run on these hosts and no others."""
    limit = ",".join(names)
    content = prepared.content
    return replace(
        prepared,
        options=replace(prepared.options, limit=limit, dry_run=dry_run),
        content=lambda: replace(content(), options={**content().options, "limit": limit}),
    )
