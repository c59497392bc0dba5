"""The nearest name to one that is mistyped."""

from remediate.spelling import nearest


def test_the_nearest_name_is_suggested_or_none() -> None:
    """A slip of the finger is recognized; something else altogether is not."""
    assert nearest("lniux", ["linux", "aix"]) == "did you mean 'linux'?"
    assert nearest("windows", ["linux", "aix"]) is None
