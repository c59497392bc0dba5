"""Re-checks that playbooks may book: what would keep one from being done is told before any contact."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from remediate.cli.unattended import refuse_what_needs_a_person
from remediate.controller import THIS_MACHINE
from remediate.effects.look_again import LookAgain
from remediate.engine.agenda import NO_AGENDA
from remediate.engine.desk import ControllerDesk, Shelf
from remediate.engine.options import RunOptions, selections_of
from remediate.errors import Mistakes, PlaybookError, RemediateError, TaskFailed, UnknownUntilApplied
from remediate.inventory.model import Host, Inventory
from remediate.modules.recheck import Recheck
from remediate.playbook.model import Play, Task, each_task
from remediate.settings import settings_in
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar, is_template

if TYPE_CHECKING:
    from remediate.notify.channels import Channel


class _Named(NamedTuple):
    """What must be there for a task's re-checks, as far as it is known; a playbook of None is not."""

    playbook: str | None
    notify: tuple[str, ...]


class AgendaAhead:
    """See `remediate.engine.agenda.Agenda`; that of a dry run, which sees also what no variable tells."""

    def __init__(self) -> None:
        """Nothing is seen yet."""
        self._good: set[_Named] = set()

    def foresee(self, order: LookAgain) -> None:
        """See Agenda."""
        named = _Named(playbook=order.playbook, notify=order.notify)
        if not order.wanted or named in self._good:
            return
        if not Path(order.playbook).is_file():
            raise TaskFailed(f"there is no file '{order.playbook}' on the controller")
        if order.notify:
            _channels(order.notify)
        self._good.add(named)

    def settle(self, host: str, order: LookAgain) -> None:
        """See Agenda."""
        NO_AGENDA.settle(host, order)


def refuse_bad_bookings(plays: Iterable[Play]) -> None:
    """See that the playbooks and channels are there which re-checks name without a template.

    Raises:
        InputError: all that are not; or `remediate.toml` is wrong.
    """
    _refuse(
        mistake
        for play in plays
        for task in _bookings(play)
        for mistake in _mistakes(play, task, _as_written(task))
    )


def refuse_bookings(
    plays: Sequence[Play], inventory: Inventory, run: RunOptions, options: Mapping[str, Any]
) -> None:
    """See that what these plays may book on their hosts can be done, and when nobody is there.

    Raises:
        InputError: see `refuse_bad_bookings`, with what variables say; and `refuse_what_needs_a_person`.
    """
    if not books(plays):
        return
    refuse_what_needs_a_person(options)
    templar = Templar()
    _refuse(
        mistake
        for play, names in selections_of(plays, inventory, run)
        for task in _bookings(play)
        for named in dict.fromkeys(
            _as_rendered(
                task, templar, _scope(run, play, task, inventory.seen_from(play.directory).hosts[name])
            )
            for name in names
        )
        for mistake in _mistakes(play, task, named)
    )


def books(plays: Iterable[Play]) -> bool:
    """Whether these plays may book a re-check."""
    return any(_bookings(play) for play in plays)


def _bookings(play: Play) -> list[Task]:
    return [task for task in each_task((*play.tasks, *play.handlers)) if task.module == "recheck"]


def _as_written(task: Task) -> _Named:
    usual = {} if task.when else {"playbook": Recheck.playbook}  # else it may never be asked for
    written = {**usual, **task.params}
    return _named({name: value for name, value in written.items() if not is_template(value)})


def _as_rendered(task: Task, templar: Templar, scope: Scope) -> _Named:
    if any(_known(templar.condition, each, scope) is False for each in task.when):
        return _named({})
    given = {"playbook": Recheck.playbook, **task.params}
    return _named({name: _known(templar.render, value, scope) for name, value in given.items()})


def _known(make: Callable[[Any, Scope], Any], written: Any, scope: Scope) -> Any:
    """What comes of it, as far as that is known before the run; else None."""
    try:
        return make(written, scope)
    except (RemediateError, UnknownUntilApplied):
        return None


def _named(params: Mapping[str, Any]) -> _Named:
    playbook, notify = params.get("playbook"), params.get("notify")
    return _Named(
        playbook=None if playbook is None else str(playbook),
        notify=tuple(map(str, notify)) if isinstance(notify, list) else (),
    )


def _scope(run: RunOptions, play: Play, task: Task, host: Host) -> Scope:
    """The variables that are known before the run."""
    known = (run.extra, task.variables, play.variables, host.variables)
    return Scope((*map(Layer, known), Layer({"inventory_hostname": host.name}, rendered=True)))


def _mistakes(play: Play, task: Task, named: _Named) -> Iterator[RemediateError]:
    if named.playbook is not None:
        desk = ControllerDesk(Templar(), Scope(), Shelf(play.directory, THIS_MACHINE))
        yield from _told(task, "playbook", lambda: Recheck.prepare({"playbook": named.playbook}, desk))
    if named.notify:
        yield from _told(task, "notify", lambda: _channels(named.notify))


def _channels(names: Sequence[str]) -> "Sequence[Channel]":
    from remediate.notify.catalog import channels_in, chosen  # noqa: PLC0415 - few playbooks name channels

    return chosen(channels_in(settings_in(Path.cwd())), names)


def _told(task: Task, param: str, check: Callable[[], object]) -> Iterator[RemediateError]:
    try:
        check()
    except RemediateError as error:
        place = task.param_places.get(param, task.place)
        for each in error.mistakes if isinstance(error, Mistakes) else (error,):
            yield each if each.where is not None else PlaybookError(each.what, where=place, cure=each.cure)


def _refuse(mistakes: Iterable[RemediateError]) -> None:
    found = {str(each): each for each in mistakes}
    if found:
        raise Mistakes([*found.values()])
