"""The values of `-e`: `k=v` words, JSON or YAML mappings, or `@FILE`."""

import re
import shlex
from collections.abc import Sequence
from typing import Any

from remediate.errors import Place, UsageError
from remediate.playbook.names import refuse_variable_name
from remediate.secrecy import quoted_unless_secret
from remediate.source import Node, load_yaml, parse_yaml


def parse_extra_vars(arguments: Sequence[str]) -> dict[str, Any]:
    """All `-e` options together; later ones win. As in Ansible, the values of `k=v` are strings.

    Raises:
        UsageError: with the option's text, if one cannot be understood.
    """
    merged: dict[str, Any] = {}
    for argument in arguments:
        merged.update(_parse(argument.strip()))
    for name in merged:
        wrong = refuse_variable_name(name)
        if wrong is not None:
            raise UsageError(f"-e: {wrong}", cure="take another name: letters, digits and _")
    return merged


def _parse(argument: str) -> dict[str, Any]:
    if argument.startswith("@"):
        return _mapping(load_yaml(argument[1:], UsageError), argument)
    if argument.startswith(("{", "[")):
        return _mapping(parse_yaml(argument, "-e", UsageError), argument)
    try:
        words = shlex.split(argument)
    except ValueError as error:
        what = f"-e: {quoted_unless_secret(argument, argument)}: {str(error).lower()}"
        raise UsageError(what, cure="put quotes around values with blanks") from None
    values = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not re.fullmatch(r"\w+", name):
            raise UsageError(
                f"-e: {quoted_unless_secret(name, argument)} is no assignment",
                cure="write name=value, with quotes around blanks, a JSON mapping, or @FILE",
            )
        values[name] = value
    return values


def _mapping(node: Node | None, argument: str) -> dict[str, Any]:
    if node is None:
        return {}
    if not node.is_mapping:
        where = node.place if argument.startswith("@") else Place("-e")
        cure = 'write `name: value` lines in a file, or such as {"name": "value"}'
        raise UsageError("variables must be a mapping of names to values", where=where, cure=cure)
    plain: dict[str, Any] = node.plain()
    return plain
