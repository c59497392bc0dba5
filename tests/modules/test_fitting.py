"""Values that fit as they are: what is taken without a checker is what a checker would have made of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.modules.catalog import Catalog, _hints, _known
from remediate.modules.checkers import checker
from remediate.modules.fitting import fit

HINTS = {str(hint): hint for name in Catalog().names() for hint in map(_hints(name).get, _known(name))}
"""The types of all parameters of all modules."""
WORDS = st.sampled_from(["", "/a/", "0644", "present", "file", "xml", "a\0", "\ud800", "(", "yes", "1"])
SINGLE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.text(max_size=3), st.binary()
)
VALUES = st.recursive(
    SINGLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(WORDS, st.integers()), inner, max_size=2),
    ),
    max_leaves=4,
)


@given(value=VALUES, hint=st.sampled_from(sorted(HINTS)))
def test_what_fits_is_what_a_checker_makes_of_it(value: Any, hint: str) -> None:
    """Of whatever type a parameter is, and whatever is given: equal, and of the same types."""
    try:
        taken = fit(HINTS[hint])(value)
    except ValueError:
        return
    assert repr(taken) == repr(checker(HINTS[hint]).validate_python(value))


@pytest.mark.parametrize(
    ("module", "name", "value", "taken"),
    [
        ("lineinfile", "path", "/etc/motd", "/etc/motd"),
        ("lineinfile", "regexp", None, None),
        ("file", "state", "absent", "absent"),
        ("file", "mode", "0750", 0o750),
        ("command", "read_only", True, True),
        ("command", "environment", {"a": "b"}, {"a": "b"}),
        ("assert", "that", ["a == 1", True], ["a == 1", True]),
        ("command", "changes", ["/a/", "/b"], ("/a", "/b")),
    ],
)
def test_what_playbooks_say_mostly_fits(module: str, name: str, value: Any, taken: Any) -> None:
    """Texts, truth values, words of a list, permission bits and lists of texts need no checker."""
    assert fit(_hints(module)[name])(value) == taken


@pytest.mark.parametrize(("kind", "value"), [(str, 1), (bool, "yes"), (int, True), (list[str], ("x",))])
def test_what_is_not_of_the_type_itself_is_left_to_a_checker(kind: Any, value: Any) -> None:
    """It may be made to fit, or be a mistake: that is not decided here."""
    with pytest.raises(ValueError, match=r"^$"):
        fit(kind)(value)
