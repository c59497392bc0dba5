"""The re-checks that a run books: done as this run was, on the same inventories, by the same login."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remediate.cli.extra_vars import parse_extra_vars
from remediate.cli.preparing import Prepared, passwords_of
from remediate.cli.recheck_words import recheck_words
from remediate.cli.unattended import refuse_secret
from remediate.effects.look_again import LookAgain
from remediate.errors import UsageError
from remediate.schedule.booking import Booked, Bookings
from remediate.schedule.kept import Schedules


class RunAgenda:
    """See `remediate.engine.agenda.Agenda`; `run` is the number of the run whose re-checks these are."""

    def __init__(self, prepared: Prepared, options: Mapping[str, Any], state: Path, run: int) -> None:
        """Nothing is booked yet."""
        self._prepared = prepared
        self._options = options
        self._state = state.absolute()
        self._bookings = Bookings(schedules=Schedules(state), run=run, words=self._words)

    def foresee(self, order: LookAgain) -> None:
        """See Agenda. A dry run books nothing, and has another one."""

    def settle(self, host: str, order: LookAgain) -> None:
        """See Agenda."""
        booked = Booked(after=order.after, playbook=order.playbook, notify=order.notify)
        if order.wanted:
            self._bookings.book(host, booked)
        else:
            self._bookings.cancel(host, booked)

    def _words(self, booked: Booked, hosts: str) -> tuple[str, ...]:
        run = self._prepared.options
        connection = run.connection
        if any(passwords_of(connection)):
            raise UsageError(
                "a re-check cannot be booked: nobody will be there to type a password",
                cure="keep it in the inventory, in a file that only you can read",
            )
        given = {
            "playbooks": [Path(booked.playbook)],
            "sources": self._options["sources"],
            "limit": hosts,
            "extra_vars": self._variables(),
            "forks": run.forks,
            "user": connection.user,
            "private_key": connection.private_key,
            "become": connection.become,
            "become_user": connection.become_user,
            "become_method": connection.become_method,
            "accept_new_host_keys": connection.accept_new,
            "timeout": connection.connect_timeout,
            "notify": booked.notify,
            "state_dir": self._state,
        }
        return tuple(recheck_words(given))

    def _variables(self) -> list[str]:
        """Files of variables as they were named, and the values of all others."""
        files = [text for text in self._options["extra_vars"] if text.startswith("@")]
        named = parse_extra_vars(files)
        values = {name: value for name, value in self._prepared.options.extra.items() if name not in named}
        refuse_secret(values)
        return [*([json.dumps(values, default=str)] if values else []), *files]
