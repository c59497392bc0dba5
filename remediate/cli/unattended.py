"""What nobody can be there for: passwords to type, and secrets that would stand where everybody reads."""

from collections.abc import Mapping
from typing import Any

from remediate.cli.extra_vars import parse_extra_vars
from remediate.errors import UsageError
from remediate.secrecy import under_secret_names

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


def refuse_secret(variables: Mapping[str, Any]) -> None:
    """See that no variable is a secret, wherever it stands among these.

    Raises:
        UsageError: one is.
    """
    for secret, _ in under_secret_names(variables):
        raise UsageError(
            f"-e: {secret} would stand in the schedule and in the list of processes", cure=_A_FILE
        )
