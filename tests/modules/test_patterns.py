"""`creates` and `removes` of commands as patterns: what they stand for, and what a dry run makes of them."""

import glob
from pathlib import Path

import hostile
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from module_view import Here, Told, built

from remediate.effects.run import Run
from remediate.facts.files import Listing
from remediate.modules.patterns import fixed_part, is_there, looked_at

NAMES = ("a", "ab", ".a", "a[b]", "b*", "c\nd", "-a", "*")
STEPS = st.text(st.sampled_from("ab*?[]!.c\n-"), min_size=1, max_size=4).filter(
    lambda s: s not in (".", "..")
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=st.lists(STEPS, min_size=1, max_size=3))
def test_a_pattern_finds_what_ansible_finds(tmp_path: Path, steps: list[str]) -> None:
    """That is what Python's glob finds; and a path that is there as it is written is found as well."""
    for name in NAMES:
        (tmp_path / name / "ab").mkdir(parents=True, exist_ok=True)
    if not (tmp_path / "a" / "c").is_symlink():
        (tmp_path / "a" / "c").symlink_to("nowhere")
    path = "/".join((str(tmp_path), *steps))
    if is_there(Here(), path) != bool(glob.glob(path)):  # noqa: PTH207 - it is the measure
        assert is_there(Here(), path)
        assert any(step in NAMES and set(step) & set("*?[") for step in steps)


@pytest.mark.parametrize("name", hostile.NAMES[:10])
def test_hostile_directories_hold_what_a_pattern_finds(tmp_path: Path, name: str) -> None:
    """Whatever is in a path before the pattern and after it, nothing of it is read by a shell."""
    (tmp_path / name / "x1" / name).mkdir(parents=True)
    assert is_there(Here(), f"{glob.escape(str(tmp_path / name))}/x?")
    assert is_there(Here(), f"{tmp_path}/{glob.escape(name)}/*/{glob.escape(name)}")
    assert not is_there(Here(), f"{tmp_path}/{glob.escape(name)}/y*/{glob.escape(name)}")


def test_the_directory_of_a_pattern_is_asked_for() -> None:
    """With all the rest, once; a path that is none is asked for itself."""
    assert looked_at("/t/x*/y?") == Listing("/t")
    assert (fixed_part("/t/x*/y"), fixed_part("/*"), fixed_part("/t/x")) == ("/t", "/", "/t/x")


@pytest.mark.parametrize(("names", "runs"), [(("x1.done",), False), (("x1",), True), (None, True)])
def test_a_command_does_not_run_where_a_pattern_finds_something(
    names: tuple[str, ...] | None, runs: bool
) -> None:
    """Its effect guards no pattern, and changes whatever lies in the directory."""
    module = built("command", cmd="make", creates="/t/*.done", changes=["/m"])
    view = Told({Listing("/t"): names})
    assert list(module.probe()) == [Listing("/t")]
    effects = list(module.decide(view))
    assert len(effects) == runs
    for effect in effects:
        assert isinstance(effect, Run)
        assert effect.creates is None
        assert effect.touches() == {"/m", "/t"}
