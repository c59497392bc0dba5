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
from remediate.engine.doubt import Clouded
from remediate.engine.events import Seen
from remediate.engine.locking import HostLock
from remediate.engine.names import ON_PATHS, Names, above_of, apart, paths_of, real, through
from remediate.engine.sending import Claim, Proof, Sending
from remediate.engine.streaming import Tell
from remediate.errors import Drifted, LoginRefused, NotConverged, TaskFailed, UnknownUntilApplied
from remediate.facts.base import Fact
from remediate.facts.links import Links
from remediate.hosts.host import Host
from remediate.hosts.once import Spool, clean, collected, make_room
from remediate.hosts.target import Become

T = TypeVar("T")
_Key = tuple[Become | None, Fact[Any]]

_CLEAN_SECONDS = 60.0
_REACH_SECONDS = 30.0


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
    _reached: bool = False
    """Whether the host has answered anything."""
    _names: Names = field(default_factory=Names)
    _foreseen: list[tuple[Effect, Effect, str]] = field(default_factory=list)
    """Effects as they were given, on the paths that their names lead to, and the task of each."""
    _consulted: dict[_Key, Any] = field(default_factory=dict)

    def ask(self, facts: Iterable[Fact[Any]], become: Become | None) -> None:
        """Ask all that is not known yet, in one round trip; and what links are on the way of its paths."""
        missing = [fact for fact in dict.fromkeys(facts) if (become, fact) not in self._answers]
        if not missing:
            return
        names = self._names.unseen((fact.path for fact in missing if isinstance(fact, ON_PATHS)), become)
        links = [Links(names)] if names else []
        for fact, answer in self._locked([*links, *missing], become).items():
            if isinstance(fact, Links):
                self._names.learn(fact.names, {} if isinstance(answer, Refused) else answer, become)
            else:
                self._answers[become, fact] = answer

    def _follow(self, paths: Iterable[str], become: Become | None) -> None:
        """Ask about the links on the way of these paths until it is known where all of them lead."""
        paths = [*paths]
        while names := self._names.unseen(paths, become):
            links = self._locked([Links(names)], become)[Links(names)]
            self._names.learn(names, {} if isinstance(links, Refused) else links, become)

    def _locked(self, facts: list[Fact[Any]], become: Become | None) -> dict[Fact[Any], Any]:
        """Ask, and in the same round trip for the lock, if it is due."""
        if self.lock is None or not self.lock.due:
            answers = {**ask(self.host, facts, become)}
            self._reached = self._reached or bool(facts)
            return answers
        question = self.lock.question()
        answers = {**ask(self.host, [question, *facts], become)}
        self.lock.settle(self.host, answers.pop(question), become)
        return answers

    def reach(self, become: Become | None) -> None:
        """See that the host can be reached, where nothing has been asked of it.

        Raises:
            TaskFailed, Unreachable: if it cannot.
        """
        if not self._reached:
            tell(self.host, ":", become, deadline=_REACH_SECONDS)
            self._reached = True

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
        asked = fact if (first.at, first.end) == (way.at, way.end) else real(fact, way)
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

    def prepare_claim(self, effect: Effect, become: Become | None) -> None:
        """See that what an effect is claimed with has its place on the host, before it is journalled.

        Raises:
            TaskFailed, Unreachable: if it cannot be made.
        """
        if effect.once and self.spool is not None and become not in self.claimants:
            self._locked([], become)
            output = tell(self.host, make_room(spool=self.spool), become, deadline=_REACH_SECONDS)
            collected(output, effect.summary())
            self.claimants[become] = None

    def carry_out(
        self,
        effect: Effect,
        become: Become | None,
        key: str | None = None,
        tell: Tell | None = None,
        *,
        begun: bool = False,
    ) -> dict[str, Any]:
        """Change the host, and prove it: what the effect foretold is asked again.

        Args:
            effect: what to do.
            become: as whom.
            key: its name within the run, by which what must not be done twice is claimed on the host.
            tell: gets the lines that a command prints, while it runs; None if nobody wants to see them.
            begun: whether an earlier part of the run may have sent it.

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
        names, foretold = self._foretold(effect, become)
        for (user, fact), proof in foretold.items():
            del self._answers[user, fact]  # if this fails half way, nothing stale is left behind
            if user == become and not effect.proves_itself:
                proofs[fact] = proof
        claim = None
        if effect.once and key is not None and self.spool is not None:
            claim = Claim(spool=self.spool, key=key, begun=begun)
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
        self._names = names
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

    def _foretold(self, effect: Effect, become: Become | None) -> tuple[Names, dict[_Key, Proof]]:
        """Where names will lead, and what the effect says about each answer that is known.

        Answers that become unknown are dropped, and those to questions that lead elsewhere afterwards.
        """
        known = [(user, fact.path) for user, fact in self._answers if isinstance(fact, ON_PATHS)]
        if known:
            self._follow(paths_of(effect), become)
        for user in {user for user, _ in known}:
            self._follow((path for each, path in known if each == user), user)
        there, _ = self._names.real(effect, "")
        names, self._names = self._names, Names()  # if this fails half way, nothing stale is left behind
        then = names.after(there)
        foretold: dict[_Key, Proof] = {}
        for key, found in [*self._answers.items()]:
            if not isinstance(found, Refused) and _untouched(key[1], there, names, then):
                continue
            after = Unknown("") if isinstance(found, Refused) else _after(key[1], found, there, names, then)
            if isinstance(after, Known) and after.value is not found:
                foretold[key] = Proof(before=found, after=after.value)
            elif not isinstance(after, Known):
                del self._answers[key]
        return then, foretold

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
    if (before.at, before.end) != (after.at, after.end):
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


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "..."
