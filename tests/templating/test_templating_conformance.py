"""Every answer that ansible-core 2.21.5 gave, given again."""

import json
from pathlib import Path
from typing import Any

import pytest

from remediate.errors import TemplateError
from remediate.templating.templar import Layer, Scope, Templar

HERE = Path(__file__).parent
CONFORMANCE: dict[str, Any] = json.loads((HERE / "conformance.json").read_text(encoding="utf-8"))
# Collected from ansible-core 2.21.5 for this project; the variables come on top of those above.
MORE: dict[str, Any] = json.loads((HERE / "more_answers.json").read_text(encoding="utf-8"))

# Ansible answers these, and remediate does not, because the answer is not worth the danger.
REFUSED = {
    # It would run a command on the controller, which a dry run must never do.
    """{{ lookup('pipe', 'printf "a\\\\nb\\\\n"') }}""": "refused",
}


def _answered(rows: list[dict[str, Any]]) -> list[Any]:
    return [
        pytest.param(row, id=f"{number}: {row['src']}")
        for number, row in enumerate(rows)
        if "error" not in row and str(row["src"]) not in REFUSED
    ]


def _failing(rows: list[dict[str, Any]]) -> list[Any]:
    return [
        pytest.param(row["src"], id=f"{number}: {row['src']}")
        for number, row in enumerate(rows)
        if "error" in row
    ]


# Jinja itself warns of escapes that Python does not know, as in `'\w'`.
pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence")

TEMPLAR = Templar()
SCOPE = Scope((Layer(CONFORMANCE["vars"]),))
MORE_SCOPE = SCOPE.over(Layer(MORE["vars"]))


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=repr))


@pytest.mark.parametrize("row", _answered(CONFORMANCE["templates"]))
def test_a_template_gives_the_value_and_the_type(row: dict[str, Any]) -> None:
    """A template gives what Ansible gives, in the same type."""
    value = TEMPLAR.render(row["src"], SCOPE)
    assert (type(value).__name__, value) == (row["type"], row["value"])


@pytest.mark.parametrize("source", _failing(CONFORMANCE["templates"]))
def test_a_template_fails(source: str) -> None:
    """A template that Ansible refuses is refused with our own error."""
    with pytest.raises(TemplateError):
        TEMPLAR.render(source, SCOPE)


@pytest.mark.parametrize(("source", "reason"), REFUSED.items())
def test_a_dangerous_template_is_refused(source: str, reason: str) -> None:
    """What Ansible does and remediate does not is refused with the reason."""
    assert source in [row["src"] for row in CONFORMANCE["templates"]]
    with pytest.raises(TemplateError, match=reason):
        TEMPLAR.render(source, SCOPE)


@pytest.mark.parametrize("row", _answered(CONFORMANCE["conditionals"]))
def test_a_condition_holds_or_not(row: dict[str, Any]) -> None:
    """A condition gives the boolean that Ansible gives."""
    assert TEMPLAR.condition(row["src"], SCOPE) is row["value"]


@pytest.mark.parametrize("source", _failing(CONFORMANCE["conditionals"]))
def test_a_condition_fails(source: str) -> None:
    """A condition that Ansible refuses is refused with our own error."""
    with pytest.raises(TemplateError):
        TEMPLAR.condition(source, SCOPE)


@pytest.mark.parametrize("row", _answered(MORE["templates"]))
def test_more_templates_give_the_value(row: dict[str, Any]) -> None:
    """Filters, tests, lookups and odd corners give what Ansible gives, down to the JSON type."""
    assert repr(_plain(TEMPLAR.render(row["src"], MORE_SCOPE))) == repr(row["value"])


@pytest.mark.parametrize("source", _failing(MORE["templates"]))
def test_more_templates_fail(source: Any) -> None:
    """Wrong uses that Ansible refuses are refused with our own error."""
    with pytest.raises(TemplateError):
        TEMPLAR.render(source, MORE_SCOPE)


@pytest.mark.parametrize("row", _answered(MORE["conditionals"]))
def test_more_conditions_hold_or_not(row: dict[str, Any]) -> None:
    """More conditions give the boolean that Ansible gives."""
    assert TEMPLAR.condition(row["src"], MORE_SCOPE) is row["value"]


@pytest.mark.parametrize("source", _failing(MORE["conditionals"]))
def test_more_conditions_fail(source: str) -> None:
    """More conditions that Ansible refuses are refused with our own error."""
    with pytest.raises(TemplateError):
        TEMPLAR.condition(source, MORE_SCOPE)


def test_every_row_is_tested() -> None:
    """All 183 templates and 38 conditionals take part."""
    rows = CONFORMANCE["templates"]
    assert len(_answered(rows)) + len(_failing(rows)) + len(REFUSED) == len(rows) == 183
    conditionals = CONFORMANCE["conditionals"]
    assert len(_answered(conditionals)) + len(_failing(conditionals)) == len(conditionals) == 38
