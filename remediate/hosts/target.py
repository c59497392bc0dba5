"""How to reach one host and who to become there: plain data, taken from inventory variables and options.

Importing this loads neither Fabric nor paramiko: commands that contact nobody stay quick.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from remediate.errors import InventoryError
from remediate.records import dataclass
from remediate.secrecy import Secret

_ADDRESS = re.compile(r"[^\s@/\-][^\s@/]*")
_SHELL = re.compile(r"/[A-Za-z0-9_./+\-]+")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*\$?")
_REMOTE_TMP = re.compile(r"(/|~$|~/|\$).*")
_CONNECTIONS = ("ssh", "smart", "paramiko", "paramiko_ssh")
_WORDS = {
    "yes": True,
    "true": True,
    "on": True,
    "1": True,
    "no": False,
    "false": False,
    "off": False,
    "0": False,
}

_NOT_HONOURED = {
    "ansible_ssh_common_args": "put HostName, User, Port, IdentityFile or ProxyJump into ssh_config",
    "ansible_ssh_extra_args": "put HostName, User, Port, IdentityFile or ProxyJump into ssh_config",
    "ansible_ssh_executable": "no ssh program is run; remove the variable",
    "ansible_ssh_host_key_checking": "host keys are always checked; --accept-new-host-keys trusts new ones",
    "ansible_host_key_checking": "host keys are always checked; --accept-new-host-keys trusts new ones",
    "ansible_become_exe": "sudo and su are found on the host's PATH; remove the variable",
    "ansible_become_flags": "no flags can be given to sudo or su; remove the variable",
    "ansible_private_key_passphrase": "load the key into an SSH agent with ssh-add",
    "ansible_ssh_private_key_passphrase": "load the key into an SSH agent with ssh-add",
}


Method = Literal["sudo", "su"]


@dataclass(frozen=True, kw_only=True)
class Become:
    """Another user to run scripts as, and how to become it."""

    user: str = "root"
    method: Method = "sudo"
    password: Secret | None = None


ITSELF = Become(user=":login")
"""The login user, where scripts run as another one by default. No user is called so."""


@dataclass(frozen=True, kw_only=True)
class Becoming:
    """What one source, such as the command line, says about becoming another user; None: nothing."""

    wanted: bool | None = None
    user: str | None = None
    method: Method | None = None

    def over(self, weaker: "Becoming") -> "Becoming":
        """What both say together: where this one says nothing, the weaker one counts."""
        return Becoming(
            wanted=weaker.wanted if self.wanted is None else self.wanted,
            user=self.user or weaker.user,
            method=self.method or weaker.method,
        )

    @property
    def become(self) -> Become | None:
        """Whom to become by that; None is the login user."""
        return Become(user=self.user or "root", method=self.method or "sudo") if self.wanted else None


@dataclass(frozen=True, kw_only=True)
class Target:
    """All that is needed to reach one host: plain, picklable data. None means: as ssh_config says."""

    name: str
    address: str
    port: int | None = None
    user: str | None = None
    private_key: str | None = None
    password: Secret | None = None
    legacy: bool = False
    """Whether the algorithms of SSH servers from before 2014 are allowed."""
    known_hosts: str | None = None
    """The one file of host keys to use; None means the user's and the system's."""
    accept_new: bool = False
    connect_timeout: float = 10.0
    """Seconds for one attempt to connect."""
    shell: str = "/bin/sh"
    remote_tmp: str | None = None
    """Where a run may keep files of its own; see `hosts.spool.Spool`."""
    variables: Becoming = Becoming()
    """What the host's variables say: they win over a task's keywords."""
    options: Becoming = Becoming()
    """What the command line says: a task's keywords win over it."""
    become_password: Secret | None = None

    @property
    def default(self) -> Become | None:
        """As whom scripts run where no task says anything; None is the login user."""
        return self.variables.over(self.options).become

    def become_for(self, asked: Become | None) -> Become | None:
        """As whom to run the scripts of who asks for `asked`, with the password; None: as the login user."""
        user = self.default if asked is None else asked
        if user is None or user == ITSELF:
            return None
        return replace(user, password=self.become_password or user.password)


@dataclass(frozen=True, kw_only=True)
class ConnectionOptions:
    """What the command line says about connections; a host's own variables win over it."""

    user: str | None = None
    private_key: str | None = None
    password: Secret | None = None
    accept_new: bool = False
    connect_timeout: float = 10.0
    become: bool = False
    become_user: str | None = None
    become_method: Method | None = None
    become_password: Secret | None = None


def target_of(name: str, variables: Mapping[str, Any], options: ConnectionOptions) -> Target:
    """How to reach the host `name`, from its inventory variables and the command line.

    Raises:
        InventoryError: a variable has a wrong type or value, or asks for what cannot be honoured.
    """
    read = _Reader(name, variables)
    read.refuse_what_cannot_be_honoured()
    return Target(
        name=name,
        address=read.matching(_ADDRESS, "a host name or an address", "ansible_host", "ansible_ssh_host")
        or name,
        port=read.port("ansible_port", "ansible_ssh_port"),
        user=read.text("ansible_user", "ansible_ssh_user") or options.user,
        private_key=read.text("ansible_ssh_private_key_file", "ansible_private_key_file")
        or options.private_key,
        password=read.secret("ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
        or options.password,
        legacy=read.flag("ssh_legacy") or False,
        known_hosts=read.text("ssh_known_hosts"),
        accept_new=options.accept_new,
        connect_timeout=read.seconds("ansible_timeout", "ansible_ssh_timeout") or options.connect_timeout,
        shell=read.matching(_SHELL, "the full path of a shell", "ansible_shell_executable") or "/bin/sh",
        remote_tmp=read.matching(_REMOTE_TMP, "a full path (or ~/...) on the host", "ansible_remote_tmp"),
        variables=read.becoming(),
        options=Becoming(
            wanted=options.become or None, user=options.become_user, method=options.become_method
        ),
        become_password=read.secret("ansible_become_password", "ansible_become_pass")
        or options.become_password,
    )


def becoming_of(host: str, values: Mapping[str, Any]) -> Becoming:
    """What keywords, or the variables that are called so, say about becoming another user on a host.

    Raises:
        InventoryError: a value is no such thing.
    """
    return _Reader(host, values).becoming(prefix="")


def is_user_name(text: str) -> bool:
    """Whether `text` may stand for a user in a command line, whatever shell reads it."""
    return _USER.fullmatch(text) is not None


class _Reader:
    """Reads variables of one host; every complaint names the host, the variable and the value."""

    def __init__(self, host: str, variables: Mapping[str, Any]) -> None:
        self._host = host
        self._variables = variables

    def refuse_what_cannot_be_honoured(self) -> None:
        connection = self.text("ansible_connection")
        if connection is not None and connection not in _CONNECTIONS:
            raise self._mistake(f"ansible_connection is '{connection}'", "only ssh is supported")
        shell_type = self.text("ansible_shell_type")
        if shell_type not in (None, "sh"):
            raise self._mistake(
                f"ansible_shell_type is '{shell_type}'", "scripts are for /bin/sh; remove the variable"
            )
        for variable, cure in _NOT_HONOURED.items():
            if self._variables.get(variable) not in (None, ""):
                raise self._mistake(f"the variable {variable} is not supported", cure)

    def text(self, *names: str) -> str | None:
        variable, value = self._first(names)
        if value is None or value == "":
            return None
        if isinstance(value, str) and "\n" not in value and "\0" not in value:
            return value
        raise self._mistake(
            f"{variable} must be a text of one line, not {value!r}", "put the value in quotes"
        )

    def secret(self, *names: str) -> Secret | None:
        variable, value = self._first(names)
        if value is None or value == "":
            return None
        if isinstance(value, Secret):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and "\n" not in value and "\0" not in value:
            return Secret(value)
        kind = type(value).__name__
        raise self._mistake(f"{variable} must be a text of one line, not a {kind}", "put the value in quotes")

    def matching(self, pattern: re.Pattern[str], meaning: str, *names: str) -> str | None:
        value = self.text(*names)
        if value is None or pattern.fullmatch(value):
            return value
        raise self._mistake(f"{self._first(names)[0]} must be {meaning}, not {value!r}", None)

    def port(self, *names: str) -> int | None:
        variable, value = self._first(names)
        if value is None or value == "":
            return None
        number = self._number(value)
        if number is not None and number == int(number) and 1 <= number <= 65535:
            return int(number)
        raise self._mistake(f"{variable} must be a number from 1 to 65535, not {value!r}", None)

    def seconds(self, *names: str) -> float | None:
        variable, value = self._first(names)
        if value is None or value == "":
            return None
        number = self._number(value)
        if number is not None and 0 < number <= 86400:
            return number
        raise self._mistake(f"{variable} must be a number of seconds, more than 0, not {value!r}", None)

    def flag(self, *names: str) -> bool | None:
        variable, value = self._first(names)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (str, int)) and str(value).lower() in _WORDS:
            return _WORDS[str(value).lower()]
        raise self._mistake(f"{variable} must be true or false, not {value!r}", None)

    def method(self, *names: str) -> Method | None:
        value = self.text(*names)
        if value is None or value in ("sudo", "su"):
            return cast(Method | None, value)
        raise self._mistake(f"{self._first(names)[0]} is '{value}'", "sudo and su are supported")

    def becoming(self, prefix: str = "ansible_") -> Becoming:
        return Becoming(
            wanted=self.flag(f"{prefix}become"),
            user=self.matching(_USER, "a user name", f"{prefix}become_user"),
            method=self.method(f"{prefix}become_method"),
        )

    def _first(self, names: tuple[str, ...]) -> tuple[str, Any]:
        for name in names:
            value = self._variables.get(name)
            if value is not None:
                return name, value
        return names[0], None

    @staticmethod
    def _number(value: object) -> float | None:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value):
            return float(value)
        return None

    def _mistake(self, what: str, cure: str | None) -> InventoryError:
        return InventoryError(what, where=f"host {self._host}", cure=cure)
