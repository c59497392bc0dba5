"""One fleet of eight behind each kind of SSH server, for all tests that do not take it down."""

import pytest

from remediate.lab import lab_down, lab_up


@pytest.fixture(scope="session", params=["embedded", "openssh"])
def fleet(request, tmp_path_factory):
    """A lab that is up, once for each kind."""
    # A blank and a percent sign in the path are as likely as not on a user's machine.
    directory = tmp_path_factory.mktemp("lab") / f"of 100% {request.param}"
    fleet = lab_up(directory, sshd=request.param)
    yield fleet
    assert lab_down(directory)


@pytest.fixture
def server(fleet):
    """Any one of its servers."""
    return fleet.servers[0]


@pytest.fixture(scope="session")
def resting(tmp_path_factory):
    """The files of a lab of one host that is down."""
    directory = tmp_path_factory.mktemp("resting")
    fleet = lab_up(directory, hosts=1)
    lab_down(directory)
    return fleet


@pytest.fixture(scope="session")
def articles(tmp_path_factory):
    """Forty servers in every state of both articles; a test changes only servers of its own case."""
    directory = tmp_path_factory.mktemp("articles") / "of 100%"
    yield lab_up(directory, hosts=40, seed=4, story="articles")
    assert lab_down(directory)
