"""The parameter `server` of the Domino modules that go by HTTP: where the HTTP task is, and who logs in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from remediate.facts.domino_document import masked
from remediate.facts.domino_http import UNID, WebServer
from remediate.facts.http import Endpoint, Tls
from remediate.modules.base import Desk
from remediate.modules.checkers import Check
from remediate.secrecy import Secret

_TEXTS = ("address", "user", "password", "login", "name", "tls_pin", "tls_ca")
_ADDRESS = re.compile(r"[A-Za-z0-9_.:\-]+")


def parse_server(value: Any) -> WebServer:
    """A WebServer from a mapping with `port` and what _TEXTS names, all of them optional.

    Raises:
        ValueError: if it is malformed; the message holds no value, which might be a password.
    """
    if isinstance(value, WebServer):
        return value
    if not isinstance(value, Mapping):
        raise ValueError("it must be a mapping such as {port: 80, user: ..., password: ...}")  # noqa: TRY004
    given = {key: each for key, each in value.items() if each is not None and each != ""}
    unknown = [str(key) for key in given if key not in (*_TEXTS, "port")]
    if unknown:
        raise ValueError(f"it has no '{unknown[0]}'; it may have: port, {', '.join(_TEXTS)}")
    texts = {key: _text(key, given[key]) for key in _TEXTS if key in given}
    tls = _tls(texts)
    for key in ("address", "name"):
        if key in texts and not _ADDRESS.fullmatch(texts[key]):
            raise ValueError(f"its '{key}' must be a host name or an address")
    endpoint = Endpoint(
        address=texts.get("address", "127.0.0.1"),
        port=_port(given.get("port", 80 if tls is None else 443)),
        name=texts.get("name"),
        tls=tls,
    )
    if ("user" in texts) != ("password" in texts):
        raise ValueError("it needs both 'user' and 'password', or neither of them")
    login = texts.get("login", "basic")
    if login not in ("basic", "session"):
        raise ValueError("its 'login' is either basic or session")
    if login == "basic" and ":" in texts.get("user", ""):
        raise ValueError("a 'user' with a colon can only log in with login: session")
    server = WebServer(endpoint=endpoint, user=texts.get("user"))
    password = Secret(texts["password"]) if "password" in texts else None
    return replace(server, password=password, login="session" if login == "session" else "basic")


def authority_of(params: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """The file that `tls_ca` names; see `Module.reads`."""
    server = params.get("server")
    if isinstance(server, Mapping):
        yield "server", server.get("tls_ca"), "files"


def with_authority(params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
    """The parameters with the certificates of `tls_ca`, a file on the controller, in its place."""
    server = params.get("server")
    if isinstance(server, Mapping) and isinstance(server.get("tls_ca"), str) and server["tls_ca"]:
        server = {**server, "tls_ca": desk.read(server["tls_ca"], "files")}
    return {**params, "server": server}


def parse_unid(value: str) -> str:
    """A universal id in capitals.

    Raises:
        ValueError: if it is none.
    """
    if not UNID.fullmatch(value.upper()):
        raise ValueError(f"'{value}' is not a document id of 32 hexadecimal digits")
    return value.upper()


def parse_database(value: str) -> str:
    """The path of a database below the data directory.

    Raises:
        ValueError: if it is empty, or has a query in it.
    """
    path = value.replace("\\", "/").strip("/")
    if not path or ".." in path.split("/") or any(letter in path for letter in "?#\0\n"):
        raise ValueError("it must be the database's path below the data directory, such as mail/some.nsf")
    return path


def shown(name: str, value: Any, more: Sequence[str]) -> Any:
    """A value fit to be registered: without secrets; lists go through one by one."""
    if isinstance(value, Mapping):
        return {key: shown(name, each, more) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [shown(name, each, more) for each in value]
    if isinstance(value, str):
        return masked(name, value, tuple(more))
    hidden = masked(name, str(value), tuple(more))
    return value if hidden == str(value) else hidden


def _text(key: str, value: Any) -> str:
    if isinstance(value, Secret):
        value = value.reveal()
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or "\0" in value or ("\n" in value and key != "tls_ca"):
        raise ValueError(f"its '{key}' must be text of one line")
    return value


def _tls(texts: Mapping[str, str]) -> Tls | None:
    pin, authority = texts.get("tls_pin"), texts.get("tls_ca")
    if pin is None and authority is None:
        return None
    if pin is not None and authority is not None:
        raise ValueError("give either 'tls_pin' or 'tls_ca'")
    if pin is not None:
        pin = pin.replace(":", "").lower()
        if not re.fullmatch(r"[0-9a-f]{64}", pin):
            raise ValueError("its 'tls_pin' must be the SHA-256 of the certificate: 64 hexadecimal digits")
    return Tls(pin=pin, authority=authority)


def _port(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise ValueError("its 'port' must be a number from 1 to 65535")
    return int(text)


# pydantic would have its own say in a dataclass, and quote a wrong value.
Server = Annotated[Any, Check(parse_server, "plain")]
Unid = Annotated[str, Check(parse_unid)]
Database = Annotated[str, Check(parse_database)]
