"""From the events of a dry run to findings: what each check says of each host."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from remediate.engine.events import Event, TaskEnded
from remediate.severity import GRAVEST_FIRST
from remediate.store.findings import Finding

CONNECTION = "connection"
"""The check that every host has: whether it can be reached."""


class Gatherer:
    """Observes a dry run, and keeps one finding for each check of each host: the gravest.

    `clean` takes what must not be kept out of a text.
    """

    def __init__(self, clean: Callable[[str], str]) -> None:
        self._clean = clean
        self._found: dict[tuple[str, str], Finding] = {}
        self._fine: set[tuple[str, str]] = set()

    def __call__(self, event: Event) -> None:
        """Keep what the event says, if it says something."""
        if not isinstance(event, TaskEnded):
            return
        if event.seen or event.status == "unreachable":
            self._keep(connection_of(event))
        finding = finding_of(event)
        if finding is not None:
            self._keep(finding)
        elif _is_fine(event):
            self._fine.add((event.host, self._clean(event.task)))

    def found(self, standing: Iterable[Finding] = ()) -> tuple[Finding, ...]:
        """The findings, those of a host together; `standing` is what earlier re-checks found.

        A change that is not needed any more is good again, and else no finding: most tasks change nothing.
        """
        bad = {_key(each) for each in standing if each.severity != "ok"}
        fixed = (
            Finding(host=host, check=check, verdict="ok", severity="ok")
            for host, check in sorted(self._fine & bad - self._found.keys())
        )
        return tuple(sorted([*self._found.values(), *fixed], key=lambda each: each.host))

    def _keep(self, finding: Finding) -> None:
        cleaned = replace(
            finding, check=self._clean(finding.check), message=self._clean(finding.message).strip()
        )
        before = self._found.setdefault(_key(cleaned), cleaned)
        if gravity(cleaned) < gravity(before):
            self._found[_key(cleaned)] = cleaned


def gravity(finding: Finding) -> int:
    """How grave a finding is; 0 is the gravest."""
    return GRAVEST_FIRST.index(finding.severity)


def gravest(findings: Sequence[Finding]) -> Finding | None:
    """The gravest of some findings, the first of several."""
    return min(findings, key=gravity, default=None)


def _key(finding: Finding) -> tuple[str, str]:
    return finding.host, finding.check


def connection_of(event: TaskEnded) -> Finding:
    """What a task that asked a host something says of the way there."""
    if event.status == "unreachable":
        return Finding(
            host=event.host,
            check=CONNECTION,
            verdict="unreachable",
            severity="unknown",
            message=event.message,
        )
    return Finding(host=event.host, check=CONNECTION, verdict="ok", severity="ok")


def finding_of(event: TaskEnded) -> Finding | None:
    """What a task says of its host, if it says that something is wrong, or is a check."""
    if event.status in ("unreachable", "skipped") or event.handler:
        return None  # a handler comes of a change, which is found already
    return _checked(event) if event.check else _remedy(event)


def _is_fine(event: TaskEnded) -> bool:
    """Whether a task that is no check says that nothing is to be changed."""
    return not event.check and not event.handler and event.status in ("ok", "skipped")


def _checked(event: TaskEnded) -> Finding:
    judgement = event.judgement
    if event.status == "unknown" or judgement is None or judgement.severity == "unknown":
        return _failed(event)
    if event.status == "failed" and judgement.severity == "ok":
        return _failed(event)  # by `failed_when`
    severity = "warning" if event.ignored and judgement.severity == "critical" else judgement.severity
    return Finding(
        host=event.host,
        check=event.task,
        verdict="ok" if severity == "ok" else "drifted",
        severity=severity,
        message=event.message,
        figure=judgement.measured,
    )


def _remedy(event: TaskEnded) -> Finding | None:
    if event.status == "changed":
        said = "; ".join(event.effects) or event.message
        return Finding(
            host=event.host, check=event.task, verdict="drifted", severity="critical", message=said
        )
    # What is foretold as unknown comes of a change, which is found already.
    is_failure = event.status == "failed" and not event.ignored and not event.rescued
    return _failed(event) if is_failure else None


def _failed(event: TaskEnded) -> Finding:
    return Finding(
        host=event.host, check=event.task, verdict="failed", severity="unknown", message=event.message
    )
