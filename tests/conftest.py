"""What holds for all tests.

Property tests draw new examples in each run; where `CI` is set, hypothesis draws the same ones each time.
"""

import pytest
from hypothesis import HealthCheck, settings
from local_host import SHELLS
from needs import require, require_root

# A busy machine may take any time to draw and to try an example; `settings()` is what hypothesis has chosen,
# for CI or not.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a test needs must be there: the shell, or the real sshd, that its parameters name; and root.

    A test marked `root` makes files of other owners.
    """
    if item.get_closest_marker("root") is not None:
        require_root()
    params = item.callspec.params if hasattr(item, "callspec") else {}
    if params.get("shell") in SHELLS:
        require(SHELLS[params["shell"]][0])
    if "openssh" in params.values():
        require("sshd")
