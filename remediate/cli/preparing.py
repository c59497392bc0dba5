"""All that a run needs, read and checked before anything is contacted."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remediate.cli.bookable import refuse_bad_bookings, refuse_bookings
from remediate.cli.extra_vars import parse_extra_vars
from remediate.cli.options import ask_passwords, connection_of
from remediate.controller import THIS_MACHINE, Controller, Recorder
from remediate.derived import Derived
from remediate.engine.connecting import targets_for
from remediate.engine.options import RunOptions, selections_of
from remediate.errors import Mistakes, RemediateError, UnknownUntilApplied, UsageError
from remediate.hosts.target import ConnectionOptions
from remediate.inventory.model import Inventory
from remediate.inventory.views import inventory_for
from remediate.modules.catalog import Catalog
from remediate.playbook.lint import lint
from remediate.playbook.load import load_playbook
from remediate.playbook.model import Play, each_task
from remediate.records import dataclass
from remediate.secrecy import Redactor, Secret, secret_text, under_secret_names
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar

if TYPE_CHECKING:
    from remediate.review.plan import Content


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """All that a run needs, checked, before anything is contacted."""

    plays: tuple[Play, ...]
    inventory: Inventory
    options: RunOptions
    redactor: Redactor = field(default_factory=lambda: Redactor(()))
    controller: Controller
    """Where the run reads what it needs of this machine."""
    content: "Callable[[], Content]"
    """All that the run is made of, with what it has read so far."""
    secrets: tuple[tuple[str, str], ...] = ()
    """The secrets that are known, each with the name of its variable."""
    derived: Derived = field(default_factory=Derived)
    """What templates make of them."""


def prepare(options: Mapping[str, Any]) -> Prepared:
    """Read and check playbooks, inventory and variables; then ask for the passwords that a run needs.

    Raises:
        InputError: all mistakes at once; nothing was contacted.
    """
    paths: Sequence[Path] = options["playbooks"]
    controller = Recorder()
    plays = checked(paths, controller)
    inventory = inventory_for(options["sources"], folders_of(paths, plays))
    extra = parse_extra_vars(options["extra_vars"])
    run_options = RunOptions(
        dry_run=options["dry_run"],
        diff=options["diff"],
        live=bool(options["verbose"]),
        forks=options["forks"],
        limit=options["limit"],
        tags=_words(options["tags"]),
        skip_tags=_words(options["skip_tags"]),
        extra=extra,
        connection=connection_of(options),
    )

    def content() -> "Content":
        from remediate.review.content import freeze  # noqa: PLC0415 - a dry run keeps nothing

        return freeze(paths, inventory, run_options, controller)

    prepared = Prepared(
        plays=plays,
        inventory=inventory,
        options=run_options,
        controller=controller,
        content=content,
    )
    if options.get("list_hosts") or options.get("list_tasks"):
        selections_of(plays, inventory, run_options)
        return prepared
    refuse_unusable(plays, inventory, run_options)
    refuse_bookings(plays, inventory, run_options, options)
    connection = ask_passwords(run_options.connection, options)
    return with_secrets(prepared, connection)


def folders_of(paths: Sequence[Path], plays: Sequence[Play]) -> Sequence[Path]:
    """The folders in which plays lie, as they were named."""
    named = {path.parent.absolute(): path.parent for path in paths}
    return list(dict.fromkeys(named.get(play.directory, play.directory) for play in plays))


def with_secrets(prepared: Prepared, connection: ConnectionOptions) -> Prepared:
    """The run with the passwords that were asked for, and its secrets known."""
    options = replace(prepared.options, connection=connection)
    named = tuple(dict.fromkeys(secrets_of(prepared.inventory, prepared.plays, options.extra)))
    redactor = Redactor([*(secret for _, secret in named), *passwords_of(connection)])
    derived = Derived(named, redactor)
    return replace(prepared, options=options, redactor=redactor, secrets=named, derived=derived)


def checked(paths: Sequence[Path], controller: Controller = THIS_MACHINE) -> tuple[Play, ...]:
    """The plays of playbooks that `remediate lint` finds nothing in.

    Raises:
        InputError: all that it finds.
    """
    mistakes = lint(paths, modules=Catalog(), templar=Templar())
    if mistakes:
        raise Mistakes(mistakes)
    plays = tuple(play for path in paths for play in load_playbook(path, Catalog().names(), controller))
    refuse_bad_bookings(plays)
    return plays


def refuse_unusable(plays: Sequence[Play], inventory: Inventory, options: RunOptions) -> None:
    """See that there are hosts to work on, and that their variables say how to reach them.

    Raises:
        InputError: all that is wrong.
    """
    selections = selections_of(plays, inventory, options)
    selected = dict.fromkeys(name for _, names in selections for name in names)
    if not selected:
        raise UsageError("no host is chosen", cure="see 'hosts' of the plays, and --limit")
    targets_for([inventory.hosts[name] for name in selected], options.extra, options.connection)


def _words(values: Iterable[str]) -> frozenset[str]:
    return frozenset(word.strip() for value in values for word in value.split(",") if word.strip())


def secrets_of(
    inventory: Inventory, plays: Sequence[Play], extra: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """What stands under secret names in variables, parameters and environments; the names, and the values."""
    templar = Templar(basedir=plays[0].directory if plays else None)
    written = {name: value for play in plays for name, value in play.variables.items()}
    scope = Scope((Layer(extra), Layer(written)))
    yield from _secret_values(templar, extra, scope)
    yield from _secret_values(templar, written, scope)
    for task in (task for play in plays for task in each_task((*play.tasks, *play.handlers))):
        for given in (task.variables, task.params, task.environment):
            yield from _secret_values(templar, given, scope)
    for host in (host for each in (inventory, *inventory.views.values()) for host in each.hosts.values()):
        own = Scope((Layer(extra), Layer(written), Layer(host.variables)))
        yield from _secret_values(templar, host.variables, own)


def _secret_values(templar: Templar, variables: Mapping[str, Any], scope: Scope) -> Iterator[tuple[str, str]]:
    for name, written in under_secret_names(variables):
        try:
            rendered = templar.render(written, scope)
        except (RemediateError, UnknownUntilApplied):
            continue  # it rests on what a run finds out, and becomes known there
        for _, value in under_secret_names(rendered, name):
            if text := secret_text(value):
                yield name, text


def passwords_of(connection: ConnectionOptions) -> Iterator[str]:
    """The passwords that were asked for."""
    for secret in (connection.password, connection.become_password):
        if isinstance(secret, Secret):
            yield secret.reveal()
