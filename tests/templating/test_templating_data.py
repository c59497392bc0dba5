"""Text from a host is data: never rendered as a template, never run."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.templating.templar import Layer, Scope, Templar

TEMPLAR = Templar()

HOSTILE = st.one_of(
    st.sampled_from(
        [
            "{{ 7*7 }}",
            "{{ secret }}",
            "{% for x in range(99999) %}{% endfor %}",
            "{{",
            "{%",
            "{# c #}",
            "{{ lookup('file', '/etc/passwd') }}",
            "\\1 {{ '\\n' }} $(id) `id`",
            "{% raw %}",
        ]
    ),
    st.text(alphabet=st.sampled_from("{}%#'\"\\ a7*|\n"), max_size=20),
    st.text(max_size=20),
)
DATA = st.recursive(
    st.one_of(HOSTILE, st.integers(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(HOSTILE, inner, max_size=3)),
    max_leaves=8,
)


def _scope(value: Any) -> Scope:
    author = {
        "secret": "s3cret",
        "by_name": "{{ said }}",
        "by_two_names": "{{ by_name }}",
        "in_a_dict": {"x": ["{{ said }}"], "y": 1},
        "name_of_it": "said",
    }
    return Scope((Layer({"said": value, "item": value}, rendered=True), Layer(author)))


@given(DATA)
def test_data_comes_out_as_it_is(value: Any) -> None:
    """A value from a host is unchanged by name, through an author's variables, containers and look-ups."""
    scope = _scope(value)
    for template in (
        "{{ said }}",
        "{{ by_name }}",
        "{{ by_two_names }}",
        "{{ in_a_dict.x[0] }}",
        "{{ in_a_dict['x'] | first }}",
        "{{ lookup('vars', 'said') }}",
        "{{ lookup('vars', name_of_it) }}",
        "{{ [said] | first }}",
        "{{ {'k': said} | combine({'z': 1}) | dict2items | map(attribute='value') | first }}",
        "{{ nosuch | default(said) }}",
        "{{ true | ternary(said, 0) }}",
        "{% set kept = said %}{{ kept }}",
        "{{ said | to_json | from_json }}",
        "{{ ['said'] | map('extract', {'said': said}) | first }}",
    ):
        assert TEMPLAR.render(template, scope) == value
    assert TEMPLAR.render({"a": ["{{ said }}"]}, scope) == {"a": [value]}


@given(HOSTILE)
def test_text_inside_text_comes_out_as_it_is(text: str) -> None:
    """A host's text is unchanged inside a longer text, in loops, macros, filters and template files."""
    scope = _scope(text)
    for template in (
        "<{{ said }}>",
        "<{{ by_two_names }}>",
        "{% for i in [said] %}<{{ i }}>{% endfor %}",
        "{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(said) }}",
        "{{ '<' ~ said ~ '>' }}",
        "{{ '<%s>' % said }}",
        "{{ '<{}>'.format(said) }}",
        "{{ ['<', said, '>'] | join }}",
        "{{ 'X' | regex_replace('X', '<') }}{{ said }}>",
        "{{ '<' + said + '>' }}",
        "{% set b %}<{{ said }}>{% endset %}{{ b }}",
    ):
        assert TEMPLAR.render(template, scope) == f"<{text}>"
        assert TEMPLAR.render_file(template, scope, "f.j2") == f"<{text}>"


@given(HOSTILE)
def test_a_condition_does_not_run_text(text: str) -> None:
    """A host's text in a condition is compared, and never becomes part of the expression."""
    scope = _scope(text)
    assert TEMPLAR.condition("said == by_name", scope) is True
    assert TEMPLAR.condition("'{{ said }}' == said", scope) is True
    assert TEMPLAR.condition("said in [item]", scope) is True


@given(st.text(max_size=30).filter(lambda text: "{" not in text))
def test_text_without_a_template_is_left_alone(text: str) -> None:
    """A text in which Jinja would find nothing is given back as it is, line ends and backslashes too."""
    assert TEMPLAR.render(text, Scope()) == text
    assert TEMPLAR.render_file(text, Scope(), "f.j2") == text


@pytest.mark.parametrize("kind", ["{{ said | from_yaml }}", "{{ said | from_json }}"])
def test_data_read_from_text_is_data(kind: str) -> None:
    """What a filter reads out of a host's text is data as well."""
    assert TEMPLAR.render(kind, _scope('{"a": "{{ 7*7 }}"}')) == {"a": "{{ 7*7 }}"}


def test_what_a_file_holds_is_data(tmp_path: Any) -> None:
    """A file that a look-up reads is not rendered."""
    (tmp_path / "x").write_text("{{ 7*7 }}", encoding="utf-8")
    assert Templar(basedir=tmp_path).render("{{ lookup('file', 'x') }}", Scope()) == "{{ 7*7 }}"
