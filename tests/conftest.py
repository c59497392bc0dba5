"""What holds for all tests.

Property tests draw new examples in each run; where `CI` is set, hypothesis draws the same ones each time.
"""

import pytest
from hypothesis import settings
from needs import require_root

# A busy machine may take any time for an example; `settings()` is what hypothesis has chosen, for CI or not.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _root(request: pytest.FixtureRequest) -> None:
    """A test marked `root` makes files of other owners."""
    if request.node.get_closest_marker("root") is not None:
        require_root()
