"""Asking a host a batch of questions in one round trip, and following those that are not answered at once."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from remediate.answers import Unknown
from remediate.engine.joining import Script, answered, left_open, scripts_for
from remediate.errors import ConnectionLost, DeadlinePassed, LoginRefused, RemediateError, TaskFailed
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.http import HttpRequest, HttpResponse
from remediate.hosts.host import Host
from remediate.hosts.target import Become
from remediate.records import compared_fields

T = TypeVar("T")


class Refused(NamedTuple):
    """The host could not answer; the error is raised only where the answer is needed."""

    error: RemediateError


def ask(host: Host, facts: Sequence[Fact[Any]], become: Become | None) -> Mapping[Fact[Any], Any]:
    """The answer to each question, or a Refused.

    Raises:
        Unreachable: if the connection cannot be made or is lost.
    """
    if not facts:
        return {}
    scripted = [fact for fact in facts if not fact.by_request]
    if 0 < len(scripted) < len(facts):
        others = [fact for fact in facts if fact.by_request]
        return {**ask(host, scripted, become), **ask(host, others, become)}
    try:
        outputs = _put(host, facts, become)
    except TaskFailed as error:
        if len(facts) == 1:
            return {facts[0]: Refused(error)}
        try:
            tell(host, ":", become, deadline=_longest(facts))
        except TaskFailed as refusal:
            # No script at all can be run. To try each would be a refused login each, which locks accounts.
            return {fact: Refused(refusal) for fact in facts}
        # One of them hangs or ends the shell. Asked one by one, only that one fails.
        return {fact: answer for each in facts for fact, answer in ask(host, [each], become).items()}
    answers: dict[Fact[Any], Any] = {}
    waiting: list[_Waiting] = []
    now = time.monotonic()
    for fact in facts:
        parsed = _parse(fact, outputs[fact])
        if isinstance(parsed, Follow):
            waiting.append(_Waiting(fact, parsed, now + fact.deadline))
        else:
            answers[fact] = parsed
    while waiting:
        waiting = _follow(host, waiting, answers, become)
    return answers


def follow(host: Host, first: Follow[Any], become: Become | None, *, deadline: float) -> Any:
    """The answer to which a Follow leads, within `deadline` seconds.

    Raises:
        DeadlinePassed: if it does not come in time; the message says what was seen.
        TaskFailed: if the host could not answer.
    """
    answers: dict[Fact[Any], Any] = {}
    waiting = [_Waiting(first.fact, first, time.monotonic() + deadline)]
    while waiting:
        waiting = _follow(host, waiting, answers, become)
    answer = answers[first.fact]
    if isinstance(answer, Refused):
        raise answer.error
    return answer


class _Waiting(NamedTuple):
    asked: Fact[Any]
    next: Follow[Any]
    until: float


def _follow(
    host: Host, waiting: Sequence[_Waiting], answers: dict[Fact[Any], Any], become: Become | None
) -> list[_Waiting]:
    """One more round for all that wait, in one round trip; what is answered goes into `answers`."""
    time.sleep(min(each.next.after for each in waiting))
    outputs = _put(host, [each.next.fact for each in waiting], become)
    left = []
    for each in waiting:
        parsed = _parse(each.next.fact, outputs[each.next.fact])
        if not isinstance(parsed, Follow):
            answers[each.asked] = parsed
        elif time.monotonic() >= each.until:
            answers[each.asked] = Refused(DeadlinePassed(parsed.fact.overdue()))
        else:
            left.append(_Waiting(each.asked, parsed, each.until))
    return left


def persist(
    act: Callable[[float], T], deadline: float, *, after: tuple[type[RemediateError], ...] = (ConnectionLost,)
) -> T:
    """Do something on a host, and again whenever the connection is lost over it.

    Args:
        act: what to do, within the seconds that it is given.
        deadline: seconds for all of it together.
        after: the errors after which to do it again.

    Raises:
        RemediateError: what `act` raised, when no time is left or it cannot be mended.
    """
    until = time.monotonic() + deadline
    try:
        return act(deadline)
    except after:
        if time.monotonic() >= until:
            raise
    import tenacity  # noqa: PLC0415 - only now: it takes longer than an answer, and is nearly never needed

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(after),
        stop=tenacity.stop_before_delay(max(until - time.monotonic(), 0)),
        wait=tenacity.wait_exponential(0.5, max=10),
        reraise=True,
    )
    return retrying(lambda: act(max(round(until - time.monotonic(), 1), 0.1)))


def tell(host: Host, script: str, become: Become | None, *, deadline: float) -> Output:
    """Run a script that does no harm if it is run twice, over as many connections as it takes.

    Raises:
        TaskFailed, Unreachable: see `Host.ask`.
    """
    return persist(lambda seconds: host.ask([script], become=become, deadline=seconds), deadline)[0]


def agrees(foretold: Any, found: Any) -> bool:
    """Whether an answer is the one foretold; fields that could not be foretold agree with anything."""
    kind = type(foretold)
    if kind is Unknown:
        return True
    if kind is type(found) and (counted := compared_fields(kind)):
        return all(agrees(getattr(foretold, name), getattr(found, name)) for name in counted)
    return bool(foretold == found)


def _put(
    host: Host, facts: Sequence[Fact[Any]], become: Become | None
) -> Mapping[Fact[Any], Output | HttpResponse | Refused]:
    """What comes back. Questions that a broken connection left open are put again, on a new one."""
    scripts, longest = scripts_for(facts), _longest(facts)
    asked = {fact: fact.ask() for fact in facts if fact.by_request}
    requests = {fact: each for fact, each in asked.items() if isinstance(each, HttpRequest)}
    return persist(
        lambda seconds: {
            **_run(host, scripts, become, min(longest, seconds)),
            **_fetch_all(host, requests, seconds),
        },
        max(longest, sum(fact.deadline for fact in requests)),
    )


def _run(
    host: Host, scripts: Sequence[Script], become: Become | None, seconds: float
) -> dict[Fact[Any], Output]:
    """What comes back of the scripts, in one round trip; in another one, where it left anything in doubt."""
    found: dict[Fact[Any], Output] = {}
    while scripts:
        outputs = host.ask([script.text for script in scripts], become=become, deadline=seconds)
        found |= answered(scripts, outputs)
        scripts = left_open(scripts, found)
    return found


def _fetch_all(
    host: Host, requests: Mapping[Fact[Any], HttpRequest], seconds: float
) -> dict[Fact[Any], HttpResponse | Refused]:
    """What comes back of requests, made one after another."""
    refused: dict[HttpRequest | None, Refused] = {}
    found: dict[Fact[Any], HttpResponse | Refused] = {}
    for fact, request in requests.items():
        # The same login is not tried twice: refused logins lock accounts.
        answer = refused.get(request.login) or _fetch(host, request, min(fact.deadline, seconds))
        if isinstance(answer, Refused) and isinstance(answer.error, LoginRefused):
            refused[request.login] = answer
        found[fact] = answer
    return found


def _fetch(host: Host, request: HttpRequest, deadline: float) -> HttpResponse | Refused:
    try:
        return host.fetch(request, deadline=deadline)
    except TaskFailed as error:
        return Refused(error)


def _parse(fact: Fact[Any], output: Output | HttpResponse | Refused) -> Any:
    if isinstance(output, Refused):
        return output
    try:
        return understood(fact, output)
    except TaskFailed as error:
        return Refused(error)


def understood(fact: Fact[Any], output: Output | HttpResponse) -> Any:
    """What comes of `Fact.parse` or `Fact.read`, whatever the host has said.

    Raises:
        TaskFailed: it cannot be the answer to this question.
    """
    try:
        return fact.read(output) if isinstance(output, HttpResponse) else fact.parse(output)
    except RemediateError:
        raise
    except Exception as error:  # what one host says, and nobody has thought of, must not end the run for all
        why = f"the host's answer cannot be understood ({type(error).__name__})"
        raise TaskFailed(f"{fact.about()}: {why}") from None


def _longest(facts: Sequence[Fact[Any]]) -> float:
    return max(fact.deadline for fact in facts)
