"""What holds for all tests.

Property tests draw new examples in each run; where `CI` is set, hypothesis draws the same ones each time.
"""

import pytest
from hypothesis import settings
from local_host import SHELLS
from needs import require, require_root

# A busy machine may take any time for an example; `settings()` is what hypothesis has chosen, for CI or not.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a test's parameters name must be there: a shell, or a real sshd behind a lab."""
    for name, value in item.callspec.params.items() if hasattr(item, "callspec") else ():
        if name == "shell" and value in SHELLS:
            require(SHELLS[value][0])
        if name in ("sshd", "fleet") and value == "openssh":
            require("sshd")


@pytest.fixture(autouse=True)
def _root(request: pytest.FixtureRequest) -> None:
    """A test marked `root` makes files of other owners."""
    if request.node.get_closest_marker("root") is not None:
        require_root()
