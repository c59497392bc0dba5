"""What `lookup`, `query` and `q` find: variables, the environment, files of the controller, sequences.

Nothing here runs a program or reaches a network. What a lookup finds is data and is never rendered.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import pass_context
from jinja2.runtime import Context
from jinja2.utils import missing

from remediate.controller import Controller
from remediate.errors import TemplateError, UndefinedVariable, UnknownUntilApplied
from remediate.spelling import nearest
from remediate.templating.filters_data import dict2items, flatten
from remediate.templating.filters_value import to_bool
from remediate.templating.values import refuse_absent

_MOST = 100_000  # items of a sequence, as many as the sandbox grants `range`
_SEQUENCE = re.compile(
    r"(?:(?P<start>-?(?:0x)?[0-9a-f]+)-)?(?P<end>-?(?:0x)?[0-9a-f]+)"
    r"(?:/(?P<stride>-?(?:0x)?[0-9a-f]+))?(?::(?P<format>.+))?",
    re.IGNORECASE,
)


class Surroundings(NamedTuple):
    """What a lookup can see: the variables of this moment, the controller, and where paths start from."""

    variable: Callable[[str], Any]
    basedir: Path | None
    controller: Controller


Lookup = Callable[[Sequence[Any], Mapping[str, Any], Surroundings], list[Any]]
LookUp = Callable[[Context, str, Sequence[Any], Mapping[str, Any]], list[Any]]


def find_env(terms: Sequence[Any], options: Mapping[str, Any], around: Surroundings) -> list[Any]:
    """Variables of this process's environment; empty, or `default`, if they are not set."""
    found = [around.controller.variable(str(term)) for term in terms]
    return [options.get("default", "") if value is None else value for value in found]


def find_vars(terms: Sequence[Any], options: Mapping[str, Any], around: Surroundings) -> list[Any]:
    """Variables by their names."""
    return [_variable(term, options, around) for term in terms]


def _variable(term: Any, options: Mapping[str, Any], around: Surroundings) -> Any:
    if not isinstance(term, str):
        raise TemplateError(f"the name of a variable is text, not of type '{type(term).__name__}'")
    value = around.variable(term)
    if value is not missing:
        return refuse_absent(value)
    if "default" in options:
        return options["default"]
    raise UndefinedVariable(f"No variable named '{term}' was found.")


def find_items(terms: Sequence[Any], _options: Mapping[str, Any], _around: Surroundings) -> list[Any]:
    """The items given, lists among them opened once."""
    return flatten(terms, levels=1, skip_nulls=False)


def find_dict(terms: Sequence[Any], _options: Mapping[str, Any], _around: Surroundings) -> list[Any]:
    """The pairs of dicts."""
    return [pair for term in terms for pair in dict2items(term)]


def find_file(terms: Sequence[Any], options: Mapping[str, Any], around: Surroundings) -> list[Any]:
    """The texts of files on the controller, without the last line's end unless `rstrip=false`."""
    texts = []
    for term in terms:
        text = _read(str(term), around)
        text = text.rstrip() if to_bool(options.get("rstrip", True)) else text
        texts.append(text.lstrip() if to_bool(options.get("lstrip", False)) else text)
    return texts


def _read(name: str, around: Surroundings) -> str:
    base = around.basedir or Path()
    places = [base / "files" / name, base / name]  # an absolute name is the same in both
    for place in places:
        try:
            text = around.controller.read(str(place)).decode("utf-8")
            return text.replace("\r\n", "\n").replace("\r", "\n")
        except FileNotFoundError:
            continue
        except UnicodeDecodeError:
            raise TemplateError("not UTF-8 text", where=str(place)) from None
        except OSError as error:
            raise TemplateError(f"cannot be read: {error.strerror}", where=str(place)) from None
    tried = ", ".join(dict.fromkeys(str(place) for place in places))
    raise TemplateError(f"no file '{name}'", cure=f"looked for {tried}")


def find_sequence(terms: Sequence[Any], options: Mapping[str, Any], _around: Surroundings) -> list[Any]:
    """Numbers as text: `start=1 end=5 stride=2 format=web%02d`, `count=5`, or `1-5/2:web%02d`."""
    numbers: list[Any] = []
    for term in terms or [""]:
        numbers += _sequence({**_sequence_options(str(term)), **options})
        if len(numbers) > _MOST:
            raise TemplateError(f"a sequence of more than {_MOST} items")
    return numbers


def _sequence_options(term: str) -> dict[str, str]:
    if short := _SEQUENCE.fullmatch(term.strip()):
        return {name: text for name, text in short.groupdict().items() if text is not None}
    pairs = dict(word.partition("=")[::2] for word in term.split())
    wrong = [word for word in pairs if word not in ("start", "end", "stride", "count", "format")]
    if wrong:
        raise TemplateError(f"'{term}' is not a sequence", cure="e.g. 'start=1 end=5' or '1-5/2:web%02d'")
    return pairs


def _sequence(options: Mapping[str, Any]) -> list[str]:
    number = {name: int(str(value), 0) for name, value in options.items() if name != "format"}
    if ("end" in number) == ("count" in number):
        raise TemplateError("a sequence needs either end or count")
    start = number.get("start", 1)
    stride = number.get("stride", 1 if number.get("end", start) >= start or "count" in number else -1)
    if "count" in number:
        found = range(start, start + stride * number["count"], stride) if stride else range(0)
    elif stride:
        found = range(start, number["end"] + (1 if stride > 0 else -1), stride)
    else:
        found = range(0)
    if len(found) > _MOST:
        raise TemplateError(f"a sequence of more than {_MOST} items")
    layout = str(options.get("format", "%d"))
    return [layout % item for item in found]


LOOKUPS: Mapping[str, Lookup] = {
    "dict": find_dict,
    "env": find_env,
    "file": find_file,
    "items": find_items,
    "sequence": find_sequence,
    "vars": find_vars,
}


def no_such_lookup(name: str) -> TemplateError:
    """What to say of a lookup that is not there."""
    if name in ("pipe", "lines"):
        return TemplateError(
            f"the lookup '{name}' would run a command on this machine, and is refused",
            cure="run it before, and hand on what it says with -e",
        )
    return TemplateError(
        f"No lookup named '{name}'", cure=nearest(name, LOOKUPS) or f"there are: {', '.join(LOOKUPS)}"
    )


def find(name: str, terms: Sequence[Any], options: Mapping[str, Any], around: Surroundings) -> list[Any]:
    """What the named lookup finds.

    Raises:
        TemplateError: if there is no such lookup, or it fails.
        UnknownUntilApplied: if it is asked with something unknown.
    """
    refuse_absent(name)
    for given in (*terms, *options.values()):
        refuse_absent(given)
    if name not in LOOKUPS:
        raise no_such_lookup(name)
    try:
        return LOOKUPS[name](terms, options, around)
    except (UnknownUntilApplied, TemplateError):
        raise
    except Exception as error:
        raise TemplateError(f"the lookup '{name}' failed: {error}") from error


def functions(look_up: LookUp) -> dict[str, Callable[..., Any]]:
    """The functions that templates call; `look_up` knows the variables of the running template."""

    @pass_context
    def query(
        context: Context,
        name: str,
        *terms: Any,
        errors: str = "strict",
        wantlist: bool = True,
        **options: Any,
    ) -> Any:
        try:
            found = look_up(context, name, terms, options)
        except TemplateError:
            if errors == "strict" or name not in LOOKUPS:
                raise
            return [] if wantlist else None
        return found if wantlist else _together(found)

    @pass_context
    def lookup(context: Context, name: str, *terms: Any, wantlist: bool = False, **options: Any) -> Any:
        return query(context, name, *terms, wantlist=wantlist, **options)

    return {"lookup": lookup, "query": query, "q": query}


def _together(found: list[Any]) -> Any:
    if found and all(isinstance(item, str) for item in found):
        return ",".join(found)
    return found[0] if len(found) == 1 else found
