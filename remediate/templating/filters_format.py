"""Filters between data and its written forms: JSON and YAML."""

import json
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from remediate.errors import TemplateError
from remediate.templating.values import plain


def to_json(value: Any, **options: Any) -> str:
    """The value as JSON on one line; options are those of Python's `json.dumps`."""
    options.pop("vault_to_text", None)
    options.pop("preprocess_unsafe", None)
    return json.dumps(plain(value, strict=True), default=_written, **options)


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def to_nice_json(value: Any, indent: int = 4, sort_keys: bool = True, **options: Any) -> str:
    """The value as JSON for people: indented, keys sorted."""
    return to_json(value, indent=indent, sort_keys=sort_keys, separators=(",", ": "), **options)


def from_json(text: str, **options: Any) -> Any:
    """The value that a JSON text holds."""
    return json.loads(text, **options)


def to_yaml(value: Any, default_flow_style: bool | None = None, **options: Any) -> str:
    """The value as YAML, innermost collections on one line."""
    import yaml  # noqa: PLC0415 - only playbooks that write YAML pay for it

    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(
        plain(value, strict=True),
        Dumper=dumper,
        allow_unicode=True,
        default_flow_style=default_flow_style,
        **options,
    )
    return text.removesuffix("...\n")


def to_nice_yaml(value: Any, indent: int = 4, **options: Any) -> str:
    """The value as YAML for people: one item a line."""
    return to_yaml(value, default_flow_style=False, indent=indent, **options)


def from_yaml(text: Any) -> Any:
    """The value that a YAML text holds; anything but a text is given back as it is."""
    found = from_yaml_all(text) if isinstance(text, str) else [text]
    if len(found) > 1:
        raise TemplateError("the text holds several YAML documents", cure="use from_yaml_all")
    return found[0] if found else None


def from_yaml_all(text: Any) -> list[Any]:
    """The values of all documents in a YAML text."""
    import yaml  # noqa: PLC0415 - only playbooks that read YAML pay for it

    if not isinstance(text, str):
        return [] if text is None else [text]
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return list(yaml.load_all(text, Loader=loader))  # safe, both of them


FILTERS: Mapping[str, Callable[..., Any]] = {
    "from_json": from_json,
    "from_yaml": from_yaml,
    "from_yaml_all": from_yaml_all,
    "to_json": to_json,
    "to_nice_json": to_nice_json,
    "to_nice_yaml": to_nice_yaml,
    "to_yaml": to_yaml,
}
