"""One effect on its way to a host, also over connections that break: done once, or known not to be done."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from remediate.effects.base import Effect
from remediate.engine.asking import Refused, agrees, ask, follow, persist
from remediate.engine.proving import Proving
from remediate.engine.streaming import Streaming, Tell
from remediate.errors import (
    ConnectionLost,
    DeadlinePassed,
    Drifted,
    RemediateError,
    ShellEnded,
)
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.http import HttpRequest
from remediate.hosts.claim_words import collected
from remediate.hosts.host import Host
from remediate.hosts.once import once, stop
from remediate.hosts.spool import Spool
from remediate.hosts.target import Become
from remediate.records import dataclass

_STOP_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Under which name an effect that must not be done twice is claimed on the host."""

    spool: Spool
    key: str
    room: bool = False
    """Whether the run has made the place for its claims before; see `once`."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of an effect, and the answers that were asked for in the same round trip."""

    done: dict[str, Any]
    found: Mapping[Fact[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Sending:
    """An effect, where it goes, and by what it will be known that it is done.

    `tell` is shown what a claimed command prints while it runs; None: nobody is. `check` asks again what a
    request rests on, and raises Drifted if it has changed.
    """

    host: Host
    effect: Effect
    become: Become | None
    proving: Proving
    claim: Claim | None
    tell: Tell | None
    check: Callable[[], None]

    def send(self) -> Done:
        """Carry it out; a connection that is lost is opened anew within the effect's deadline.

        Raises:
            Drifted, TaskFailed: see `Effect.judge`.
            DeadlinePassed: it took too long.
            Unreachable: the connection was lost and did not come back; what was done is not known.
        """
        effect = self.effect
        if not effect.once:
            return self._once(effect.deadline) if self._blind() else self._again_and_again()
        asked = effect.script()
        if self.claim is None or not isinstance(asked, str):
            return self._once(effect.deadline)
        output, *others = self._claimed(asked, self.claim)
        return self._read(collected(output, effect.summary()), others)

    def _blind(self) -> bool:
        """Whether nothing can tell of a request if it has been carried out."""
        # Its script is composed last: of most effects it holds the whole content.
        return (
            not self._tells() and not self.effect.guards() and isinstance(self.effect.script(), HttpRequest)
        )

    def _claimed(self, script: str, claim: Claim) -> list[Output]:
        """What is sent again collects what the first one left."""
        wrapped = once(script, spool=claim.spool, key=claim.key, room=claim.room)
        if self.tell is None:
            return self._collect(wrapped, claim)
        with Streaming(self.host, claim.spool, claim.key, self.become, self.tell) as streaming:
            outputs = self._collect(wrapped, claim)
        streaming.finish(outputs[0])
        return outputs

    def _collect(self, wrapped: str, claim: Claim) -> list[Output]:
        try:
            return persist(
                lambda seconds: self._ask(wrapped, seconds),
                self.effect.deadline,
                after=(ConnectionLost, ShellEnded),
            )
        except DeadlinePassed:
            stopped = False
            with suppress(RemediateError):
                text = stop(spool=claim.spool, key=claim.key)
                (output,) = self.host.ask([text], become=self.become, deadline=_STOP_SECONDS)
                stopped = output.status == 0
            after = "what still ran was stopped" if stopped else "it may still be running"
            what = f"no answer within {self.effect.deadline:g} s; {after}"
            raise DeadlinePassed(what, where=self.host.name) from None

    def _again_and_again(self) -> Done:
        """What changes nothing where it has been done: its guard refuses it then."""
        lost = False

        def attempt(seconds: float) -> Done:
            nonlocal lost
            if lost and (sent := self._already()) is not None:
                return sent
            try:
                if lost:
                    self.check()
                return self._once(seconds)
            except ConnectionLost:
                lost = True
                raise
            except Drifted:
                # What was sent before may have come to its end only now.
                if lost and (sent := self._already()) is not None:
                    return sent
                raise

        return persist(attempt, self.effect.deadline)

    def _once(self, seconds: float) -> Done:
        effect = self.effect
        asked, feed = effect.script(), effect.feed()
        if isinstance(asked, HttpRequest):
            return Done(done=effect.judge_response(self.host.fetch(asked, deadline=seconds)), found={})
        if feed is not None:
            return self._read(self.host.send(asked, feed, become=self.become, deadline=seconds), [])
        output, *others = self._ask(asked, seconds)
        return self._read(output, others)

    def _ask(self, script: str, seconds: float) -> list[Output]:
        """The script, and what proves it, in one round trip."""
        return self.host.ask([script, *self.proving.texts()], become=self.become, deadline=seconds)

    def _read(self, output: Output, others: Sequence[Output]) -> Done:
        judged = self.effect.judge(output)
        if isinstance(judged, Follow):
            reply = follow(self.host, judged, self.become, deadline=self.effect.deadline)
            judged = self.effect.conclude(reply)
        return Done(done=judged, found=self.proving.found(others) if others else {})

    def _tells(self) -> bool:
        """Whether an answer shows that the effect has been carried out: it was another one before."""
        return any(not agrees(proof.after, proof.before) for proof in self.proving.proofs.values())

    def _already(self) -> Done | None:
        """What an effect leaves that has been done; None if it has not, or nothing tells whether it has."""
        if not self._tells():
            return None
        found = ask(self.host, list(self.proving.proofs), self.become)
        for fact, answer in found.items():
            if isinstance(answer, Refused) or not agrees(self.proving.proofs[fact].after, answer):
                return None
        if isinstance(self.effect.script(), HttpRequest):
            return Done(done={}, found=found)
        return Done(done=self._read(Output(status=0), []).done, found=found)
