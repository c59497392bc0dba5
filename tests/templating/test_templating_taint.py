"""What templates make of secrets: known as a secret from then on, and nothing else with it."""

import re

import pytest
from filter_chains import CHAINS, expression
from hypothesis import given
from hypothesis import strategies as st

from remediate.derived import Derived
from remediate.secrecy import MASK, Redactor
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar

PASSWORD = "open-sesame"
VARIABLES = {
    "door_password": PASSWORD,
    "users": [{"name": "annabel", "password": PASSWORD}, {"name": "bobby", "password": "other-one"}],
    "settings": {"port": 8080, "password": PASSWORD},
    "proxy": f"http://user:{PASSWORD}@proxy.example:8080/x",
    "letters": "{{ door_password | list }}",
    "loud": "{{ door_password | upper }}",
    "number_password": 471100,
}


class Watched:
    """A templar that knows a secret, and what came of it."""

    def __init__(self, **secrets: str) -> None:
        self.redactor = Redactor(secrets.values())
        self.derived = Derived(secrets.items(), self.redactor)
        self.templar = Templar(derived=self.derived)

    def render(self, template: str, variables: dict[str, object]) -> object:
        """What it gives."""
        return self.templar.render(template, Scope((Layer(variables),)))

    @property
    def made(self) -> set[str]:
        """What is secret by now."""
        return {text for _, text in self.derived.made}


def telling(text: str) -> bool:
    """Whether every few letters of a text tell something: what is as empty as `aaaa` is not masked."""
    return all(len(set(text[start : start + 4])) > 2 for start in range(len(text) - 3))


@given(st.text("abcdeoXYZ0189-_/+&'\"äß ", min_size=6, max_size=20).filter(telling), CHAINS)
def test_nothing_of_a_chain_is_left(secret: str, chain: list[str]) -> None:
    """Whatever is made of a secret is masked, and is the same as where no secret is known."""
    template = "{{ " + expression("door_password", chain) + " }}"
    variables = {"door_password": secret}
    plain = str(Templar().render(template, Scope((Layer(variables),))))
    watched = Watched(door_password=secret)
    assert str(watched.render(template, variables)) == plain
    left = watched.redactor.redact(f"<{plain}>").replace(MASK, " ")
    told = watched.templar.shown() or len(set(plain)) < 4
    assert told or all(sum(map(str.isalnum, each)) < 4 for each in re.findall(r"[\w./-]+", left))


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ("{{ loud }}", {"OPEN-SESAME"}),
        ("it's {{ door_password[:9] }}", {"open-sesa"}),
        ("{% for each in door_password %}{{ each | upper }}{% endfor %}", {"OPEN-SESAME"}),
        ("{{ letters | reverse | join }}", {"emases-nepo"}),
        ("{{ letters | join }}", set()),
        ("{{ (proxy | urlsplit).password | title }}", {"Open-Sesame"}),
        ("{{ users | map(attribute='password') | first | upper }}", {"OPEN-SESAME"}),
        ("{{ '%s!' | format(door_password | capitalize) }}", {"Open-sesame"}),
        ("{{ '{}'.format(door_password)[2:8] }}", {"en-ses"}),
        ("{{ number_password + 11 }}", {"471111"}),
        ("{{ number_password + 6344 }}", {"477444"}),
        ("{{ (door_password ~ ' x') | b64encode | b64decode }}", {"b3Blbi1zZXNhbWUgeA=="}),
        ("{{ {'type': 'x', 'key': door_password | upper} | to_json | from_json }}", {"OPEN-SESAME"}),
    ],
)
def test_what_is_made_of_a_secret(template: str, made: set[str]) -> None:
    """Just that is a secret as well, also by the way of other variables, loops, and methods of texts."""
    watched = Watched(door_password=PASSWORD, number_password="471100")
    watched.render(template, VARIABLES)
    assert watched.made == made
    assert watched.templar.shown() == ()


@pytest.mark.parametrize(
    "template",
    [
        "{{ users | map(attribute='name') | join(', ') }}",
        "{{ settings | to_nice_yaml }} {{ settings | to_json }} {{ settings | dict2items }}",
        "{{ settings.port }}",
        "{{ proxy | urlsplit('hostname') }} {{ (proxy | urlsplit).port }}",
        "{{ door_password | ternary('a secret', 'no secret') }} {{ door_password | default('none at all') }}",
        "{{ door_password | length }} {{ door_password is defined }} {{ door_password | bool }}",
        "{{ door_password | regex_replace('.', '*') }}",
        "{{ 'set' if door_password else 'not set' }} {{ '%-20s|' | format(door_password) }}",
        "{{ users | rejectattr('password', 'equalto', door_password) | map(attribute='name') | list }}",
        "{{ 'public' | upper }} {{ [1, 2] | join('-') }}",
    ],
)
def test_what_is_not_secret(template: str) -> None:
    """What stood beside a secret, its length, and whether there is one, may be seen."""
    watched = Watched(door_password=PASSWORD)
    watched.render(template, VARIABLES)
    assert watched.made == set()
    assert watched.templar.shown() == ()


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ door_password[:3] }}", True),
        ("begins with {{ door_password[0] }}", True),
        ("{{ door_password | list }}", True),
        ("{% for each in door_password %}{{ each }} {% endfor %}", True),
        ("{{ door_password[:3] == 'ope' }}", False),
        ("{{ (door_password[:3] ~ 'x') | length }}", False),
    ],
)
def test_a_piece_that_is_too_short(template: str, shown: bool) -> None:
    """It cannot be masked without half of every text; who shows it is told."""
    watched = Watched(door_password=PASSWORD)
    watched.render(template, VARIABLES)
    assert watched.templar.shown() == (("door_password",) if shown else ())
    assert watched.templar.shown() == ()
    assert all(len(text) >= 4 for text in watched.made)


def test_what_is_made_of_two_secrets() -> None:
    """It names both, and once it is known in another part of the run, it is found there."""
    watched = Watched(door_password=PASSWORD, gate_token="hush-hush")
    watched.render(
        "{{ (door_password ~ gate_token) | hash('md5') }}", {**VARIABLES, "gate_token": "hush-hush"}
    )
    ((names, text),) = watched.derived.made
    assert names == "door_password, gate_token"
    assert watched.redactor.redact(f"x{text}y") == f"x{MASK}y"
    later = Derived([("door_password", PASSWORD)])
    later.add_all(watched.derived.made)
    assert later.inside({"a": [f"{text}!"]}) == watched.derived.made
    assert later.inside({"a": [PASSWORD]}) == ()


def test_what_gets_a_secret_name_later() -> None:
    """A variable whose name says so is secret once its template has given a value."""
    watched = Watched()
    variables = {
        "said": "hush-hush",
        "late_password": "{{ said }}-1",
        "nested": [{"name": "{{ said }}x", "tokens": ["{{ said }}-2"]}],
    }
    assert watched.render("{{ late_password | upper }} {{ nested[0].name }}", variables)
    assert watched.made == {"hush-hush-1", "HUSH-HUSH-1", "hush-hush-2"}
