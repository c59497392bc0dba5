"""HostState: what is known of one host. It reads through, and writes over.

In a dry run the effects that were foreseen are laid over the real answers, in order. In an apply an effect
is carried out, what it foretold is asked again in the same round trip, and only what the host confirmed
is kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

from remediate.answers import Answer, Known, Provisional, Unknown
from remediate.effects.base import Effect, Guard
from remediate.engine.asking import Refused, ask, follow
from remediate.engine.events import Seen
from remediate.errors import Drifted, LoginRefused, NotConverged, UnknownUntilApplied
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.http import HttpRequest
from remediate.hosts.host import Host
from remediate.hosts.target import Become

T = TypeVar("T")
_Key = tuple[Become | None, Fact[Any]]


@dataclass(frozen=True, kw_only=True)
class Perhaps(Effect):
    """An effect of which only the apply will tell whether it is needed."""

    effect: Effect
    why: str

    def summary(self) -> str:
        """The effect's own, with the doubt."""
        return f"perhaps {self.effect.summary()}"

    def diff(self) -> str:
        """The effect's own."""
        return self.effect.diff()

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """Where the effect would make a difference, the answer is provisional."""
        after = self.effect.foretell(fact, answer)
        if after is answer or _is_same(after, answer):
            return answer
        return Provisional(answer.value, self.why) if isinstance(answer, Known) else answer


@dataclass(frozen=True, kw_only=True)
class Clouded(Effect):
    """Something may be done, and nobody can say yet what: every answer is provisional from here on."""

    why: str

    def summary(self) -> str:
        """What it depends on."""
        return f"unknown until applied: {self.why}"

    def diff(self) -> str:
        """Nothing can be shown."""
        return ""

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """The same answer, provisionally."""
        return Provisional(answer.value, self.why) if isinstance(answer, Known) else answer


@dataclass
class HostState:
    """Everything that was asked of one host, and what was laid over it."""

    host: Host
    dry_run: bool
    _answers: dict[_Key, Any] = field(default_factory=dict)
    _foreseen: list[tuple[Effect, str]] = field(default_factory=list)
    _consulted: dict[_Key, Any] = field(default_factory=dict)

    def ask(self, facts: Iterable[Fact[Any]], become: Become | None) -> None:
        """Ask all that is not known yet, in one round trip."""
        missing = [fact for fact in dict.fromkeys(facts) if (become, fact) not in self._answers]
        for fact, answer in ask(self.host, missing, become).items():
            self._answers[become, fact] = answer

    def answer(self, fact: Fact[Any], become: Become | None) -> Answer | Refused:
        """The answer with everything laid over it that was foreseen."""
        self.ask([fact], become)
        found = self._consulted[become, fact] = self._answers[become, fact]
        answer: Any = found if isinstance(found, Refused) else Known(found)
        for effect, by in self._foreseen:
            answer = _blamed(answer, effect.foretell(fact, answer), by)
        return answer  # type: ignore[no-any-return]

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

    def forget_all(self) -> None:
        """Ask everything again: somebody else was at work."""
        self._answers.clear()

    def foresee(self, effect: Effect, by: str) -> None:
        """Lay an effect over what is known, for the rest of a dry run; `by` names its task in reasons."""
        self._foreseen.append((effect, by))

    def carry_out(self, effect: Effect, become: Become | None) -> dict[str, Any]:
        """Change the host, and prove it: what the effect foretold is asked again.

        Raises:
            Drifted: the host is no longer as the decision saw it.
            NotConverged: the change did not take.
            TaskFailed: it failed, or its deadline passed.
            Unreachable: the connection was lost; whether the change was made is not known.
        """
        self._check(effect.guards(), effect, become)
        foretold = self._foretold(effect)
        proofs = [fact for user, fact in foretold if user == become and not effect.proves_itself]
        for key in foretold:
            del self._answers[key]  # if this fails half way, nothing stale is left behind
        asked, feed = effect.script(), effect.feed()
        self.host.sealed = True  # from here on, a lost connection must not be mended in silence
        found: dict[Fact[Any], Any] = {}
        if isinstance(asked, HttpRequest):
            done = effect.judge_response(self.host.fetch(asked, deadline=effect.deadline))
        elif feed is not None:
            output = self.host.send(asked, feed, become=become, deadline=effect.deadline)
            done = self._judged(effect, output, become)
        else:
            scripts = {fact: text for fact in proofs if isinstance(text := fact.ask(), str)}
            outputs = self.host.ask([asked, *scripts.values()], become=become, deadline=effect.deadline)
            done = self._judged(effect, outputs[0], become)
            parsed = {fact: fact.parse(output) for fact, output in zip(scripts, outputs[1:], strict=True)}
            found = {fact: answer for fact, answer in parsed.items() if not isinstance(answer, Follow)}
        found.update(ask(self.host, [fact for fact in proofs if fact not in found], become))
        for fact in proofs:
            self._confirm(effect, fact, foretold[become, fact], found[fact], become)
        return done

    def _judged(self, effect: Effect, output: Output, become: Become | None) -> dict[str, Any]:
        judged = effect.judge(output)
        if isinstance(judged, Follow):
            judged = effect.conclude(follow(self.host, judged, become, deadline=effect.deadline))
        return judged

    def _check(self, guards: Iterable[Guard], effect: Effect, become: Become | None) -> None:
        """Ask again what the effect rests on."""
        held = {guard.fact: guard for guard in guards}
        for fact, found in ask(self.host, list(held), become).items():
            if isinstance(found, Refused):
                raise found.error
            if not agrees(held[fact].answer, found):
                raise Drifted(
                    f"not done: {effect.summary()}: {held[fact].what} has changed since it was read",
                    cure=held[fact].cure,
                )
            self._answers[become, fact] = found

    def _foretold(self, effect: Effect) -> dict[_Key, Answer]:
        """What the effect says about each answer that is known; answers that become unknown are dropped."""
        foretold: dict[_Key, Answer] = {}
        for key, found in list(self._answers.items()):
            if isinstance(found, Refused):
                del self._answers[key]
                continue
            before = Known(found)
            after = effect.foretell(key[1], before)
            if isinstance(after, Known) and after is not before:
                foretold[key] = after
            elif after is not before:
                del self._answers[key]
        return foretold

    def _confirm(
        self, effect: Effect, fact: Fact[Any], foretold: Answer, found: Any, become: Become | None
    ) -> None:
        if isinstance(found, Refused):
            raise found.error
        if isinstance(foretold, Known) and not agrees(foretold.value, found):
            raise NotConverged(
                f"did not converge: after '{effect.summary()}' the host answers {_shown(found)} "
                f"where {_shown(foretold.value)} was expected"
            )
        self._answers[become, fact] = found


@dataclass
class View:
    """A HostState as one user sees it, noting on which provisional answers a decision rests."""

    state: HostState
    become: Become | None
    provisional: list[str] = field(default_factory=list)

    def of(self, fact: Fact[T]) -> T:
        """The answer.

        Raises:
            UnknownUntilApplied: if only the apply will tell.
            RemediateError: if the host could not answer.
        """
        answer = self.state.answer(fact, self.become)
        match answer:
            case Refused(error):
                # The next task may be luckier: a console log was just rotated, a server just busy.
                if not isinstance(error, LoginRefused):
                    self.state.forget([fact], self.become)
                raise error
            case Unknown(why):
                raise UnknownUntilApplied(why)
            case Provisional(value, why):
                self.provisional.append(why)
                return value  # type: ignore[no-any-return]
            case Known(value):
                return value  # type: ignore[no-any-return]


def agrees(foretold: Any, found: Any) -> bool:
    """Whether an answer is the one foretold; fields that could not be foretold agree with anything."""
    if isinstance(foretold, Unknown):
        return True
    if is_dataclass(foretold) and type(foretold) is type(found):
        counted = [f.name for f in fields(foretold) if f.compare]
        return all(agrees(getattr(foretold, name), getattr(found, name)) for name in counted)
    return bool(foretold == found)


def _as_answered(answer: Any) -> Any:
    return answer.error.what if isinstance(answer, Refused) else answer


def _is_same(after: Answer, before: Answer) -> bool:
    try:
        return isinstance(after, Known) and after == before
    except UnknownUntilApplied:  # a field that is unknown is the same as nothing
        return False


def _blamed(before: Any, after: Any, by: str) -> Any:
    """The answer with the task as its reason: people know tasks, and an effect's words may hold a secret."""
    if after is before or not isinstance(after, Provisional | Unknown) or type(after) is type(before):
        return after
    return replace(after, why=by)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "..."
