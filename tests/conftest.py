"""What holds for all tests.

Property tests draw new examples in each run; where `CI` is set, hypothesis draws the same ones each time.
"""

import pytest
from needs import require_root


@pytest.fixture(autouse=True)
def _root(request: pytest.FixtureRequest) -> None:
    """A test marked `root` makes files of other owners."""
    if request.node.get_closest_marker("root") is not None:
        require_root()
