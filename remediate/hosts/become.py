"""Becoming another user: what is asked of the host, how the password is given, what a refusal means."""

import secrets

from remediate.errors import TaskFailed
from remediate.hosts.target import Become, is_user_name
from remediate.secrecy import end_of

READY = b"remediate:ready\n"
"""What the other user's shell prints first, where a password may be asked for before it."""


class Door:
    """How a shell is asked for: the command for the login shell, maybe a csh, and the talk before it."""

    def __init__(self, shell: str, become: Become | None) -> None:
        self._become = become
        self.prompt = f"remediate:password:{secrets.token_hex(8)}".encode()
        self.command = self._compose(shell)

    @property
    def password(self) -> bytes | None:
        """The line to send when `prompt` appears on stderr, or None if none may be sent."""
        if self._become is None or self._become.password is None:
            return None
        return self._become.password.reveal().encode() + b"\n"

    @property
    def waits(self) -> bool:
        """Whether nothing may be sent before READY is read: it might be taken for the password."""
        return self._become is not None and (self.password is not None or self._become.method == "su")

    def refusal(self, complaint: bytes, *, prompted: int) -> TaskFailed:
        """Why there is no shell, in words that help.

        Args:
            complaint: what was printed instead.
            prompted: how often the password was asked for.
        """
        text = complaint.decode("utf-8", "replace").replace(self.prompt.decode(), " ").strip()
        last = end_of(text)
        if self._become is None:
            return TaskFailed(f"the shell did not start: {last or 'without a word'}")
        what = f"cannot become the user {self._become.user} with {self._become.method}"
        for words, reason, cure in _REFUSALS:
            if any(word in text for word in words):
                return TaskFailed(f"{what}: {reason}", cure=cure)
        if prompted > 1:
            return TaskFailed(f"{what}: the password was not accepted", cure="check ansible_become_password")
        return TaskFailed(f"{what}: {last or 'without a word'}")

    def _compose(self, shell: str) -> str:
        become = self._become
        if become is None:
            return f"exec {shell}"
        if not is_user_name(become.user):
            raise TaskFailed(f"'{become.user}' cannot be a user's name", cure="check become_user")
        if become.method == "su":
            if become.password is not None:
                raise TaskFailed(
                    "su with a password is not supported: it wants a terminal",
                    cure="log in as root, or use become_method: sudo",
                )
            # Only root is asked for no password; anybody else's su would read the script as one.
            inner = f'su {become.user} -c "echo {_ready()}; exec {shell}"'
            return (
                f'exec /bin/sh -c \'LC_ALL=C; export LC_ALL; case `id` in "uid=0("*) exec {inner};; esac; '
                f"echo {_NOT_ROOT} >&2; exit 1'"
            )
        if become.password is None:
            return f"exec env LC_ALL=C sudo -n -u {become.user} {shell}"
        inner = f"echo {_ready()}; exec {shell}"
        prompt = self.prompt.decode()
        return f"exec env LC_ALL=C sudo -S -p {prompt} -u {become.user} {shell} -c '{inner}'"


_NOT_ROOT = "remediate:not-root"


def _ready() -> str:
    return READY.decode().strip()


_REFUSALS = (
    ((_NOT_ROOT,), "su asks everybody but root for a password", "log in as root, or use become_method: sudo"),
    (
        ("you must have a tty",),
        "sudo wants a terminal (requiretty)",
        "take `requiretty` out of sudoers for the login user",
    ),
    (
        ("no tty present", "password is required", "password required", "no password was provided"),
        "sudo wants a password",
        "give ansible_become_password (--ask-become-pass), or NOPASSWD in sudoers",
    ),
    (
        ("Sorry, try again", "incorrect password", "Authentication failure"),
        "the password was not accepted",
        "check ansible_become_password",
    ),
    (
        ("not in the sudoers", "not allowed to execute", "not allowed to run", "may not run"),
        "sudoers does not allow it to the login user",
        "allow it in sudoers, or log in as another user",
    ),
    (
        ("unknown user", "does not exist", "Unknown id", "no such user", "unknown login"),
        "there is no such user on the host",
        "check become_user",
    ),
    (
        ("not found", "No such file"),
        "the program is not on the PATH of the login user",
        "install it, use the other become_method, or log in as the user itself",
    ),
    (
        ("This account is currently not available", "nologin"),
        "the user may not log in",
        "give the user a shell, or use become_method: sudo",
    ),
)
