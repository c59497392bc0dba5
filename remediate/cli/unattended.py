"""What nobody can be there for: passwords to type, and secrets that would stand where everybody reads."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from remediate.cli.extra_vars import parse_extra_vars
from remediate.errors import Mistakes, Place, UsageError
from remediate.hosts.key_files import cure_of, is_open
from remediate.inventory.model import Inventory
from remediate.secrecy import secret_text, under_secret_names
from remediate.templating.templar import is_template

_A_FILE = "put it in a file that only you can read, and name that: -e @FILE"


def refuse_what_needs_a_person(options: Mapping[str, Any]) -> None:
    """See that a re-check can be done with these options when nobody is there.

    Raises:
        UsageError: somebody would have to type something; or a secret stands in the command line.
    """
    if options["ask_pass"] or options["ask_become_pass"]:
        raise UsageError(
            "--ask-pass, --ask-become-pass: nobody will be there for a re-check to type a password",
            cure="log in with a key, let sudo need none, or name a file with it that only you can read: "
            "-e @FILE with ansible_password, ansible_become_password",
        )
    for text in options["extra_vars"]:
        if not text.startswith("@"):
            refuse_secret(parse_extra_vars([text]))


def refuse_open_files(options: Mapping[str, Any], inventory: Inventory) -> None:
    """See that no secret stands in a file of this user's that others may read: one of -e or of the inventory.

    Raises:
        Mistakes: all such files.
    """
    found: dict[str, str] = {}
    for text in options["extra_vars"]:
        if text.startswith("@"):
            for secret in _secrets_in(parse_extra_vars([text])):
                found.setdefault(text[1:], secret)
    for host in inventory.hosts.values():
        for name, place in host.places.items():
            for secret in _secrets_in({name: host.variables[name]}):
                found.setdefault(place.file, secret)
    mistakes = [
        UsageError(f"others may read {secret} in it", where=Place(file), cure=cure_of(Path(file)))
        for file, secret in found.items()
        if is_open(Path(file).stat())
    ]
    if mistakes:
        raise Mistakes(mistakes)


def _secrets_in(variables: Mapping[str, Any]) -> Iterator[str]:
    """The names under which secrets are written out: a template only says where one is."""
    for name, value in under_secret_names(variables):
        if secret_text(value) and not is_template(value):
            yield name


def refuse_secret(variables: Mapping[str, Any]) -> None:
    """See that no variable is a secret, wherever it stands among these.

    Raises:
        UsageError: one is.
    """
    for secret, _ in under_secret_names(variables):
        raise UsageError(
            f"-e: {secret} would stand in the schedule and in the list of processes", cure=_A_FILE
        )
