"""An inventory in INI form: `[group]`, `[group:children]`, `[group:vars]`, one host a line."""

import ast
import re
import shlex
import warnings
from typing import Any

from remediate.errors import Place
from remediate.inventory.draft import Draft, Settings
from remediate.secrecy import quoted_unless_secret
from remediate.spelling import nearest

_SECTION = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_CHILD = re.compile(r"([^:\]\s]+)\s*(?:#.*)?")
_KINDS = ("hosts", "children", "vars")
_WORD = re.compile(r"""(?:[^ \t\r'"\\#]|'[^']*'|"[^"\\]*")+""")
_WORDS = re.compile(rf"(?:{_WORD.pattern}[ \t\r]+)*{_WORD.pattern}")
_QUOTED = re.compile(r"""'([^']*)'|"([^"\\]*)\"""")
_LITERAL = re.compile(r"[ \t]*(?:[0-9.+\-\[({'\"]|[bBuUrR]{1,2}['\"]|(?:True|False|None)\b|set\()")


def read_ini(text: str, file: str, draft: Draft) -> None:
    """Add what the text says to the draft; mistakes are noted there, each with its line."""
    reader = _IniReader(file, draft)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # of Python, about values such as '\d'
        for number, line in enumerate(text.split("\n"), start=1):
            stripped = line.strip()
            if stripped and stripped[0] not in "#;":
                column = len(line) - len(line.lstrip()) + 1
                reader.read_line(stripped, Place(file, number, column))
    reader.finish()


class _IniReader:
    """The section that the next line belongs to, and the groups named before they were declared."""

    def __init__(self, file: str, draft: Draft) -> None:
        self.file = file
        self.draft = draft
        self.group = "ungrouped"
        self.kind = "hosts"
        self.usable = True
        self.awaited: dict[str, list[tuple[str, Place]]] = {}
        self.undeclared: dict[str, Place] = {}

    def read_line(self, line: str, place: Place) -> None:
        section = _SECTION.fullmatch(line)
        if section:
            self.begin_section(section[1], section[2] or "hosts", place)
        elif line.startswith("[") and line.endswith("]"):
            self.draft.mistake(
                f"'{line}' is no section",
                place,
                "a section is [group], [group:children] or [group:vars], without blanks",
            )
            self.usable = False
        elif not self.usable:
            pass  # lines of a section that could not be understood: its header was the mistake
        elif self.kind == "hosts":
            self.read_host(line, place)
        elif self.kind == "vars":
            self.read_variable(line, place)
        else:
            self.read_child(line, place)

    def begin_section(self, group: str, kind: str, place: Place) -> None:
        self.group, self.kind = group, kind
        if kind not in _KINDS:
            self.draft.mistake(
                f"the section [{group}:{kind}] has an unknown kind",
                place,
                nearest(kind, _KINDS) or "it is [group], [group:children] or [group:vars]",
            )
            self.usable = False
            return
        if kind == "vars" and group not in self.draft.groups and group not in self.awaited:
            self.undeclared[group] = place
        self.usable = self.draft.add_group(group, place)
        if kind != "vars":
            self.undeclared.pop(group, None)
            for parent, where in self.awaited.pop(group, []):
                self.draft.add_child(parent, group, where)

    def read_host(self, line: str, place: Place) -> None:
        try:
            words = split_words(line)
        except ValueError as error:
            self.draft.mistake(
                f"the line cannot be split into words: {str(error).lower()}", place, "close the quotation"
            )
            return
        settings: Settings = {}
        for word in words[1:]:
            name, sign, value = word.partition("=")
            where = _place_of(f"{name}{sign}", line, place)
            if not sign or not name:
                self.draft.mistake(
                    f"{quoted_unless_secret(word, line)} is not 'key=value'",
                    where,
                    "a value with blanks in it needs quotes",
                )
            elif name in settings:
                self.draft.mistake(f"'{name}' is set twice on this line", place, "keep one of the two")
            else:
                settings[name] = (parse_value(value), where)
        if "=" in words[0]:
            self.draft.mistake(
                f"{quoted_unless_secret(words[0], line)} is no host",
                place,
                "a line begins with a host; a group's variables stand below [group:vars]",
            )
        else:
            self.draft.add_hosts(self.group, words[0], settings, place)

    def read_variable(self, line: str, place: Place) -> None:
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name:
            what = f"{quoted_unless_secret(line, line)} is not 'key=value'"
            self.draft.mistake(what, place, "write one variable a line")
        else:
            self.draft.set_for_group(self.group, name, parse_value(value), place)

    def read_child(self, line: str, place: Place) -> None:
        match = _CHILD.fullmatch(line)
        if match is None or "=" in line:
            what = f"{quoted_unless_secret(line, line)} is no group's name"
            self.draft.mistake(what, place, "one group a line, nothing after it")
        elif match[1] in self.draft.groups:
            self.draft.add_child(self.group, match[1], place)
        else:
            # the order of children is that of their declarations, as in Ansible
            self.awaited.setdefault(match[1], []).append((self.group, place))

    def finish(self) -> None:
        missing = {*self.awaited, *self.undeclared}
        known = [name for name in self.draft.groups if name not in missing]
        for child, parents in self.awaited.items():
            for parent, place in parents:
                self.draft.mistake(
                    f"[{parent}:children] names the group '{child}', which is not declared",
                    place,
                    nearest(child, known) or f"declare it with [{child}]",
                )
        for group, place in self.undeclared.items():
            self.draft.mistake(
                f"[{group}:vars] is for a group that is not declared",
                place,
                nearest(group, known) or f"declare it with [{group}]",
            )


def split_words(line: str) -> list[str]:
    """The words of a host's line as a shell would see them, up to a `#`.

    Raises:
        ValueError: if a quotation is not closed, or nothing follows a backslash.
    """
    if not _WORDS.fullmatch(line):
        return shlex.split(line, comments=True)
    # most lines have neither backslash nor comment, and shlex takes a tenth of a millisecond for each
    return [_QUOTED.sub(r"\1\2", word) for word in _WORD.findall(line)]


def parse_value(text: str) -> Any:
    """A value as Ansible's INI reader takes it: a Python literal if it is one, else the text itself."""
    if not _LITERAL.match(text):
        return text
    try:
        return _plain(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, set):
        return sorted((_plain(item) for item in value), key=repr)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return str(value) if isinstance(value, complex) else "..." if value is ... else value


def _place_of(text: str, line: str, place: Place) -> Place:
    found = line.find(f" {text}")
    return Place(place.file, place.line, place.column + found + 1) if found >= 0 else place
