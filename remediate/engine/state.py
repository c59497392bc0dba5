"""HostState: one host as a run works on it. It is asked, changed, and left.

In an apply an effect is carried out, what it foretold is asked again in the same round trip, and only what
the host confirmed is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

from remediate.effects.base import Effect, Guard
from remediate.effects.in_order import carried_out, in_order
from remediate.engine.asking import Refused, agrees, ask, tell
from remediate.engine.knowledge import Key, Knowledge, Laid, Proof
from remediate.engine.locking import HostLock
from remediate.engine.proving import Proving, unproven
from remediate.engine.sending import Claim, Sending
from remediate.engine.streaming import Tell
from remediate.errors import Drifted, NotKnown, RemediateError, TaskFailed
from remediate.facts.base import Fact
from remediate.facts.proofs import owners_among
from remediate.hosts.claim_words import collected
from remediate.hosts.host import Host
from remediate.hosts.spool import Spool, clean, make_room
from remediate.hosts.target import Become
from remediate.records import dataclass

_CLEAN_SECONDS = 60.0
_REACH_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Came:
    """What came of several effects: how many were done, what went wrong with which, and what was found."""

    done: int
    errors: Mapping[int, RemediateError]
    found: Mapping[Key, Any]


@dataclass(kw_only=True)
class HostState(Knowledge):
    """A host, what is known of it, and what the run holds there."""

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
    _roomed: set[Become | None] = field(default_factory=set)
    """As whom this part of the run has made room for claims."""
    _reached: bool = False
    """Whether the host has answered anything."""

    def _inquire(self, facts: list[Fact[Any]], become: Become | None) -> dict[Fact[Any], Any]:
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

    def prepare_claim(self, effect: Effect, become: Become | None) -> None:
        """See that what an effect is claimed with has its place on the host, before it is journalled.

        Raises:
            TaskFailed, Unreachable: if it cannot be made.
        """
        if effect.once and self.spool is not None and become not in self.claimants:
            self._inquire([], become)
            output = tell(self.host, make_room(spool=self.spool), become, deadline=_REACH_SECONDS)
            collected(output, effect.summary())
            self._roomed.add(become)
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
        self._inquire([], become)
        self._check(effect.guards(), effect, become)
        laid = self.foretell(effect, become)
        self.unlearn(laid)
        proofs = {} if effect.proves_itself else {fact: proof for (_, fact), proof in laid.proofs.items()}
        claim = None
        if effect.once and key is not None and self.spool is not None:
            claim = Claim(spool=self.spool, key=key, room=begun or become in self._roomed)
            self.claimants[become] = None
        sent = Sending(
            host=self.host,
            effect=effect,
            become=become,
            proving=self._proving(proofs),
            claim=claim,
            tell=tell,
            check=lambda: self._check(effect.guards(), effect, become),
        ).send()
        self._names = laid.names
        missing = [fact for fact in proofs if fact not in sent.found]
        found = {**sent.found, **ask(self.host, missing, become)}
        for fact, proof in proofs.items():
            if (problem := unproven(effect.summary(), proof.after, found[fact])) is not None:
                raise problem
            self._answers[become, fact] = found[fact]
        return sent.done

    def copied(self, host: Host) -> "HostState":
        """What is known, on another host."""
        return HostState(
            host=host, dry_run=self.dry_run, _answers={**self._answers}, _names=self._names.copied()
        )

    def carry_out_in_order(
        self, effects: Sequence[Effect], laid: Sequence[Laid], become: Become | None
    ) -> Came:
        """Change the host by several effects that join; none after the first that fails is carried out.

        The answers stay as they are: each effect is laid over them when its task's turn has come. What the
        last of them foretold of each answer is asked again, in the same round trip.

        Raises:
            NotKnown: the host does not tell how far it came.
            TaskFailed, Unreachable: see `Host.ask`; how far it came is not known.
        """
        self._inquire([], become)
        joined = _joined(laid)
        proofs = {fact: proof for (_, fact), (proof, _) in joined.items()}
        proving = self._proving(proofs)
        deadline = max(effect.deadline for effect in effects)
        scripts = [in_order(effects), *proving.texts()]
        output, *others = self.host.ask(scripts, become=become, deadline=deadline)
        try:
            done, error = carried_out(effects, output)
        except TaskFailed as failed:
            raise NotKnown(failed.what) from None
        errors: dict[int, RemediateError] = {}
        found: dict[Fact[Any], Any] = {}
        if error is None:
            found = proving.found(others)
        else:  # what was asked with it was about all of them
            errors[done], joined = error, _joined(laid[:done])
        found |= ask(self.host, [fact for _, fact in joined if fact not in found], become)
        answers: dict[Key, Any] = {}
        for key, (proof, number) in joined.items():
            problem = unproven(effects[number].summary(), proof.after, found[key[1]])
            if problem is None:
                answers[key] = found[key[1]]
            else:
                errors.setdefault(number, problem)
        return Came(done=done, errors=errors, found=answers)

    def leave(self, *, for_good: bool = True) -> None:
        """Unlock; but first, if it is `for_good`, remove what claims have left in the spools of this run.

        That is done as each user who claimed something. What is not for good is gone on with, and needs them.

        Raises:
            TaskFailed, Unreachable: if that is not possible.
        """
        if self.left_behind:
            self._inquire([], next(iter(self.claimants), None))
        if for_good and self.spool is not None:
            for become in list(self.claimants):
                tell(self.host, clean(spool=self.spool), become, deadline=_CLEAN_SECONDS)
                del self.claimants[become]
        if self.lock is not None:
            self.lock.give_back(self.host)

    def _proving(self, proofs: Mapping[Fact[Any], Proof]) -> Proving:
        """How effects are proven, by names of owners that the host has told already."""
        return Proving(proofs, owners_among(self._answers.values()) if proofs else None)

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


def _joined(laid: Sequence[Laid]) -> dict[Key, tuple[Proof, int]]:
    """What several effects make of each answer, one after the other, and which of them was the last."""
    joined: dict[Key, tuple[Proof, int]] = {}
    for number, each in enumerate(laid):
        for key in each.dropped:
            joined.pop(key, None)
        for key, proof in each.proofs.items():
            first = joined[key][0].before if key in joined else proof.before
            joined[key] = Proof(before=first, after=proof.after), number
    return joined
