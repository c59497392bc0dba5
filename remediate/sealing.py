"""Seals: what stands in the place of secrets in texts that are kept; who has the secrets opens them again.

A seal such as `<<secret:db_password:text:1f0c5a7d9e2b4c68:NONCE>>` names the variable, the way in which the
secret was written there, and the beginning of its keyed digest. The nonce, drawn anew for each plan, tells
seals from texts that look like them; where a text has the nonce itself in it, that is sealed, too.
"""

import hashlib
import hmac
import re
import secrets as random
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from remediate.canonical import canonical
from remediate.errors import UsageError
from remediate.finder import SHORTEST, Finder, Glance
from remediate.lockbox import is_locked, lock, unlock
from remediate.plan_key import KEY_FILE
from remediate.records import dataclass
from remediate.secrecy import MARK, forms, is_of_codec, is_secret_name, secret_text

_SHOWN = 16
"""Digits of a digest that a seal shows."""
_DERIVED = "derived"
_NUMBER = "number"
"""The way of a number that is a secret as a whole: it is a number again when it is opened."""
_PAIR = 2
_MARKED = f'"{MARK}"'
"""How a Secret begins where a value is written as JSON."""
_REMEMBERED = 4096
"""Texts whose sealed form is remembered: most are the same on many hosts."""


@dataclass(frozen=True, kw_only=True)
class SealedSecret:
    """A secret that seals stand for: the variable's name, and its keyed digest (HMAC-SHA256, hexadecimal)."""

    name: str
    digest: str


class _Written(NamedTuple):
    """One way in which a secret is written, and what a seal says of it."""

    secret: SealedSecret
    way: str


class Sealer:
    """Puts seals in the place of secrets. `secrets` are the variables' names and values.

    A secret of fewer than four characters is left alone, except where it is marked as a Secret, or is the
    value of a variable whose name says that it is one. `derived` is what templates have made of secrets: its
    seals are for people, and nobody opens them.
    """

    def __init__(
        self,
        secrets: Iterable[tuple[str, str]],
        key: bytes,
        nonce: str,
        derived: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._key = key
        self._nonce = nonce
        self._whole: dict[str, SealedSecret] = {}
        self._written: dict[str, _Written] = {}
        for name, value in secrets:
            secret = SealedSecret(name=name, digest=_digest(key, value))
            self._whole.setdefault(value, secret)
            for way, text in forms(value).items():
                self._written.setdefault(text, _Written(secret, way))
        for names, text in derived:
            made = _Written(SealedSecret(name=names, digest=_digest(key, text)), _DERIVED)
            self._written |= {form: made for form in forms(text).values() if form not in self._written}
        self._finder = Finder([*self._written, nonce])
        self._glance = Glance(self._written)
        self._tell_tales = (_MARKED, canonical(nonce)[1:-1])
        self._short = any(0 < len(value) < SHORTEST for value in self._whole)
        self._used: set[SealedSecret] = set()
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._sealed)

    @property
    def sealed(self) -> tuple[SealedSecret, ...]:
        """The secrets that were found so far, in the order of their names."""
        return tuple(sorted(self._used, key=lambda secret: (secret.name, secret.digest)))

    def seal(self, text: str) -> str:
        """The text with a seal for each secret; where secrets overlap, the second seal covers its rest."""
        return self._remembered(text)

    def touches(self, written: str) -> bool:
        """Whether `seal_all` may change a value; `written` is its `canonical` text."""
        return self._short or any(map(written.__contains__, self._tell_tales)) or self._glance.hits(written)

    def seal_all(self, value: Any, *, named: bool = False) -> Any:
        """The value (of JSON's kinds) with every text in it sealed, and numbers that are secrets.

        Keys are sealed, too, but for the names of ours that `effects.codec` writes.
        `named`: it stands under a name that says that it is one.

        Raises:
            UsageError: what is marked as a Secret is none that is known, and could not be opened again.
        """
        if isinstance(value, Mapping):
            if value.keys() == {MARK}:
                return {MARK: self._seal_marked(value[MARK])}
            ours = is_of_codec(value)
            return {
                key if ours else self.seal_all(key): each
                if ours and key == "$"
                else self.seal_all(each, named=named or is_secret_name(key))
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):  # one of two may be a name and its value: see `effects.codec`
            named = named or (len(value) == _PAIR and is_secret_name(value[0]))
            return [self.seal_all(each, named=named) for each in value]
        return self._seal_single(value, named=named)

    def lock_all(self, value: Any, derived: Sequence[tuple[str, str]] = ()) -> Any:
        """The value encrypted, with what was made of secrets and is in it: for what seals are not enough."""
        return lock({"value": value, "derived": derived}, self._key)

    def _seal_single(self, value: Any, *, named: bool) -> Any:
        text = secret_text(value)
        short = len(text) < SHORTEST
        if isinstance(value, str) and not (short and named):
            return self.seal(value)
        secret = self._whole.get(text) if text and (named or not short) else None
        way = "text" if isinstance(value, str) else _NUMBER
        return value if secret is None else self._seal(_Written(secret, way), skip=0)

    def _sealed(self, text: str) -> str:
        pieces: list[str] = []
        end = 0
        for start, found in self._finder.find(text):
            stop = start + len(found)
            if stop > end:
                pieces += (text[end:start], self._seal_of(found, skip=max(0, end - start)))
                end = stop
        return "".join(pieces) + text[end:]

    def _seal_of(self, found: str, *, skip: int) -> str:
        written = self._written.get(found)
        if written is None:  # the nonce
            return _seal("", "nonce", skip, "", self._nonce)
        return self._seal(written, skip=skip)

    def _seal_marked(self, text: str) -> str:
        if not text:
            return text
        secret = self._whole.get(text)
        if secret is None:
            raise UsageError(
                "a task has a secret that is no variable's value, and so cannot be kept sealed",
                cure="give it in a variable whose name ends in _password, _secret or _token",
            )
        return self._seal(_Written(secret, "text"), skip=0)

    def _seal(self, written: _Written, *, skip: int) -> str:
        if written.way != _DERIVED:
            self._used.add(written.secret)
        name = quote(written.secret.name, safe="")
        if any(self._finder.find(name)):  # `db_password`, where a password is "password"
            name = ""
        return _seal(name, written.way, skip, written.secret.digest[:_SHOWN], self._nonce)


class Opener:
    """Puts secrets in the place of their seals. `secrets` are candidates: names and values."""

    def __init__(self, secrets: Iterable[tuple[str, str]], key: bytes, nonce: str) -> None:
        self._key = key
        self._nonce = nonce
        self.derived: list[tuple[str, str]] = []
        """What was made of secrets and stood in what was locked: names of variables, and texts."""
        self._values: dict[str, str] = {}
        self._names: set[str] = set()
        for name, value in secrets:
            self._values[_digest(key, value)[:_SHOWN]] = value
            self._names.add(name)
        self._seal = _pattern(nonce)

    def check(self, sealed: Iterable[SealedSecret]) -> None:
        """See that each of these secrets is there, before any is needed.

        Raises:
            UsageError: naming all those that are not.
        """
        missing = [each.name for each in sealed if each.digest[:_SHOWN] not in self._values]
        if missing:
            raise self._missing(sorted(set(missing)))

    def open(self, text: str) -> str:
        """The text as it was before it was sealed.

        Raises:
            UsageError: a secret is not among the candidates.
        """
        return self._seal.sub(self._opened, text)

    def open_all(self, value: Any) -> Any:
        """The value (of JSON's kinds) as it was before it was sealed.

        Raises:
            UsageError: a secret is not among the candidates.
        """
        if isinstance(value, str):
            seal = self._seal.fullmatch(value)
            return self.open(value) if seal is None or seal[2] != _NUMBER else _number(self._opened(seal))
        if isinstance(value, Mapping):
            return {self.open_all(key): self.open_all(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.open_all(each) for each in value]
        return value

    def open_kept(self, value: Any) -> Any:
        """What the store keeps of a run, sealed or locked, as it was.

        Raises:
            UsageError: a secret is not among the candidates, or it is another key.
        """
        if not is_locked(value):
            return self.open_all(value)
        unlocked = unlock(value, self._key)
        self.derived += [(names, text) for names, text in unlocked["derived"]]
        return unlocked["value"]

    def _opened(self, seal: re.Match[str]) -> str:
        name, way, skip, digest = seal.groups()
        if way == "nonce":
            return self._nonce[int(skip or 0) :]
        value = self._values.get(digest)
        if value is None:
            raise self._missing([unquote(name) or "a variable that the plan does not name"])
        written = {"text": value, _NUMBER: value, **forms(value)}.get(way)
        if written is None:
            raise UsageError(f"a seal of {unquote(name)} cannot be opened: '{way}' is not known", cure=_NEWER)
        return written[int(skip or 0) :]

    def _missing(self, names: list[str]) -> UsageError:
        known = [name for name in names if name in self._names]
        if known == names:
            return UsageError(
                f"not the value that it had when this was written: {', '.join(names)}", cure=_OTHER
            )
        return UsageError(
            f"a secret is needed that is not given: {', '.join(name for name in names if name not in known)}",
            cure="give it as it was given then: in the inventory, with -e, in the environment, or when asked",
        )


_NEWER = "use the version of remediate that wrote it"
_OTHER = f"give the old value, or make it anew; it must also be the same {KEY_FILE}, in the state directory"


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _digest(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _seal(name: str, way: str, skip: int, digest: str, nonce: str) -> str:
    return f"<<secret:{name}:{way}{f'+{skip}' if skip else ''}:{digest}:{nonce}>>"


def _pattern(nonce: str) -> re.Pattern[str]:
    return re.compile(rf"<<secret:([^:<>]*):([a-z0-9.]+)(?:\+([0-9]+))?:([0-9a-f]*):{re.escape(nonce)}>>")


def in_words(text: str, nonce: str) -> str:
    """The text for people: `(secret db_password)` in the place of a seal."""

    def said(seal: re.Match[str]) -> str:
        name, way, skip, _ = seal.groups()
        if way == "nonce":
            return nonce[int(skip or 0) :]
        return f"(secret {unquote(name)})" if name else "(secret)"

    return _pattern(nonce).sub(said, text)


def masked(text: str, nonce: str) -> str:
    """The text with the same words for every seal: which variable a seal names may come out otherwise."""
    return _pattern(nonce).sub("(secret)", text)


def new_nonce() -> str:
    """What tells the seals of one plan from all other texts."""
    return random.token_hex(8)
