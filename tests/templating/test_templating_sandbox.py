"""What a template cannot do: reach Python, change data, run anything, fill the memory."""

import pytest

from remediate.errors import TemplateError
from remediate.templating.templar import Layer, Scope, Templar

TEMPLAR = Templar()
SCOPE = Scope((Layer({"l": [1, 2], "d": {"a": 1}, "s": "abc", "_x": {"_y": 5}}, rendered=True),))


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__",
        "''['__class__']",
        "s.__class__.__mro__[1].__subclasses__()",
        "s | attr('__class__')",
        "[s] | map(attribute='__class__') | first",
        "lookup.__globals__",
        "now.__globals__",
        "dict.__base__",
        "dict.mro()",
        "range.__init__",
        "namespace.__init__.__globals__",
        "cycler.__init__.__globals__",
        "'{0.__class__}'.format(s)",
        "'{x.__class__}'.format_map({'x': s})",
        "omit.__class__",
        "nosuch.__class__",
        "self.__init__",
        "lipsum.__globals__",
        "now().__class__",
        "undefined.__init__",
        "[].append.__self__",
        "''.join.__self__",
    ],
)
def test_python_is_out_of_reach(expression: str) -> None:
    """No way leads from a value to Python's inner objects."""
    with pytest.raises(TemplateError):
        TEMPLAR.render("{{ " + expression + " }}", SCOPE)


@pytest.mark.parametrize(
    "expression",
    [
        "l.append(3)",
        "l.clear()",
        "l.sort()",
        "d.update({'b': 2})",
        "d.pop('a')",
        "d.clear()",
        "d.setdefault('z')",
    ],
)
def test_data_cannot_be_changed(expression: str) -> None:
    """Methods that change a list or dict are refused, and nothing has changed."""
    with pytest.raises(TemplateError, match="unsafe"):
        TEMPLAR.render("{{ " + expression + " }}", SCOPE)
    assert SCOPE.layers[0].values["l"] == [1, 2]
    assert SCOPE.layers[0].values["d"] == {"a": 1}


@pytest.mark.parametrize(
    "expression",
    [
        "lookup('pipe', 'id')",
        "query('pipe', 'id')",
        "lookup('pipe', 'id', errors='ignore')",
        "lookup('pi' ~ 'pe', 'id')",
        "lookup('pi' ~ 'pe', 'id', errors='ignore')",
        "lookup('lines', 'id')",
        "lookup('url', 'http://127.0.0.1')",
    ],
)
def test_nothing_is_run(expression: str) -> None:
    """Look-ups that run programs or reach a network do not exist, even when failures are ignored."""
    with pytest.raises(TemplateError, match="lookup"):
        TEMPLAR.render("{{ " + expression + " }}", SCOPE)


@pytest.mark.parametrize(
    "expression",
    [
        "range(10000000) | list",
        "s * 100000000",
        "100000000 * l",
        "10 ** 99999999",
        "q('sequence', 'start=1 end=99999999')",
    ],
)
def test_the_memory_is_not_filled(expression: str) -> None:
    """The cheap ways to make something huge are refused."""
    with pytest.raises(TemplateError):
        TEMPLAR.render("{{ " + expression + " }}", SCOPE)


@pytest.mark.parametrize(
    "template", ["{% include 'x' %}", "{% import 'x' as y %}", "{% from 'x' import y %}", "{% extends 'x' %}"]
)
def test_other_files_are_not_loaded(template: str) -> None:
    """A template is one text: statements that load another are refused with that reason."""
    with pytest.raises(TemplateError, match="not supported"):
        TEMPLAR.render(template, SCOPE)


def test_keys_with_an_underscore_are_data() -> None:
    """A key of a dict may begin with an underscore: it is no attribute of Python's."""
    assert TEMPLAR.render("{{ _x._y }}", SCOPE) == 5


def test_the_result_is_a_copy() -> None:
    """Who changes a result does not change the variables it came from."""
    result = TEMPLAR.render("{{ d }}", SCOPE)
    result["a"] = 2
    assert SCOPE.layers[0].values["d"] == {"a": 1}
