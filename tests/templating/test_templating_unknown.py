"""What only the apply will tell: nothing is ever decided on a guess."""

from pathlib import Path

import pytest

from remediate.answers import Unknown
from remediate.errors import UnknownUntilApplied
from remediate.templating.templar import Layer, Scope, Templar

TEMPLAR = Templar()
WHY = "task 3 has not run"
U = Unknown(WHY)
SCOPE = Scope(
    (
        Layer({"u": U, "reg": {"rc": U, "ok": 1, "l": [1, U]}}, rendered=True),
        Layer({"av": "{{ reg.rc }}", "ad": {"x": "{{ u }}", "y": 2}, "l": [1, 2], "d": {"a": 1}}),
    )
)
USES = (Path(__file__).parent / "uses_of_unknown.txt").read_text(encoding="utf-8").splitlines()
KNOWN = {
    "reg.rc is defined": True,
    "reg.rc is undefined": False,
    "av is defined": True,
    "reg.ok == 1": True,
    "reg.ok | default(u)": 1,
    "reg.l | length": 2,
    "reg.l[0]": 1,
    "ad.y": 2,
    "true or u": True,
    "true | ternary(1, u)": 1,
    "reg.keys() | list": ["rc", "ok", "l"],
}


@pytest.mark.parametrize("expression", USES)
def test_every_use_says_that_it_is_unknown(expression: str) -> None:
    """A use of something unknown raises UnknownUntilApplied: as a value, in a text, in a file, in a test."""
    with pytest.raises(UnknownUntilApplied, match=WHY):
        TEMPLAR.render("{{ " + expression + " }}", SCOPE)
    with pytest.raises(UnknownUntilApplied, match=WHY):
        TEMPLAR.render({"a": ["b{{ " + expression + " }}"]}, SCOPE)
    with pytest.raises(UnknownUntilApplied, match=WHY):
        TEMPLAR.render_file("a{{ " + expression + " }}", SCOPE, "f.j2")
    with pytest.raises(UnknownUntilApplied, match=WHY):
        TEMPLAR.condition(f"({expression}) | string == ''", SCOPE)


@pytest.mark.parametrize(("expression", "value"), KNOWN.items())
def test_what_does_not_depend_on_it_is_known(expression: str, value: object) -> None:
    """What can be said whatever the unknown turns out to be is said."""
    assert TEMPLAR.render("{{ " + expression + " }}", SCOPE) == value


@pytest.mark.parametrize(
    "template",
    [
        "{% for x in u %}{% endfor %}",
        "{% if u %}a{% endif %}",
        "{% set a, b = u %}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(u) }}",
        "{% for x in reg.l %}{{ x }}{% endfor %}",
        "{% filter upper %}{{ u }}{% endfilter %}",
    ],
)
def test_statements_say_that_it_is_unknown(template: str) -> None:
    """Loops, branches and macros do not guess either."""
    with pytest.raises(UnknownUntilApplied):
        TEMPLAR.render(template, SCOPE)


@pytest.mark.parametrize("condition", ["u", "av", "not u", "reg.rc == 0", "u and true", "av is failed"])
def test_a_condition_says_that_it_is_unknown(condition: str) -> None:
    """A condition that hangs on something unknown has no result."""
    with pytest.raises(UnknownUntilApplied):
        TEMPLAR.condition(condition, SCOPE)


def test_an_unknown_among_plain_values_is_found() -> None:
    """An unknown value that is itself part of what is rendered raises as well."""
    with pytest.raises(UnknownUntilApplied):
        TEMPLAR.render({"a": [U]}, SCOPE)
