"""Looking variables up: which layer wins, what is rendered when, what fails when."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from remediate.errors import TemplateError, UndefinedVariable
from remediate.templating.environment import Sandbox
from remediate.templating.templar import Layer, Scope, Templar, is_template, variables_of

TEMPLAR = Templar()


def _author(**values: Any) -> Scope:
    return Scope((Layer(values),))


class Counting(Mapping[str, Any]):
    """Variables that count how often each is read."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values_, self.read = values, dict.fromkeys(values, 0)

    def __getitem__(self, key: str) -> Any:
        self.read[key] += 1
        return self.values_[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    def __len__(self) -> int:
        return len(self.values_)

    def __contains__(self, key: object) -> bool:
        return key in self.values_


def test_the_first_layer_wins() -> None:
    """The first layer that has a name wins, and `over` puts new ones in front."""
    scope = _author(a=1, b="{{ a }}").over(Layer({"a": 2}), Layer({"a": 3}))
    assert TEMPLAR.render("{{ b }}", scope) == 2


def test_a_variable_is_rendered_once() -> None:
    """However often a variable is used in one rendering, it is read and rendered once."""
    values = Counting({"a": "{{ c }}", "b": ["{{ a }}", "{{ a }}"], "c": 1})
    assert TEMPLAR.render(["{{ a }}{{ b }}", "{{ b }}", "{{ a }}"], Scope((Layer(values),)))[1:] == [
        [1, 1],
        1,
    ]
    assert values.read == {"a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize(("template", "compiled"), [("{{ a }}/{{ b }}.conf", 0), ("{{ a | upper }}", 1)])
def test_text_and_variables_alone_are_not_compiled(
    template: str, compiled: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jinja makes no program of a template that only puts texts and values of variables together."""
    made: list[object] = []
    compile_ = Sandbox.compile
    monkeypatch.setattr(Sandbox, "compile", lambda *words: made.append(words) or compile_(*words))
    assert Templar().render(template, _author(a="x", b="{{ a }}")) in ("x/x.conf", "X")
    assert len(made) == compiled


def test_a_bad_leaf_fails_only_when_used() -> None:
    """A dict with one leaf that cannot be rendered serves all its others."""
    scope = _author(
        d={"good": "{{ 1 + 1 }}", "bad": "{{ nosuch }}", "worse": "{{ 1 + 'a' }}"}, alias="{{ d }}"
    )
    assert TEMPLAR.render("{{ d.good }}{{ alias.good }}", scope) == "22"
    assert TEMPLAR.render("{{ d.bad | default('x') }}", scope) == "x"
    with pytest.raises(UndefinedVariable, match="'nosuch' is undefined, needed by 'd'"):
        TEMPLAR.render("{{ d }}", scope)
    with pytest.raises(TemplateError, match="needed by 'd'"):
        TEMPLAR.render("{{ d.worse | default('x') }}", scope)


def test_a_branch_not_taken_does_not_count() -> None:
    """A variable that is named but not used may fail."""
    scope = _author(bad="{{ nosuch }}", circle="{{ circle }}")
    assert TEMPLAR.render("{{ 1 if true else bad }}{{ 2 if true else circle }}", scope) == "12"


@pytest.mark.parametrize("order", [("base", "bin"), ("bin", "base")])
def test_a_leaf_may_name_its_neighbour(order: tuple[str, str]) -> None:
    """A leaf of a dict may use another leaf of it, before or after its own place."""
    leaves = {"base": "{{ '/opt' }}", "bin": "{{ app.base }}/bin"}
    scope = _author(app={name: leaves[name] for name in order}, top="{{ app['bin'] }}")
    assert TEMPLAR.render("{{ app.bin }}", scope) == "/opt/bin"
    assert TEMPLAR.render("{{ top }}", scope) == "/opt/bin"
    assert TEMPLAR.render("{{ app }}", scope) == {"base": "/opt", "bin": "/opt/bin"}


@pytest.mark.parametrize(
    "values",
    [
        {"a": "{{ a }}"},
        {"a": "{{ b }}", "b": "x{{ c }}", "c": "{{ a }}"},
        {"a": {"x": "{{ a.y }}", "y": "{{ a.x }}"}},
        {"a": ["{{ a }}"]},
        {"a": "{{ a is defined }}"},
        {"a": "{{ a | default(1) }}"},
    ],
)
def test_a_circle_is_a_clear_error(values: dict[str, Any]) -> None:
    """Variables that need each other in a circle give an error that says so."""
    with pytest.raises(TemplateError, match="needs itself"):
        TEMPLAR.render("{{ a }}", Scope((Layer(values),)))


def test_a_circle_in_a_branch_not_taken_does_no_harm() -> None:
    """A variable seen half done by another is asked again later."""
    scope = _author(a="{{ 1 if true else b }}", b="{{ a }}")
    assert TEMPLAR.render("{{ a }}{{ b }}", scope) == "11"


def test_long_chains_work_and_endless_ones_are_errors() -> None:
    """A chain of fifty variables renders; one too long for Python is an error, not a traceback."""
    chain = {f"v{number}": f"{{{{ v{number + 1} }}}}" for number in range(3000)} | {"v3000": "end"}
    assert TEMPLAR.render("{{ v2950 }}", Scope((Layer(chain),))) == "end"
    with pytest.raises(TemplateError):
        TEMPLAR.render("{{ v0 }}", Scope((Layer(chain),)))


def test_an_undefined_variable_names_itself_and_the_cure() -> None:
    """The error names what is undefined, what needed it, and what to do."""
    scope = _author(a="{{ b }}", b="{{ nosuch.x }}")
    with pytest.raises(UndefinedVariable) as caught:
        TEMPLAR.render("{{ a }}", scope)
    assert str(caught.value).startswith("'nosuch' is undefined, needed by 'b', needed by 'a' (set it in")
    assert isinstance(caught.value.__cause__, UndefinedVariable)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("'a' + 1", "can only concatenate"),
        ("'x' | from_json", "the filter 'from_json' failed"),
        ("1 is version('a', 'zz')", "no comparison 'zz'"),
        ("lookup('file', 'no-such')", "no file 'no-such'"),
        ("lookup('sequence', 'end=x')", "the lookup 'sequence' failed"),
        ("1 +", "not valid Jinja"),
        ("x | nosuchfilter", "No filter named 'nosuchfilter'"),
        ("x is nosuchtest", "No test named 'nosuchtest'"),
    ],
)
def test_an_error_says_what_failed(expression: str, message: str) -> None:
    """A message names the filter, test or look-up, and the template where it helps."""
    with pytest.raises(TemplateError, match=message):
        TEMPLAR.render("{{ " + expression + " }}", _author())


def test_omit_takes_away_what_it_stands_for() -> None:
    """`omit` removes a key or an item at any depth, also through a variable."""
    scope = _author(gone="{{ omit }}", d={"a": "{{ omit }}", "b": 1})
    value = {"a": "{{ gone }}", "b": [{"c": "{{ omit }}"}, "{{ gone }}"], "d": "{{ d }}"}
    assert TEMPLAR.render(value, scope) == {"b": [{}], "d": {"b": 1}}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", False),
        ("{a}", False),
        (["x", {"k": "{{ a }}"}], True),
        ("{% if %}", True),
        ("{# #}", True),
        (3, False),
    ],
)
def test_is_template_looks_at_any_depth(value: Any, expected: bool) -> None:
    """A template is found at any depth, and braces alone are none."""
    assert is_template(value) is expected


def test_variables_of_names_what_is_not_set_inside() -> None:
    """The names are those the templates need; the functions and their own variables are not among them."""
    value = {
        "a": "{{ x.y | default(z) }}",
        "b": ["{% set q = 1 %}{{ q }}{{ omit }}{{ lookup('env', w) }}", "{{"],
    }
    assert variables_of(value) == {"x", "z", "w"}


def test_many_threads_share_one_templar() -> None:
    """One Templar serves many hosts in many threads, and each gets its own answer."""
    templar = Templar()

    def work(number: int) -> Any:
        scope = Scope(
            (Layer({"host": f"h{number}"}, rendered=True), Layer({"a": "{{ host }}", "d": {"x": "{{ a }}"}}))
        )
        return templar.render("{{ d.x }}-{{ a }}", scope), templar.condition(f"a == 'h{number}'", scope)

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(work, range(300))) == [(f"h{n}-h{n}", True) for n in range(300)]
