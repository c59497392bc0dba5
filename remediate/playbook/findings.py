"""The mistakes found in one reading, and the words in which they are told."""

from dataclasses import field
from datetime import date

from remediate.errors import Place, PlaybookError
from remediate.records import dataclass
from remediate.source import Node


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The mistakes found so far in one reading."""

    mistakes: list[PlaybookError] = field(default_factory=list)

    def add(self, what: str, where: Place, cure: str | None = None) -> None:
        """Note a mistake and go on reading."""
        self.mistakes.append(PlaybookError(what, where=where, cure=cure))

    def add_unfit(self, keyword: str, wanted: str, node: Node, cure: str | None = None) -> None:
        """Note that a keyword's value is not what it must be: `wanted` in words, such as "a list"."""
        self.add(f"'{keyword}' must be {wanted}, not {describe(node)}", node.place, cure)


def is_template(value: object) -> bool:
    """Whether a value is text that holds a template's braces."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def describe(node: Node) -> str:
    """A YAML value in a message's words, such as "a list"."""
    value = node.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, str):
        short = len(value) <= 30 and "\n" not in value
        return f"the text '{value}'" if value and short else "text" if value else "empty text"
    if isinstance(value, (int, float)):
        return f"the number {value}" if abs(value) < 10**9 else "a number"
    if isinstance(value, date):
        return "a date"
    return "a mapping" if node.is_mapping else "a list" if node.is_list else "binary data"
