"""A clock that shows the same everywhere, for the rows that print a moment."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def universal_time() -> Iterator[None]:
    """Local time is UTC for as long as these tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()
