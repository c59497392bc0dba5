"""Names of variables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from remediate.playbook.names import refuse_variable_name


@pytest.mark.parametrize("name", ["a", "_", "smd_build", "A9", "item", "ansible_user"])
def test_plain_names_are_taken(name: str) -> None:
    """Letters, digits and underscores make a name, connection variables among them."""
    assert refuse_variable_name(name) is None


@pytest.mark.parametrize(
    "name", ["", "9a", "a-b", "a b", "a.b", "a\n", "\u00e4", "for", "None", "groups", "true"]
)
def test_other_names_are_refused(name: str) -> None:
    """What templates could not name, or already mean something by, is no variable's name."""
    assert refuse_variable_name(name) is not None


@given(st.text())
def test_every_name_that_is_taken_can_be_used_in_a_template(name: str) -> None:
    """A variable that may be set may also be read."""
    if refuse_variable_name(name) is None:
        assert Environment(autoescape=True).from_string("{{ " + name + " }}").render({name: "x"}) == "x"
