"""Filters on text: regular expressions, quoting, digests, paths, addresses."""

import base64
import hashlib
import posixpath
import re
import shlex
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from remediate.errors import TemplateError

# Ansible's own name space for to_uuid (its documentation of the filter).
_UUID_NAMESPACE = "361E6D51-FAEC-444A-9079-341386DA8E2E"
_URL_PARTS = ("fragment", "hostname", "netloc", "password", "path", "port", "query", "scheme", "username")
_COMMENTS: Mapping[str, tuple[str, str, str]] = {  # decoration, beginning, end
    "plain": ("# ", "", ""),
    "erlang": ("% ", "", ""),
    "c": ("// ", "", ""),
    "cblock": (" * ", "/*", " */"),
    "xml": (" - ", "<!--", "-->"),
}


def _bytes(value: Any, encoding: str = "utf-8") -> bytes:
    # What a host printed may hold bytes that are no UTF-8: they travel as surrogates.
    return value if isinstance(value, bytes) else str(value).encode(encoding, "surrogateescape")


def _flags(ignorecase: bool, multiline: bool) -> re.RegexFlag:
    return (re.IGNORECASE if ignorecase else re.NOFLAG) | (re.MULTILINE if multiline else re.NOFLAG)


def regex_replace(  # noqa: PLR0917 - the order is Ansible's
    value: Any,
    pattern: str = "",
    replacement: str = "",
    ignorecase: bool = False,
    multiline: bool = False,
    count: int = 0,
    mandatory_count: int = 0,
) -> str:
    """The text with every match (or the first `count`) replaced."""
    result, found = re.compile(pattern, _flags(ignorecase, multiline)).subn(
        replacement, str(value), count=count
    )
    if mandatory_count and found != mandatory_count:
        raise TemplateError(f"'{pattern}' should match {mandatory_count} times, but matches {found} times")
    return result


def regex_search(
    value: Any, pattern: str, *groups: str, ignorecase: bool = False, multiline: bool = False
) -> str | list[Any] | None:
    r"""The first match, or the groups asked for (`\1`, `\g<name>`); null if nothing matches."""
    match = re.compile(pattern, _flags(ignorecase, multiline)).search(str(value))
    keys: list[str | int] = []
    for group in groups:
        asked = re.match(r"\\(?:g<(\w+)>|(\d+))", group)
        if asked is None:
            raise TemplateError(f"'{group}' does not name a group", cure=r"write '\1' or '\g<name>'")
        keys.append(asked[1] or int(asked[2]))
    if match is None:
        return None
    return [match.group(key) for key in keys] if keys else match.group()


def regex_findall(value: Any, pattern: str, multiline: bool = False, ignorecase: bool = False) -> list[Any]:
    """All matches."""
    return re.compile(pattern, _flags(ignorecase, multiline)).findall(str(value))


def regex_escape(value: Any, re_type: str = "python") -> str:
    """The text with everything escaped that has a meaning in a regular expression."""
    if re_type == "python":
        return re.escape(str(value))
    if re_type == "posix_basic":
        return re.sub(r"([].[^$*\\])", r"\\\1", str(value))
    raise TemplateError(f"no regular expressions of the type '{re_type}'", cure="python or posix_basic")


def split(value: str, separator: str | None = None, maxsplit: int = -1) -> list[str]:
    """The parts of a text."""
    return value.split(separator, maxsplit)


def quote(value: Any) -> str:
    """The text as one word of a shell."""
    return shlex.quote("" if value is None else str(value))


def digest(value: Any, hashtype: str = "sha1") -> str:
    """A digest of the text, in hexadecimal."""
    try:
        found = hashlib.new(hashtype, _bytes(value), usedforsecurity=False)
    except ValueError:
        raise TemplateError(f"no digest '{hashtype}'", cure="e.g. sha1, sha256 or md5") from None
    return found.hexdigest()


def sha1(value: Any) -> str:
    """The SHA-1 digest."""
    return digest(value, "sha1")


def md5(value: Any) -> str:
    """The MD5 digest."""
    return digest(value, "md5")


def b64encode(value: Any, encoding: str = "utf-8") -> str:
    """The text in base64."""
    return base64.b64encode(_bytes(value, encoding)).decode("ascii")


def b64decode(value: Any, encoding: str = "utf-8") -> str:
    """The text that stands in base64."""
    return base64.b64decode(_bytes(value)).decode(encoding, "surrogateescape")


def to_uuid(value: Any, namespace: str = _UUID_NAMESPACE) -> str:
    """An identifier that is always the same for the same text."""
    return str(uuid.uuid5(uuid.UUID(namespace), str(value)))


def comment(
    text: str,
    style: str = "plain",
    *,
    decoration: str | None = None,
    beginning: str | None = None,
    end: str | None = None,
    prefix: str | None = None,
    prefix_count: int = 1,
    postfix: str | None = None,
    postfix_count: int = 1,
    newline: str = "\n",
) -> str:
    """The text as a comment in the style of a language."""
    if style not in _COMMENTS:
        raise TemplateError(f"no comment style '{style}'", cure=f"use one of {', '.join(_COMMENTS)}")
    usual, usual_beginning, usual_end = _COMMENTS[style]
    mark = usual if decoration is None else decoration
    first = usual_beginning if beginning is None else beginning
    last = usual_end if end is None else end
    before = [mark.rstrip() if prefix is None else prefix] * prefix_count
    after = [mark.rstrip() if postfix is None else postfix] * postfix_count
    *inner, ending = text.split(newline)
    body = [*(mark + line if line else mark.rstrip() for line in inner), mark + ending]
    lines = [*([first] if first else []), *before, *body, *after, *([last] if last else [])]
    return newline.join(lines)


def splitext(path: str) -> list[str]:
    """A path without its extension, and the extension."""
    return list(posixpath.splitext(path))


def path_join(parts: str | Sequence[str]) -> str:
    """The parts as one path."""
    return parts if isinstance(parts, str) else posixpath.join(*parts)


def relpath(path: str, start: str) -> str:
    """A path as seen from another directory."""
    return posixpath.relpath(path, start)


def url_parts(value: str, query: str = "") -> Any:
    """All parts of an address, or the one asked for."""
    url = urlsplit(value)
    parts = {name: getattr(url, name) for name in _URL_PARTS}
    if not query:
        return parts
    if query not in parts:
        raise TemplateError(f"an address has no part '{query}'", cure=f"use one of {', '.join(_URL_PARTS)}")
    return parts[query]


FILTERS: Mapping[str, Callable[..., Any]] = {
    "b64decode": b64decode,
    "b64encode": b64encode,
    "basename": posixpath.basename,
    "checksum": sha1,
    "comment": comment,
    "commonpath": posixpath.commonpath,
    "dirname": posixpath.dirname,
    "hash": digest,
    "md5": md5,
    "normpath": posixpath.normpath,
    "path_join": path_join,
    "quote": quote,
    "regex_escape": regex_escape,
    "regex_findall": regex_findall,
    "regex_replace": regex_replace,
    "regex_search": regex_search,
    "relpath": relpath,
    "sha1": sha1,
    "split": split,
    "splitext": splitext,
    "to_uuid": to_uuid,
    "urlsplit": url_parts,
}
