"""Options that several commands share, in ansible-playbook's words."""

import getpass
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from remediate.errors import UsageError

if TYPE_CHECKING:
    from remediate.hosts.target import ConnectionOptions

F = TypeVar("F", bound=Callable[..., Any])

inventory_option = click.option(
    "-i",
    "--inventory",
    "sources",
    multiple=True,
    required=True,
    metavar="INVENTORY",
    help="Inventory file or directory (YAML or INI), or a comma list of hosts. May be repeated.",
)
limit_option = click.option("-l", "--limit", metavar="PATTERN", help="Further limit the hosts to a pattern.")
forks_option = click.option(
    "-f",
    "--forks",
    default=32,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Hosts at work side by side.",
)
verbose_option = click.option("-v", "--verbose", count=True, help="Every task, its output; -vv: results.")
extra_vars_option = click.option(
    "-e",
    "--extra-vars",
    multiple=True,
    metavar="VARS",
    help="Variables that win over all others: k=v, JSON, or @FILE (YAML or JSON). May be repeated.",
)
playbooks_argument = click.argument(
    "playbooks", nargs=-1, required=True, metavar="PLAYBOOK...", type=click.Path(path_type=Path)
)


state_dir_option = click.option(
    "--state-dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where the history is kept.  [default: $XDG_STATE_HOME/remediate]",
)


def default_state_dir() -> Path:
    """`$XDG_STATE_HOME/remediate` (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "remediate"


tags_option = click.option(
    "-t", "--tags", multiple=True, metavar="TAGS", help="Only tasks with one of these tags."
)
skip_tags_option = click.option(
    "--skip-tags", multiple=True, metavar="TAGS", help="No tasks with one of these tags."
)
notify_option = click.option(
    "--notify",
    multiple=True,
    metavar="CHANNEL",
    help="Tell a channel of remediate.toml what is new or fixed. May be repeated.",
)
diff_option = click.option("-D", "--diff", is_flag=True, help="Show how the contents of files change.")
events_option = click.option(
    "--events", metavar="FILE", type=click.Path(path_type=Path), help="Write JSON lines to FILE."
)

allowed_signers_option = click.option(
    "--allowed-signers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Whose approvals count; see ALLOWED SIGNERS in ssh-keygen(1).",
)


def views_options(command: F) -> F:
    """Writing a plan for other readers."""
    for name, what in (
        ("--markdown", "Markdown, for a ticket"),
        ("--html", "a web page, for a change board"),
    ):
        path = click.Path(path_type=Path)
        command = click.option(name, metavar="FILE", type=path, help=f"Write it to FILE as {what}.")(command)
    return command


def kept_run_options(command: F) -> F:
    """What has to be given again to a plan or a run that was kept, and how its going on is shown."""
    options = [
        click.option(
            "-i",
            "--inventory",
            "sources",
            multiple=True,
            metavar="INVENTORY",
            help="Where to find the secrets, which are not kept.  [default: the inventories it was made of]",
        ),
        click.option(
            "-e",
            "--extra-vars",
            multiple=True,
            metavar="VARS",
            help="Secrets, which are not kept: k=v, JSON, or @FILE (YAML or JSON). May be repeated.",
        ),
        click.option("-k", "--ask-pass", is_flag=True, help="Ask for the login password."),
        click.option("-K", "--ask-become-pass", is_flag=True, help="Ask for the password of sudo."),
        diff_option,
        events_option,
        state_dir_option,
        verbose_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


def connection_options(command: F) -> F:
    """How to log in and whom to become; see `connection_of`."""
    options = [
        click.option(
            "-u", "--user", metavar="USER", help="Log in as this user, where the inventory names none."
        ),
        click.option(
            "--private-key",
            metavar="FILE",
            help="Log in with this key, and no other, where the inventory names none.",
        ),
        click.option("-k", "--ask-pass", is_flag=True, help="Ask for the login password."),
        click.option("-b", "--become", is_flag=True, help="Become another user."),
        click.option("--become-user", metavar="USER", help="Whom to become.  [default: root]"),
        click.option("--become-method", type=click.Choice(["sudo", "su"]), help="How.  [default: sudo]"),
        click.option("-K", "--ask-become-pass", is_flag=True, help="Ask for the password of sudo."),
        click.option(
            "--accept-new-host-keys",
            is_flag=True,
            help="Trust the key of a host that known_hosts does not name, and add it there.",
        ),
        click.option(
            "-T",
            "--timeout",
            default=10.0,
            show_default=True,
            type=click.FloatRange(min=0, min_open=True),
            help="Seconds for one attempt to connect.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def fleet_options(command: F) -> F:
    """Which hosts are asked, and how they are reached, by a command that is no run; see `chosen_hosts`."""
    options = [inventory_option, limit_option, extra_vars_option, forks_option, connection_options]
    for option in reversed(options):
        command = option(command)
    return command


def connection_of(options: Mapping[str, Any]) -> "ConnectionOptions":
    """The connection options out of a command's options, without the passwords."""
    from remediate.hosts.target import ConnectionOptions  # noqa: PLC0415

    return ConnectionOptions(
        user=options["user"],
        private_key=options["private_key"],
        accept_new=options["accept_new_host_keys"],
        connect_timeout=options["timeout"],
        become=options["become"],
        become_user=options["become_user"],
        become_method=options["become_method"],
    )


def ask_passwords(connection: "ConnectionOptions", options: Mapping[str, Any]) -> "ConnectionOptions":
    """The connection options with the passwords for which the command's options want a person to be asked.

    Raises:
        UsageError: there is no terminal at which somebody could be asked.
    """
    from remediate.secrecy import Secret  # noqa: PLC0415

    def password(option: str, variable: str, prompt: str) -> Secret | None:
        return Secret(_typed(option, variable, prompt)) if options[option] else None

    return replace(
        connection,
        password=password("ask_pass", "ansible_password", "SSH password"),
        become_password=password("ask_become_pass", "ansible_become_password", "BECOME password"),
    )


def _typed(option: str, variable: str, prompt: str) -> str:
    with warnings.catch_warnings():
        # Where there is no terminal, it would warn, and read what everybody sees.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            typed: str = click.prompt(prompt, hide_input=True, err=True)
        except getpass.GetPassWarning:
            raise UsageError(
                f"--{option.replace('_', '-')}: there is no terminal to ask for the password at",
                cure=f"put {variable} into a file that only you can read, and name that: -e @FILE",
            ) from None
    return typed
