"""Unified diffs of what a file holds now and what it will hold."""

from remediate.bourne import encode
from remediate.facts.comparing import unified
from remediate.facts.files import FileText

_NEWLINE = "\n"
_NO_NEWLINE = "\n\\ No newline at end of file\n"


def text_diff(path: str, before: FileText, after: str | None) -> str:
    """A unified diff of text; of anything else, the sizes. `after` None: the file goes."""
    old = before.content if before.kind == "file" else ""
    new = after or ""
    if old is None or "\0" in old or "\0" in new:
        return f"~ {path} {before.size} bytes -> {len(encode(new))} bytes\n"
    names = ("/dev/null" if before.kind == "absent" else path, "/dev/null" if after is None else path)
    if not old or not new:
        return _whole(*names, old, "-") if old else _whole(*names, new, "+")
    lines = unified(_lines(old), _lines(new), *names)
    return "".join(line if line.endswith("\n") else line + _NO_NEWLINE for line in lines)


def _whole(before: str, after: str, text: str, sign: str) -> str:
    """The diff of a text that comes or goes as a whole: there is nothing to compare."""
    if not text:
        return ""
    ends = text.endswith("\n")
    body = (text[:-1] if ends else text).replace("\n", f"\n{sign}")
    count = body.count("\n") + 1
    place = "1" if count == 1 else f"1,{count}"
    places = f"-{place} +0,0" if sign == "-" else f"-0,0 +{place}"
    return f"--- {before}\n+++ {after}\n@@ {places} @@\n{sign}{body}{_NEWLINE if ends else _NO_NEWLINE}"


def _lines(text: str) -> list[str]:
    # Only a line feed ends a line in a file: str.splitlines would also split at form feeds and the like.
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
