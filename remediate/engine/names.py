"""Where names lead on a host: a file may have several, through symbolic links, and what is done to it is done
under all of them.

A question or an effect is about the path that its name leads to. The host is asked about the links on the way
of every path together with the path itself; what effects do to links is laid over that.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from remediate.answers import Answer, Known, Provisional
from remediate.effects.base import Effect
from remediate.effects.paths import Link, MakeDirectory, RemovePath
from remediate.effects.permissions import SetMode, SetOwner
from remediate.effects.run import Run
from remediate.effects.upload import Upload
from remediate.effects.write import RemoveFile, WriteFile
from remediate.engine.doubt import Perhaps
from remediate.facts.base import Fact
from remediate.facts.digest import Digest
from remediate.facts.files import Directory, FileStatus, Listing, PathStatus, Text, is_inside
from remediate.hosts.target import Become
from remediate.records import dataclass

_THROUGH = (Text, Listing, Digest, Directory)
"""Questions that follow a link; of those about paths, only the status does not."""

ON_PATHS = (FileStatus, *_THROUGH)
"""Questions about what is at a path."""

_AT = (RemoveFile, RemovePath, MakeDirectory, Link, SetMode, SetOwner, Upload)
"""Effects on what is at a path itself, which refuse a link or replace it; writing goes through it."""

_MOST = 40
"""Links on one way; what has more leads nowhere, as on every system."""

_CROOKED = re.compile(r"//|/\.\.?(/|$)")


class Pointer(NamedTuple):
    """A symbolic link: its target, and what may yet change it before it counts."""

    target: str
    why: str | None = None


class Way(NamedTuple):
    """Where a path leads."""

    at: str
    """Its directory without any link, and its own name."""
    end: str
    """What is found behind it, without any link."""
    names: tuple[str, ...] = ()
    """What was looked at on the way."""
    why: str | None = None
    """What may yet change the way."""
    circle: str | None = None
    """The link above it that leads to itself in the end: no system finds anything behind it."""


def way_of(path: str, links: Mapping[str, Pointer]) -> Way:
    """The way of a path over these links."""
    if not links and (straight := _straight(path)) is not None:
        return straight
    walk = _Walk(links)
    above, _, name = path.rpartition("/")
    walk.go(above)
    at, circle = f"{walk.here}/{name}", walk.circle
    walk.go(name, walk.here)
    at = walk.here or "/" if name in ("", ".", "..") else at
    return Way(at=at, end=walk.here or "/", names=tuple(walk.names), why=walk.why, circle=circle)


@lru_cache(maxsize=4096)  # most ways are asked for again and again: by each question, after each effect
def _straight(path: str) -> Way | None:
    """The way of a path on which there is no link; None if it is not written as it leads."""
    return None if _CROOKED.search(path) else Way(at=path, end=path, names=(*above_of(path), path))


@lru_cache(maxsize=4096)
def above_of(path: str) -> tuple[str, ...]:
    """The directories above a path, as it is written, without the root."""
    return tuple(path[: each.start()] for each in re.finditer("/", path) if each.start())


class _Walk:
    """Goes from name to name as a system does."""

    def __init__(self, links: Mapping[str, Pointer]) -> None:
        self.here = ""
        self.names: list[str] = []
        self.why: str | None = None
        self.circle: str | None = None
        self._links = links
        self._met = 0

    def go(self, path: str, start: str = "") -> None:
        """Follow a path from a directory without links."""
        self.here = "" if path.startswith("/") else start
        straight = True
        for name in path.split("/"):
            if name == "..":
                # Whether there is a directory out of which it leads, nobody has asked.
                self.why = self.why or (None if straight else f"where {path} leads")
                self.here = self.here.rpartition("/")[0]
            elif name not in ("", "."):
                straight = False
                self._into(name)

    def _into(self, name: str) -> None:
        above, here = self.here, f"{self.here}/{name}"
        self.names.append(here)
        pointer = self._links.get(here)
        self.here = here
        if pointer is None:
            return
        if self._met >= _MOST:
            self.circle = self.circle or here
            return
        self._met += 1
        self.why = self.why or pointer.why
        self.go(pointer.target, above)


@dataclass
class Names:
    """The links that were met on a host: as they were found, and after what was laid over them."""

    _looked: set[tuple[Become | None, str]] = field(default_factory=set)
    _found: dict[str, Pointer] = field(default_factory=dict)
    _now: dict[str, Pointer] = field(default_factory=dict)
    _laid: list[tuple[Effect, str]] = field(default_factory=list)

    def unseen(self, paths: Iterable[str], become: Become | None) -> tuple[str, ...]:
        """The names on the way of these paths at which this user has not looked yet."""
        tables = (self._found, self._now) if self._laid else (self._found,)
        names = dict.fromkeys(name for path in paths for each in tables for name in way_of(path, each).names)
        return tuple(name for name in names if (become, name) not in self._looked)

    def learn(self, names: Iterable[str], links: Mapping[str, str], become: Become | None) -> None:
        """These are the links among the names, as this user sees them, before anything that was foreseen."""
        self._looked.update((become, name) for name in names)
        for name, target in links.items():
            pointer: Pointer | None = Pointer(target=target)
            self._found[name] = Pointer(target=target)
            for effect, by in self._laid:
                pointer = pointer and _left(name, pointer, effect, by)
            if pointer is not None:
                self._now[name] = pointer

    def links_among(self, names: Iterable[str]) -> dict[str, str]:
        """Those of the names that are links on the host, and where they point."""
        found = self._found
        return {name: found[name].target for name in names if name in found} if found else {}

    def straight(self, path: str) -> bool:
        """Whether no link is known, and the path is written as it leads."""
        return not self._found and not self._now and _straight(path) is not None

    def found(self, path: str) -> Way:
        """The way of a path before anything that was foreseen."""
        return way_of(path, self._found)

    def now(self, path: str) -> Way:
        """The way of a path after all that was laid over it."""
        return way_of(path, self._now)

    def foresee(self, effect: Effect, by: str) -> None:
        """Lay a real effect over the links, and over those that are met later."""
        self._laid.append((effect, by))
        self._lay(effect, by)

    def after(self, effect: Effect) -> "Names":
        """The names once the host has carried out a real effect."""
        names = Names(_looked={*self._looked}, _now={**self._now})
        names._lay(effect, "")
        names._found = names._now
        if isinstance(effect, Run):  # what it names may be anything now, also a link
            touched = effect.touches()
            names._looked = {
                (become, name)
                for become, name in self._looked
                if touched is not None and not any(is_inside(name, path) for path in touched)
            }
        return names

    def copied(self) -> "Names":
        """The same, to be laid over apart from these."""
        return Names(_looked={*self._looked}, _found={**self._found}, _now={**self._now}, _laid=[*self._laid])

    def _lay(self, effect: Effect, by: str) -> None:
        for name, pointer in [*self._now.items()]:
            left = _left(name, pointer, effect, by)
            if left is None:
                del self._now[name]
            else:
                self._now[name] = left
        if isinstance(effect, Link):
            self._now[effect.path] = Pointer(target=effect.target)

    def real(self, effect: Effect, by: str) -> tuple[Effect, str | None]:
        """An effect on the paths that its names lead to now, and what may yet change where they lead."""
        match effect:
            case Perhaps():
                inner, why = self.real(effect.effect, by)
                return replace(effect, effect=inner), why
            case WriteFile():
                way = self.now(effect.path)
                beside = by if effect.backup and way.at != way.end else None  # it lies beside the link
                return _moved(effect, way.end), way.why or beside
            case Run() if (touched := effect.touches()) is not None:
                ways = [self.now(path) for path in sorted(touched)]
                paths = dict.fromkeys(path for way in ways for path in (way.at, way.end))
                why = next((way.why for way in ways if way.why), None)
                return replace(effect, creates=None, removes=None, changes_paths=tuple(paths)), why
        if isinstance(effect, _AT):
            way = self.now(effect.path)
            return _moved(effect, way.at), way.why
        return effect, None


def _moved(effect: Any, path: str) -> Any:
    return effect if path == effect.path else replace(effect, path=path)


def paths_of(effect: Effect) -> Iterable[str]:
    """The paths that an effect names."""
    match effect:
        case Perhaps():
            return paths_of(effect.effect)
        case Run():
            return effect.touches() or ()
    return (effect.path,) if isinstance(effect, (*_AT, WriteFile)) else ()


def apart(fact: Fact[Any], effect: Effect) -> bool:
    """Whether a real effect on one path surely changes nothing that a real question about another asks.

    Each would say so itself, but a run of many tasks has very many pairs of them.
    """
    if not (isinstance(fact, ON_PATHS) and isinstance(effect, (*_AT, WriteFile))):
        return False
    return not (fact.path.startswith(effect.path) or effect.path.startswith(fact.path))


def bends(way: Way, effect: Effect) -> bool:
    """Whether a way leads by `..` out of what a real effect may have made: it was none before."""
    return way.why is not None and any(path in way.names for path in paths_of(effect))


def real(fact: Fact[Any], way: Way) -> Fact[Any]:
    """A question about the path that its own leads to."""
    if isinstance(fact, Directory):
        return FileStatus(way.end)
    if not isinstance(fact, ON_PATHS):
        return fact
    path = way.at if isinstance(fact, FileStatus) else way.end
    return fact if path == fact.path else replace(fact, path=path)


def through(fact: Fact[Any], way: Way, answer: Answer) -> Answer:
    """What is foretold of the end of a way, as the answer to a question that follows it."""
    match fact, answer:
        case Directory(), Known(value) | Provisional(value) if value.kind != "directory":
            return replace(answer, value=PathStatus(kind="absent"))
        case Text() | Digest(), Known(value) | Provisional(value) if (
            value.kind == "absent" and way.at != way.end
        ):
            return replace(answer, value=replace(value, kind="other"))  # a link that leads nowhere is there
    return answer


def _left(name: str, pointer: Pointer, effect: Effect, by: str) -> Pointer | None:
    """A link after a real effect; None if it is none any more, or nobody knows what is there."""
    before = Known(PathStatus(kind="link", target=pointer.target))
    after = effect.foretell(FileStatus(name), before)
    match after:
        case Known(PathStatus(kind="link", target=target)):
            return pointer if after is before else Pointer(target=target)
        case Provisional():
            return pointer._replace(why=pointer.why or by)
    return None
