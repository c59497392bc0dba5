"""figure: a number held against limits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from module_view import Told, built, refusal

from remediate.errors import TaskFailed
from remediate.measured import Measured
from remediate.modules.judgement import Judgement
from remediate.severity import GRAVEST_FIRST

NOTHING = Told({})
LOWER, UPPER = {"warning": 30, "critical": 7}, {"warning": 80, "critical": 90}

TOLD: list[tuple[dict[str, Any], str, str]] = [
    ({"value": 31, **LOWER}, "ok", "31"),
    ({"value": 30, **LOWER}, "ok", "30"),
    ({"value": 29.5, **LOWER}, "warning", "29.5, below 30"),
    ({"value": 7, **LOWER}, "warning", "7, below 30"),
    ({"value": -3, "unit": "d", **LOWER}, "critical", "-3 d, below 7"),
    ({"value": "12", "unit": "d", **LOWER}, "warning", "12 d, below 30"),
    ({"value": 80, **UPPER}, "ok", "80"),
    ({"value": 81, **UPPER}, "warning", "81, above 80"),
    ({"value": 91, "unit": "%", **UPPER}, "critical", "91 %, above 90"),
    ({"value": 3, "warning": 5}, "warning", "3, below 5"),
    ({"value": 3, "critical": 5}, "critical", "3, below 5"),
    ({"value": 3, "warning": 5, "critical": 5}, "critical", "3, below 5"),
    ({"value": 3}, "ok", "3"),
    ({"value": None, **LOWER}, "ok", "it is not known"),
]


@pytest.mark.parametrize(("params", "severity", "said"), TOLD)
def test_a_value_is_held_against_its_limits(params: dict[str, Any], severity: str, said: str) -> None:
    """Lower limits, unless the warning comes first from below; a limit itself is well."""
    module = built("figure", **params)
    assert list(module.decide(NOTHING)) == []
    told = module.report(NOTHING, [])
    assert (told["severity"], told["msg"]) == (severity, said)
    judgement = module.judgement()
    assert judgement is not None
    assert judgement.severity == severity
    assert (judgement.measured is None) == (params["value"] is None)


@given(st.lists(st.integers(-99, 99), min_size=2, max_size=2, unique=True), st.lists(st.integers(-99, 99)))
def test_what_is_further_beyond_is_as_grave_or_graver(limits: list[int], values: list[int]) -> None:
    """On the side where the critical limit is."""
    warning, critical = limits
    ordered = sorted(values, reverse=warning < critical)
    told = [built("figure", value=each, warning=warning, critical=critical).judgement() for each in ordered]
    ranks = [GRAVEST_FIRST.index(each.severity) for each in told if each is not None]
    assert ranks == sorted(ranks)


def test_a_value_that_is_required_must_be_known() -> None:
    """Else it is no figure, and nothing is wrong."""
    module = built("figure", value=None, required=True)
    assert module.judgement() == Judgement(severity="unknown")
    with pytest.raises(TaskFailed, match="it is not known"):
        module.decide(NOTHING)
    module = built("figure", value=1, unit="d", required=True, critical=0)
    assert module.judgement() == Judgement(severity="ok", measured=Measured(value=1, unit="d", critical=0))


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"value": "soon"}, "'value'"),
        ({"value": float("nan")}, "'value'"),
        ({"value": float("inf")}, "'value'"),
        ({"value": 1, "warning": "x"}, "'warning'"),
        ({"value": 1, "unit": "days left"}, "is not a unit"),
        ({"value": 1, "unit": "a;b"}, "is not a unit"),
        ({"value": 1, "unit": "m2"}, "is not a unit"),
    ],
)
def test_what_is_no_figure_is_refused(params: dict[str, Any], said: str) -> None:
    """A number is finite, and its unit is a word that does not end it."""
    assert said in refusal("figure", **params)
