"""What scripts of several effects share: the guard on a path, and names that come into a directory."""

from remediate.answers import Answer, Known
from remediate.bourne import quote_path
from remediate.effects.base import DRIFTED
from remediate.facts.files import Kind


def guard_kind(path: str, kind: Kind) -> str:
    """Bourne text that leaves with DRIFTED unless `path` is of this kind."""
    quoted = quote_path(path)
    refuse = f"echo {quote_path(path)} is not the {kind} it was >&2; exit {DRIFTED}"
    if kind == "absent":
        return f"if ls -d {quoted} >/dev/null 2>&1; then echo {quoted} has appeared >&2; exit {DRIFTED}; fi\n"
    if kind == "link":
        return f"test -h {quoted} || {{ {refuse}; }}\n"
    tests = {"file": "-f", "directory": "-d"}
    held = f"test {tests[kind]} {quoted}" if kind in tests else f"ls -d {quoted} >/dev/null 2>&1"
    return f"if test -h {quoted}; then {refuse}; fi\n{held} || {{ {refuse}; }}\n"


def with_name(answer: Answer, name: str) -> Answer:
    """The names of a directory after `name` has come into it."""
    match answer:
        case Known(tuple() as names):
            return Known(tuple(sorted({*names, name})))
        case Known(None):
            return Known((name,))
    return answer
