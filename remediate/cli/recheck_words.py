"""A re-check as the words that a person would type for it, right from everywhere, and without a secret."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from remediate.cli.recheck import recheck
from remediate.cli.running import source_kept


def recheck_words(options: Mapping[str, Any]) -> Iterator[str]:
    """The words behind `remediate`, of the options of the command; what is as usual is left out."""
    yield "recheck"
    yield from (str(path.absolute()) for path in options["playbooks"])
    given = dict(options)
    given["sources"] = [source_kept(source) for source in options["sources"]]
    given["extra_vars"] = [_whole(text) for text in options["extra_vars"]]
    if options["private_key"] is not None:
        given["private_key"] = Path(options["private_key"]).expanduser().absolute()
    for option in recheck.params:
        value = given.get(option.name or "")
        if isinstance(option, click.Option) and value not in (None, option.default):
            yield from _option(option, value)


def _option(option: click.Option, value: Any) -> Iterator[str]:
    word = option.opts[-1]
    if option.is_flag:
        yield from [word] if value else []
        return
    for each in value if option.multiple else [value]:
        yield from (word, str(each))


def _whole(text: str) -> str:
    return f"@{Path(text[1:]).absolute()}" if text.startswith("@") else text
