"""What tests over real SSH share."""

from collections.abc import Iterator

import pytest
from sshd import Sshd


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A server for the tests of a file that need no other."""
    with Sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server
