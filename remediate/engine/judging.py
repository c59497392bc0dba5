"""What came of an attempt at a task, and how its author judges that."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from remediate.answers import Unknown
from remediate.effects.base import Effect
from remediate.engine.context import Context
from remediate.errors import UnknownUntilApplied
from remediate.modules.judgement import Judgement
from remediate.playbook.model import Task
from remediate.records import dataclass
from remediate.templating.scope import Layer, Scope


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What came of one attempt. `unknown` says what the outcome depends on, if only the apply can tell;
    `provisional` what may still change the answers on which it rests."""

    result: Any
    changed: bool = False
    failed: bool = False
    enough: bool = True
    effects: tuple[Effect, ...] = ()
    decided: bool = True
    """Whether it came so far that its effects were decided."""
    provisional: str | None = None
    unknown: str | None = None
    message: str = ""
    judgement: Judgement | None = None


def judge(task: Task, context: Context, scope: Scope, attempt: Attempt) -> Attempt:
    """Apply `changed_when`, `failed_when` and `until`, in that order."""
    result = attempt.result
    judged = _Judge(context, scope, {task.register or "": result})
    # What is unknown is not taken for a failure: a plan shows what comes if the changes succeed.
    failed, unknown = _is_true(result["failed"]), attempt.unknown
    result["changed"] = attempt.changed if unknown is None else Unknown(unknown)
    if task.changed_when:
        result["changed"] = judged.holds(task.changed_when)
        unknown = result["changed"].why if isinstance(result["changed"], Unknown) else None
    changed = _is_true(result["changed"])
    if task.failed_when:
        result["failed"] = judged.holds(task.failed_when)
        failed = _is_true(result["failed"])
    enough = True
    if task.until:
        enough = not isinstance(held := judged.holds(task.until), bool) or held
    elif task.retries is not None:
        enough = not failed
    return replace(
        attempt,
        changed=changed,
        failed=failed,
        enough=enough,
        unknown=unknown,
        message=_message(result, failed=failed),
    )


@dataclass(frozen=True)
class _Judge:
    context: Context
    scope: Scope
    registered: Mapping[str, Any]

    def holds(self, conditions: tuple[str | bool, ...]) -> bool | Unknown:
        """Whether all of the conditions hold; Unknown if only the apply can tell."""
        templar = self.context.setting.templar
        scope = self.scope.over(Layer(self.registered, rendered=True))
        try:
            return all(templar.condition(each, scope) for each in conditions)
        except UnknownUntilApplied as error:
            return Unknown(error.why)


def _is_true(value: Any) -> bool:
    return not isinstance(value, Unknown) and bool(value)


def _message(result: Mapping[str, Any], *, failed: bool) -> str:
    said = result.get("msg", "")
    if isinstance(said, Unknown):
        return ""
    if said or not failed:
        return str(said)
    rc, stderr = result.get("rc"), result.get("stderr") or result.get("stdout") or ""
    if rc is not None and not isinstance(rc, Unknown):
        return f"exit status {rc}: {stderr}".rstrip(": ")
    return "'failed_when' holds"
