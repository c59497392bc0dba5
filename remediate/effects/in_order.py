"""Several effects as one script: each is carried out only if all before it were."""

import re
import secrets
from collections.abc import Sequence

from remediate.bourne import decode
from remediate.effects.base import Effect
from remediate.effects.staging import stage
from remediate.effects.together import Group, groups
from remediate.errors import TaskFailed
from remediate.facts.base import Output

_COUNT = re.compile(rb"\d{1,9}")


def in_order(effects: Sequence[Effect]) -> str:
    """Bourne text that ends with the first effect that fails, and with its status; see `carried_out`.

    Each effect is one whose script is a text that reads nothing and may be sent twice.
    """
    token = secrets.token_hex(16)
    text, done = "", 0
    for group in groups(effects):
        text += _carry_out(group, done, token)
        done += len(group.effects)
    return f"{text}echo {done} {token}\n"


def _carry_out(group: Group, done: int, token: str) -> str:
    """The effects of a group; a mark comes on stderr after each that may have said something."""
    each = enumerate(group.alone(), done)
    alone = "".join(_step(script, number, token) for number, script in each)
    if not group.files:
        return alone
    # Each mark is a packet of its own, and files that are staged are put in place without a word.
    staged = "".join(
        f"d={done + number}\n{step}" + ("" if number in group.files else f"echo {token} >&2\n")
        for number, step in enumerate(group.steps())
    )
    left = f"rm -f {' '.join(file.beside for file in group.files.values())}"
    return (
        f"{group.contents()}"
        f"if (\n{stage(group.files)}) >/dev/null 2>&1; then\n"
        f'end() {{ {left}; echo "$d {token}"; exit $1; }}\n{staged}'
        f"else\n{left}\n{alone}fi\n"
    )


def _step(script: str, done: int, token: str) -> str:
    """One script in a shell of its own, which it may leave; what it prints is not taken for the count."""
    return f"(\n{script}\n) >&2 || {{ s=$?; echo {done} {token}; exit $s; }}\necho {token} >&2\n"


def carried_out(effects: Sequence[Effect], output: Output) -> tuple[int, TaskFailed | None]:
    """How many of the effects were done, and why the next one was not; None if all were.

    Raises:
        TaskFailed: the host did not tell how many.
    """
    count, _, token = output.stdout.strip().partition(b" ")
    done = int(count) if _COUNT.fullmatch(count) and token else -1
    if not 0 <= done <= len(effects) or (done == len(effects)) != (output.status == 0):
        said = decode(output.stderr or output.stdout).strip() or f"exit status {output.status}"
        raise TaskFailed(f"the host does not tell how many of {len(effects)} changes were made: {said}")
    if output.status == 0:
        return done, None
    # What those before it said without failing is of no interest.
    said_last = output.stderr.rpartition(token + b"\n")[2]
    try:
        effects[done].judge(Output(status=output.status, stderr=said_last))
    except TaskFailed as failed:
        return done, failed
    return done, TaskFailed(f"failed: {effects[done].summary()}: exit status {output.status}")
