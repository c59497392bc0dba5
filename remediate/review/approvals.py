"""Approvals: OpenSSH's signatures of a plan's identity, by people whom a file of allowed signers names.

An approval is the planner's own, and does not count, if its signer (see `people`) has one of the keys that
the planner had when he made the plan (see `planner`), or a principal with his user name, alone or before `@`.
If no key of his is known, and nobody among the signers has his name, it cannot be told whether an approval is
his own, and none counts.
"""

import contextlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from remediate.errors import UsageError
from remediate.records import dataclass
from remediate.review import signatures
from remediate.review.people import People
from remediate.review.plan import Plan
from remediate.review.plan_file import ReadPlan, add_approval, read_plan
from remediate.review.ssh_keygen import ssh_keygen_with_person


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Who has approved a plan, one principal for each person, and why other approvals do not count."""

    approvers: tuple[str, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Approved:
    """What was signed: the plan's identity; and its planner, if the key is one that he had.

    `unknown`: its planner, if no key of his was found, so that an approval may be his own.
    """

    identity: str
    own: str = ""
    unknown: str = ""


def approve(path: Path, key: Path) -> Approved:
    """Sign a plan with a key, and add that to the plan's file; `ssh-keygen` may ask for a passphrase.

    `key` may be a public one, if the SSH agent has the other half. A key approves a plan once.

    Raises:
        UsageError: the file is no plan, the key is not there, or it was not signed.
    """
    read = read_plan(path)
    key = key.expanduser()
    if not key.is_file():
        raise UsageError(f"{key}: no such key", cure="name another: --key; or make it: ssh-keygen -t ed25519")
    with tempfile.TemporaryDirectory(prefix="remediate-") as directory:
        text = Path(directory) / "identity"
        text.write_text(signatures.message(read.identity))
        words = ("-Y", "sign", "-q", "-n", signatures.NAMESPACE, "-f", str(key), str(text))
        ended = ssh_keygen_with_person(*words)
        signed = text.with_name("identity.sig")
        if ended.status != 0 or not signed.exists():
            raise UsageError(f"{key}: the plan was not signed: {ended.said}")
        line = signatures.as_line(signed.read_text())
        signer = signatures.signer(line)
        if not _has_signed(read, signer, Path(directory)):
            add_approval(path, read.identity, line)
    own = read.plan.planner if signer in read.plan.planner_keys else ""
    unknown = "" if read.plan.planner_keys else read.plan.planner
    return Approved(identity=read.identity, own=own, unknown=unknown)


def check_approvals(read: ReadPlan, allowed_signers: Path, wanted: int) -> list[str]:
    """Who has approved the plan.

    Raises:
        UsageError: fewer than `wanted` others than its planner have; with what is wrong with the rest.
    """
    judged = judge_approvals(read, allowed_signers)
    if len(judged.approvers) < wanted:
        others = "".join(f"; {each}" for each in judged.refused)
        by = f" (by {', '.join(judged.approvers)})" if judged.approvers else ""
        needed = "1 approval is needed" if wanted == 1 else f"{wanted} approvals are needed"
        count = "1 counts" if len(judged.approvers) == 1 else f"{len(judged.approvers)} count"
        raise UsageError(
            f"{needed}, and {count}{by}{others}",
            cure=f"others than {read.plan.planner} must run: remediate approve PLAN --key KEY",
        )
    return list(judged.approvers)


def judge_approvals(read: ReadPlan, allowed_signers: Path) -> Judged:
    """Which approvals of the plan count, and why others do not.

    Raises:
        UsageError: the file of allowed signers cannot be read, or `ssh-keygen` cannot be run.
    """
    people = People(allowed_signers)
    signed: dict[str, str] = {}
    refused: list[str] = []
    with tempfile.TemporaryDirectory(prefix="remediate-") as directory:
        for line in read.approvals:
            try:
                signer, principals = _signed_by(line, read.identity, allowed_signers, Path(directory))
            except _Refused as why:
                refused.append(str(why))
            else:
                people.add([signer, *principals])
                signed[signer] = principals[0]
    planner = people.planner(read.plan)
    approvers: dict[frozenset[str], str] = {}
    for signer, principal in signed.items():
        if planner is None:
            refused.append(_UNKNOWN_PLANNER.format(by=principal, planner=read.plan.planner))
        elif signer in planner:
            refused.append(f"the approval by {principal} is that of {read.plan.planner}, who made the plan")
        else:
            approvers.setdefault(people.person(signer), principal)
    return Judged(approvers=tuple(sorted(approvers.values())), refused=tuple(dict.fromkeys(refused)))


_UNKNOWN_PLANNER = (
    "the approval by {by} may be the planner's own: no key of {planner} was found when the plan was made; "
    "he needs one in ~/.ssh or in his SSH agent (ssh-keygen -t ed25519), and then a new plan"
)


def check_window(plan: Plan, now: datetime) -> None:
    """See that the plan may be applied now.

    Raises:
        UsageError: if it is too early or too late.
    """
    if plan.not_before and now < _moment(plan.not_before):
        raise UsageError(
            f"the plan may not be applied before {plan.not_before}, and it is {_said(now)}",
            cure="wait till then",
        )
    if plan.not_after and now > _moment(plan.not_after):
        raise UsageError(
            f"the plan may not be applied after {plan.not_after}, and it is {_said(now)}",
            cure="make a new plan, and have it approved",
        )


class _Refused(Exception):  # noqa: N818 - it says what happened
    """Why an approval does not count."""


def _signed_by(line: str, identity: str, signers: Path, scratch: Path) -> tuple[str, list[str]]:
    """Whose key has signed: its fingerprint, and the principals for whom it may."""
    try:
        signer = signatures.signer(line)
    except ValueError as error:
        raise _Refused(f"an approval is no signature: {error}") from None
    if not signatures.is_valid(line, identity, scratch):
        raise _Refused(f"the signature with the key {signer} is not valid for this plan")
    found = signatures.principals(line, signers, scratch)
    if not found:
        raise _Refused(f"the key {signer} is of none of those whom {signers} names")
    why = {each: signatures.refusal(line, identity, signers, each, scratch) for each in found}
    valid = [each for each in found if not why[each]]
    if not valid:
        raise _Refused(f"the approval by {found[0]} does not count: {why[found[0]]}")
    return signer, valid


def _has_signed(read: ReadPlan, signer: str, scratch: Path) -> bool:
    for line in read.approvals:
        with contextlib.suppress(ValueError):
            if signatures.signer(line) == signer and signatures.is_valid(line, read.identity, scratch):
                return True
    return False


def _moment(text: str) -> datetime:
    """A time of a plan, which is in UTC where it does not say otherwise.

    Raises:
        UsageError: if it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"the plan's window has '{text}', which is no time", cure="make a new plan"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _said(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
