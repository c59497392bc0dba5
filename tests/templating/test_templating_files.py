"""Template files, the look-ups that read files, and what lint can say beforehand."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import Place, TemplateError, UndefinedVariable
from remediate.templating.templar import Layer, Scope, Templar

# Jinja itself warns of escapes that Python does not know, as in `'\w'`.
pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence")

TEMPLAR = Templar()
SCOPE = Scope((Layer({"l": [1, 2], "one": 1, "n": None, "multi": "a\nb\n"}),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x {{ one }}\n", "x 1\n"),
        ("{{ one }}\n", "1\n"),
        ("{{ l }}\n\n\n", "[1, 2]\n\n\n"),
        ("{{ n }}", ""),
        ("{{ multi }}\n", "a\nb\n"),
        ("{% for i in l %}\n{{ i }}\n{% endfor %}\n", "1\n2\n"),
        ("  {% if true %}\n  x\n  {% endif %}\n", "    x\n  \n"),
        (r"{{ 'a\tb' }}\n", "a\tb\\n"),
        ("{# gone #}\nx", "x"),
        ("", ""),
        ("no template\n\n", "no template\n\n"),
        ("#jinja2: trim_blocks: False\n{% for i in l %}\n{{ i }}\n{% endfor %}\n", "\n1\n\n2\n"),
        ("#jinja2:lstrip_blocks: True, trim_blocks:True\n  {% if true %}\n  x\n  {% endif %}\n", "  x\n"),
        (
            "#jinja2: variable_start_string: '[[', variable_end_string: ']]'\n[[ one ]] {{ x }}\n",
            "1 {{ x }}\n",
        ),
        ("#jinja2: trim_blocks: True\nno template\n", "no template\n"),
        (" #jinja2: trim_blocks: False\n", " #jinja2: trim_blocks: False\n"),
    ],
)
def test_a_file_renders_to_text(text: str, expected: str) -> None:
    """A template file gives text: blocks take their line end along, the last line keeps its own."""
    assert TEMPLAR.render_file(text, SCOPE, "f.j2") == expected


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("#jinja2:", "'' is not one of them"),
        ("#jinja2: trim_blocks", "'trim_blocks' is not one of them"),
        ("#jinja2: newline_sequence: '\\r\\n'", "is not one of them"),
        ("#jinja2: lstrip_blocks: yes", "'lstrip_blocks' must be True or False, not 'yes'"),
        ("#jinja2: block_start_string: ''", "'block_start_string' must be a text in quotes"),
        ("#jinja2: block_start_string: '{{'", "begin alike"),
    ],
)
def test_a_header_that_cannot_be_obeyed_is_refused(header: str, said: str) -> None:
    """It is neither written to a host nor passed over; the error names the line and what there is."""
    with pytest.raises(TemplateError) as refused:
        TEMPLAR.render_file(f"{header}\nx\n", SCOPE, "f.j2")
    assert said in refused.value.what
    assert f"line 1 of the template, `{header}`" in refused.value.what
    assert "trim_blocks, lstrip_blocks" in str(refused.value.cure)


def test_a_header_counts_as_a_line() -> None:
    """A mistake below a header is told with its line in the file."""
    with pytest.raises(TemplateError, match=r"\(line 3\)"):
        TEMPLAR.render_file("#jinja2: trim_blocks: False\nx\n{{ 1 + }}\n", SCOPE, "f.j2")
    with pytest.raises(UndefinedVariable) as failed:
        TEMPLAR.render_file("#jinja2: trim_blocks: False\nx\n{{ nothere }}\n", SCOPE, "f.j2")
    assert failed.value.where == Place("f.j2", 3)


def test_backslashes_are_literal_in_playbooks_only() -> None:
    """In a playbook's `{{ }}` a backslash is itself; in files, conditions and blocks Jinja's rules hold."""
    assert TEMPLAR.render(r"{{ 'a\tb' }}", SCOPE) == r"a\tb"
    assert TEMPLAR.render(r"{% set x = 'a\tb' %}{{ x }}", SCOPE) == "a\tb"
    assert TEMPLAR.render_file(r"{{ 'a\tb' }}", SCOPE, "f.j2") == "a\tb"
    assert TEMPLAR.condition(r"'a\tb' | length == 3", SCOPE) is True


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a\n{{ nosuch }}\n", "f.j2:2"),
        ("{# a\n#}\n{{ one }}{{ nosuch }}", "f.j2:3"),
        ("{{ one }}\n{% for i in l %}\n{{ i.x }}\n{% endfor %}", "f.j2:3"),
        ("{% macro m() %}\n{{ nosuch }}{% endmacro %}\n\n{{ m() }}", "f.j2:4"),
        ("{{ one }}\n{{ n | first }}\n", "f.j2:2"),
        ("{{ l }}\n\n{{ broken }}\n", "f.j2:3"),
        ("\n{{ l |}}\n", "f.j2"),
        ("{{ 1 / 0 }}", "f.j2:1"),
    ],
)
def test_what_fails_in_a_file_names_its_line(text: str, where: str) -> None:
    """Of a macro it is where it is used, of a variable's own template where the file names the variable."""
    scope = Scope((Layer({"broken": "a\n\n\n\n{{ nosuch }}"}), *SCOPE.layers))
    with pytest.raises(TemplateError) as caught:
        TEMPLAR.render_file(text, scope, "f.j2")
    assert str(caught.value.where) == where


@given(st.text(alphabet="\\'nt1 \"", max_size=12))
def test_backslashes_survive_as_written(text: str) -> None:
    """Every string constant that Jinja can read keeps its backslashes in a playbook."""
    try:
        TEMPLAR.render_file("{{ '" + text + "' }}", SCOPE, "f.j2")
    except TemplateError:
        return  # not one constant
    if "'" not in text.replace("\\'", ""):
        assert TEMPLAR.render("{{ '" + text + "' }}", SCOPE) == text


def test_the_file_lookup_starts_at_the_playbook(tmp_path: Path) -> None:
    """A relative path is looked for in `files` beside the playbook, then beside it."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a").write_text("in files\n", encoding="utf-8")
    (tmp_path / "a").write_text("beside", encoding="utf-8")
    (tmp_path / "b").write_text("  b \n", encoding="utf-8")
    templar = Templar(basedir=tmp_path)
    assert templar.render("{{ lookup('file', 'a') }}", SCOPE) == "in files"
    assert templar.render("{{ lookup('file', 'a', 'b', lstrip=true) }}", SCOPE) == "in files,b"
    assert templar.render("{{ lookup('file', 'b', rstrip=false) }}", SCOPE) == "  b \n"
    assert templar.render("{{ lookup('file', '" + str(tmp_path / "a") + "') }}", SCOPE) == "beside"


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    """A file that is not UTF-8, and a directory, are errors that name the file."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    templar = Templar(basedir=tmp_path)
    for name in ("binary", "."):
        with pytest.raises(TemplateError, match=str(tmp_path)):
            templar.render("{{ lookup('file', '" + name + "') }}", SCOPE)


def test_the_environment_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """`lookup('env')` gives this process's own variables."""
    monkeypatch.setenv("REMEDIATE_TEST", "{{ one }}")
    assert TEMPLAR.render("{{ lookup('env', 'REMEDIATE_TEST') }}", SCOPE) == "{{ one }}"


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ("plain", []),
        ("{{ undefined_is_fine }}", []),
        ({"a": "{{ 1 + }}", "b": ["{{ x | nosuch }}", "{{ x is nosuch }}"]}, ["not valid", "filter", "test"]),
        ("{{ 1 if x else (y | nosuch) }}", ["No filter named 'nosuch'"]),
        ("{{ lookup('pipe', 'id') }}", ["refused"]),
        ("{{ lookup('nosuch') }}", ["No lookup named 'nosuch'"]),
        ("{{ lookup(name) }}", []),
        ("{% if x %}", ["not valid"]),
        ("a\nb {{ 'x }}", ["line 2"]),
        ("{{ lookup('file', '/no/such') }}{{ 1 / 0 }}", []),
    ],
)
def test_check_finds_mistakes_without_evaluating(value: Any, messages: list[str]) -> None:
    """Lint hears of every template that cannot work, and nothing is evaluated for it."""
    found = TEMPLAR.check(value)
    assert len(found) == len(messages)
    assert all(message in problem.what for message, problem in zip(messages, found, strict=True))
    assert all(problem.cure for problem in found)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("a == 1", None),
        ("{{ a == 1 }}", None),
        ("{{ a }} == 1", "delimiters"),
        ("a = 1", "not valid"),
        ("", "empty"),
        ("x", None),
        ("x | length > 0", None),
        ("x | first", None),
        ("x or y | length", None),
        ("not x | length", None),
        ("true", None),
        ("a is nosuch", "No test named 'nosuch'"),
        ("'{% if a %}b{% endif %}' == 'b'", "inside a string"),
    ],
)
def test_check_condition_finds_the_mistake(condition: str, message: str | None) -> None:
    """Lint hears what is wrong with a condition."""
    found = TEMPLAR.check_condition(condition)
    assert (found is None) if message is None else (found is not None and message in str(found))


@pytest.mark.parametrize("condition", ["x | length", "a + b", "'yes'", "[x]", "a ~ b", "{{ x | int }}", "-x"])
def test_a_condition_that_can_never_be_true_or_false_is_found(condition: str) -> None:
    """Whatever the variables are: no host has to be asked for that. As an expression it is fine."""
    found = TEMPLAR.check_condition(condition)
    assert found is not None
    assert "neither true nor false" in found.what
    assert TEMPLAR.check_expression(condition) is None


def test_the_nearest_name_is_the_cure() -> None:
    """Of a filter, a test and a lookup; otherwise it says what there is."""
    cures = [problem.cure for problem in TEMPLAR.check("{{ x | defualt(1) }}{{ x is defind }}{{ q('evn') }}")]
    assert cures == ["did you mean 'default'?", "did you mean 'defined'?", "did you mean 'env'?"]
