"""HostState: what is known of one host. It reads through, and writes over.

In a dry run the effects that were foreseen are laid over the real answers, in order. In an apply an effect
is carried out, what it foretold is asked again in the same round trip, and only what the host confirmed
is kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from remediate.answers import Answer, Known, Provisional, Unknown
from remediate.effects.base import Effect, Guard
from remediate.engine.asking import Refused, agrees, ask, tell
from remediate.engine.events import Seen
from remediate.engine.locking import HostLock
from remediate.engine.sending import Claim, Proof, Sending
from remediate.engine.streaming import Tell
from remediate.errors import Drifted, LoginRefused, NotConverged, UnknownUntilApplied
from remediate.facts.base import Fact
from remediate.hosts.host import Host
from remediate.hosts.once import Spool, clean
from remediate.hosts.target import Become

T = TypeVar("T")
_Key = tuple[Become | None, Fact[Any]]

_CLEAN_SECONDS = 60.0


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
    spool: Spool | None = None
    """Where what must not be done twice is claimed; without it, a connection lost over it is final."""
    lock: HostLock | None = None
    """Held from the first question on; without it, nobody else is kept away."""
    left_behind: bool = False
    """Whether an earlier part of the run may have left its lock and its claims."""
    claimants: dict[Become | None, None] = field(default_factory=dict)
    """As whom something was claimed."""
    _answers: dict[_Key, Any] = field(default_factory=dict)
    _foreseen: list[tuple[Effect, str]] = field(default_factory=list)
    _consulted: dict[_Key, Any] = field(default_factory=dict)

    def ask(self, facts: Iterable[Fact[Any]], become: Become | None) -> None:
        """Ask all that is not known yet, in one round trip."""
        missing = [fact for fact in dict.fromkeys(facts) if (become, fact) not in self._answers]
        if not missing:
            return
        for fact, answer in self._locked([*missing], become).items():
            self._answers[become, fact] = answer

    def _locked(self, facts: list[Fact[Any]], become: Become | None) -> dict[Fact[Any], Any]:
        """Ask, and in the same round trip for the lock, if it is due."""
        if self.lock is None or not self.lock.due:
            return {**ask(self.host, facts, become)}
        question = self.lock.question()
        answers = {**ask(self.host, [question, *facts], become)}
        self.lock.settle(self.host, answers.pop(question), become)
        return answers

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

    def carry_out(
        self, effect: Effect, become: Become | None, key: str | None = None, tell: Tell | None = None
    ) -> dict[str, Any]:
        """Change the host, and prove it: what the effect foretold is asked again.

        Args:
            effect: what to do.
            become: as whom.
            key: its name within the run, by which what must not be done twice is claimed on the host.
            tell: gets the lines that a command prints, while it runs; None if nobody wants to see them.

        Raises:
            Drifted: the host is no longer as the decision saw it.
            NotConverged: the change did not take.
            TaskFailed: it failed, or its deadline passed.
            Unreachable: the connection was lost and did not come back; whether the change was made is not
                known.
        """
        self._locked([], become)
        self._check(effect.guards(), effect, become)
        proofs: dict[Fact[Any], Proof] = {}
        for (user, fact), proof in self._foretold(effect).items():
            del self._answers[user, fact]  # if this fails half way, nothing stale is left behind
            if user == become and not effect.proves_itself:
                proofs[fact] = proof
        claim = None
        if effect.once and key is not None and self.spool is not None:
            claim = Claim(spool=self.spool, key=key)
            self.claimants[become] = None
        sent = Sending(
            host=self.host,
            effect=effect,
            become=become,
            proofs=proofs,
            claim=claim,
            tell=tell,
            check=lambda: self._check(effect.guards(), effect, become),
        ).send()
        missing = [fact for fact in proofs if fact not in sent.found]
        found = {**sent.found, **ask(self.host, missing, become)}
        for fact, proof in proofs.items():
            self._confirm(effect, fact, proof.after, found[fact], become)
        return sent.done

    def leave(self, *, for_good: bool = True) -> None:
        """Unlock; but first, if it is `for_good`, remove what claims have left in the spools of this run.

        That is done as each user who claimed something. What is not for good is gone on with, and needs them.

        Raises:
            TaskFailed, Unreachable: if that is not possible.
        """
        if self.left_behind:
            self._locked([], next(iter(self.claimants), None))
        if for_good and self.spool is not None:
            for become in list(self.claimants):
                tell(self.host, clean(spool=self.spool), become, deadline=_CLEAN_SECONDS)
                del self.claimants[become]
        if self.lock is not None:
            self.lock.give_back(self.host)

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

    def _foretold(self, effect: Effect) -> dict[_Key, Proof]:
        """What the effect says about each answer that is known; answers that become unknown are dropped."""
        foretold: dict[_Key, Proof] = {}
        for key, found in list(self._answers.items()):
            if isinstance(found, Refused):
                del self._answers[key]
                continue
            before = Known(found)
            after = effect.foretell(key[1], before)
            if isinstance(after, Known) and after is not before:
                foretold[key] = Proof(before=found, after=after.value)
            elif after is not before:
                del self._answers[key]
        return foretold

    def _confirm(
        self, effect: Effect, fact: Fact[Any], foretold: Any, found: Any, become: Become | None
    ) -> None:
        if isinstance(found, Refused):
            raise found.error
        if not agrees(foretold, found):
            raise NotConverged(
                f"did not converge: after '{effect.summary()}' the host answers {_shown(found)} "
                f"where {_shown(foretold)} was expected"
            )
        self._answers[become, fact] = found


@dataclass
class View:
    """A HostState as one user sees it, noting on which provisional answers a decision rests."""

    state: HostState
    become: Become | None
    provisional: list[str] = field(default_factory=list)
    begun: bool = False
    """Whether the change about to be decided was sent already, in an earlier part of the run."""

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
