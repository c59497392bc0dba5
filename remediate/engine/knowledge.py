"""Knowledge: what was asked of one host, and what was laid over it. It reads through, and writes over.

In a dry run the effects that were foreseen are laid over the real answers, in order. In an apply the answers
themselves are written over, with what the host has confirmed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field, fields, is_dataclass, replace
from typing import Any

from remediate.answers import Answer, Known, Provisional, Unknown
from remediate.effects.base import Effect
from remediate.engine.asking import Refused
from remediate.engine.doubt import Clouded
from remediate.engine.events import Seen
from remediate.engine.names import ON_PATHS, Names, above_of, apart, bends, paths_of, real, through
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.facts.links import Links
from remediate.hosts.target import Become
from remediate.records import dataclass

Key = tuple[Become | None, Fact[Any]]
"""A question, and as whom it is asked."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a question was answered with before an effect, and what it will be answered with after it."""

    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class Laid:
    """What an effect makes of the answers that are known, when it has been carried out."""

    proofs: Mapping[Key, Proof]
    """The answers that it changes, to questions of the user as whom it is carried out."""
    dropped: frozenset[Key]
    """What nobody can tell any more without asking again."""
    names: Names
    """Where names lead then."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How much was foreseen, and where names led, at some moment."""

    effects: int
    names: Names


@dataclass
class Knowledge:
    """Everything that is known of one host. Subclasses say how it is asked."""

    _answers: dict[Key, Any] = field(default_factory=dict)
    _names: Names = field(default_factory=Names)
    _foreseen: list[tuple[Effect, Effect, str]] = field(default_factory=list)
    """Effects as they were given, on the paths that their names lead to, and the task of each."""
    _consulted: dict[Key, Any] = field(default_factory=dict)

    def _inquire(self, facts: list[Fact[Any]], become: Become | None) -> Mapping[Fact[Any], Any]:
        """Ask the host all of these, in one round trip."""
        raise NotImplementedError

    def ask(self, facts: Iterable[Fact[Any]], become: Become | None) -> None:
        """Ask all that is not known yet, in one round trip; and what links are on the way of its paths."""
        missing = [fact for fact in dict.fromkeys(facts) if (become, fact) not in self._answers]
        if not missing:
            return
        names = self._names.unseen((fact.path for fact in missing if isinstance(fact, ON_PATHS)), become)
        links = [Links(names)] if names else []
        for fact, answer in self._inquire([*links, *missing], become).items():
            if isinstance(fact, Links):
                self._names.learn(fact.names, {} if isinstance(answer, Refused) else answer, become)
            else:
                self._answers[become, fact] = answer

    def _follow(self, paths: Iterable[str], become: Become | None) -> None:
        """Ask about the links on the way of these paths until it is known where all of them lead."""
        paths = [*paths]
        while names := self._names.unseen(paths, become):
            links = self._inquire([Links(names)], become)[Links(names)]
            self._names.learn(names, {} if isinstance(links, Refused) else links, become)

    def answer(self, fact: Fact[Any], become: Become | None) -> Answer | Refused:
        """The answer with everything laid over it that was foreseen."""
        if (become, fact) not in self._answers:
            self.ask([fact], become)
        if not self._foreseen or not isinstance(fact, ON_PATHS):
            given = [(effect, by) for effect, _, by in self._foreseen]
            return _over(self._consult(fact, become), fact, given)  # type: ignore[no-any-return]
        self._follow([fact.path], become)
        first, way = self._names.found(fact.path), self._names.now(fact.path)
        if way.circle is not None and first.circle is None:
            return Refused(TaskFailed(f"{fact.path} cannot be read: the link {way.circle} leads in a circle"))
        bent = way.why is not None and any(bends(way, effect) for _, effect, _ in self._foreseen)
        asked = fact if (first.at, first.end) == (way.at, way.end) and not bent else real(fact, way)
        self.ask([asked], become)
        there = real(fact, way)
        laid = [(effect, by) for _, effect, by in self._foreseen if not apart(there, effect)]
        answer = through(fact, way, _over(self._consult(asked, become), there, laid))
        if way.why is not None and isinstance(answer, Known):
            return Provisional(answer.value, way.why)
        return answer

    def _consult(self, fact: Fact[Any], become: Become | None) -> Any:
        """What the host itself answered, and that it was needed; and with a path, the links above it."""
        found = self._consulted[become, fact] = self._answers[become, fact]
        if isinstance(fact, ON_PATHS) and (above := above_of(fact.path)):
            self._consulted[become, Links(above)] = self._names.links_among(above)
        return found if isinstance(found, Refused) else Known(found)

    def consulted(self) -> tuple[Seen, ...]:
        """What the host itself answered to the questions since this was asked last."""
        seen = [
            Seen(fact=fact, user=become.user if become else "", answer=_as_answered(answer))
            for (become, fact), answer in self._consulted.items()
        ]
        self._consulted.clear()
        return tuple(seen)

    def forget(self, facts: Iterable[Fact[Any]], become: Become | None) -> None:
        """Ask these again when they are needed next."""
        for fact in facts:
            self._answers.pop((become, fact), None)

    def release(self) -> None:
        """Let go of all that was answered and foreseen: the run is through with the host."""
        self.forget_all()
        self._foreseen.clear()
        self._consulted.clear()

    def forget_all(self) -> None:
        """Ask everything again: somebody else was at work."""
        self._answers.clear()
        self._names = Names()

    def foresee(self, effect: Effect, by: str, become: Become | None = None) -> None:
        """Lay an effect over what is known, for the rest of a dry run; `by` names its task in reasons."""
        self._follow(paths_of(effect), become)
        there, why = self._names.real(effect, by)
        self._foreseen.append((effect, there, by))
        self._names.foresee(there, by)
        if why is not None:  # it may come to be done to another file
            cloud = Clouded(why=why)
            self._foreseen.append((cloud, cloud, why))

    def foreseen(self) -> Mark:
        """How much is foreseen by now."""
        return Mark(effects=len(self._foreseen), names=self._names.copied())

    def foreseen_until(self, mark: Mark) -> None:
        """Take away all that was foreseen since then."""
        del self._foreseen[mark.effects :]
        self._names = mark.names

    def foretell(self, effect: Effect, become: Become | None) -> Laid:
        """What a real effect will make of what is known."""
        known = [(user, fact.path) for user, fact in self._answers if isinstance(fact, ON_PATHS)]
        if known:
            self._follow(paths_of(effect), become)
        for user in {user for user, _ in known}:
            self._follow((path for each, path in known if each == user), user)
        there, _ = self._names.real(effect, "")
        names = self._names
        then = names.after(there)
        proofs: dict[Key, Proof] = {}
        dropped: set[Key] = set()
        for key, found in self._answers.items():
            if not isinstance(found, Refused) and _untouched(key[1], there, names, then):
                continue
            after = Unknown("") if isinstance(found, Refused) else _after(key[1], found, there, names, then)
            if not isinstance(after, Known):
                dropped.add(key)
            elif after.value is not found and key[0] == become:
                proofs[key] = Proof(before=found, after=after.value)
            elif after.value is not found:
                dropped.add(key)
        return Laid(proofs=proofs, dropped=frozenset(dropped), names=then)

    def unlearn(self, laid: Laid) -> None:
        """Forget all that an effect may change: if it fails half way, nothing stale is left behind."""
        for key in (*laid.proofs, *laid.dropped):
            self._answers.pop(key, None)
        self._names = Names()

    def lay(self, laid: Laid, found: Mapping[Key, Any] | None = None) -> None:
        """Write what an effect makes of the answers over them.

        What could not be foretold is as the host answered later, if that is `found`.
        """
        self.unlearn(laid)
        for key, proof in laid.proofs.items():
            self._answers[key] = _completed(proof.after, (found or {}).get(key))
        self._names = laid.names

    @property
    def looked(self) -> Iterable[Key]:
        """The questions whose answers were needed since `consulted` was asked last."""
        return self._consulted.keys()

    def consult(self, keys: Iterable[Key]) -> None:
        """Note that these answers were needed; those that are not known any more were not."""
        for become, fact in keys:
            if (become, fact) in self._answers:
                self._consult(fact, become)


def _completed(foretold: Any, found: Any) -> Any:
    """A foretold answer, with the fields that could not be foretold as they were found."""
    if not is_dataclass(foretold) or isinstance(foretold, type) or type(found) is not type(foretold):
        return foretold
    named = [each.name for each in fields(foretold) if isinstance(getattr(foretold, each.name), Unknown)]
    return replace(foretold, **{name: getattr(found, name) for name in named}) if named else foretold


def _as_answered(answer: Any) -> Any:
    return answer.error.what if isinstance(answer, Refused) else answer


def _over(answer: Any, fact: Fact[Any], effects: Iterable[tuple[Effect, str]]) -> Any:
    """The answer with effects laid over it, each with its task."""
    for effect, by in effects:
        answer = _blamed(answer, effect.foretell(fact, answer), by)
    return answer


def _after(fact: Fact[Any], found: Any, effect: Effect, names: Names, then: Names) -> Answer:
    """The answer after a real effect, if `found` is the one before it."""
    if not isinstance(fact, ON_PATHS):
        return effect.foretell(fact, Known(found))
    before, after = names.now(fact.path), then.now(fact.path)
    if (before.at, before.end) != (after.at, after.end) or bends(before, effect) or bends(after, effect):
        return Unknown(effect.summary())
    return through(fact, after, effect.foretell(real(fact, after), Known(found)))


def _untouched(fact: Fact[Any], effect: Effect, names: Names, then: Names) -> bool:
    """Whether a real effect surely changes neither the answer nor where its path leads."""
    if not (isinstance(fact, ON_PATHS) and apart(fact, effect)):
        return False
    return names.straight(fact.path) and then.straight(fact.path)


def _blamed(before: Any, after: Any, by: str) -> Any:
    """The answer with the task as its reason: people know tasks, and an effect's words may hold a secret."""
    if after is before or not isinstance(after, Provisional | Unknown) or type(after) is type(before):
        return after
    return replace(after, why=by)
