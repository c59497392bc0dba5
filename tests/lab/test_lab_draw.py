from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import UsageError
from remediate.lab.draw import LINUX_MINIMUM_BUILD, PLATFORMS, draw_fleet

SEEDS = st.integers(0, 10**6)
MINIMUM = {"linux": LINUX_MINIMUM_BUILD, "zlinux": LINUX_MINIMUM_BUILD, "aix": 3504, "solaris": 3540}


@given(st.integers(1, 40), SEEDS)
def test_the_same_numbers_draw_the_same_fleet(hosts, seed):
    """A lab can be drawn again on another machine."""
    assert draw_fleet(hosts, seed, None) == draw_fleet(hosts, seed, None)


@given(st.integers(8, 40), SEEDS)
def test_eight_hosts_are_in_every_state_and_on_every_platform(hosts, seed):
    """Every licence state is there with smdreal running and not, however the seed falls."""
    drawn = draw_fleet(hosts, seed, None)
    assert {(s.licence, s.renewed_on_portal, s.smdreal_running) for _, s in drawn} == {
        (licence, renewed, running)
        for licence, renewed in (("valid", True), ("expired", True), ("expired", False))
        for running in (True, False)
    }
    assert {server.platform for server, _ in drawn} == set(PLATFORMS)
    assert {server.has_console_log for server, _ in drawn} == {True, False}


@given(st.integers(1, 40).flatmap(lambda hosts: st.tuples(st.just(hosts), st.integers(0, hosts))), SEEDS)
def test_as_many_licences_as_asked_for_are_not_renewed(numbers, seed):
    """The demo asks for none, so that its story ends well."""
    hosts, not_renewed = numbers
    drawn = draw_fleet(hosts, seed, not_renewed)
    assert Counter(state.renewed_on_portal for _, state in drawn)[False] == not_renewed
    assert len({server.name for server, _ in drawn}) == hosts


@given(st.integers(1, 40), SEEDS)
def test_every_build_is_high_enough_and_not_the_only_one(hosts, seed):
    """The highest build meets the article's minimum of its platform, and older ones lie beside it."""
    for server, _ in draw_fleet(hosts, seed, None):
        assert max(server.builds) >= MINIMUM[server.platform] > min(server.builds)


def test_seeds_differ():
    """Another seed gives another fleet."""

    def without_source(seed):
        return [(replace(server, random_seed=""), state) for server, state in draw_fleet(8, seed, None)]

    assert without_source(1) != without_source(2)


@pytest.mark.parametrize(("hosts", "not_renewed"), [(0, None), (1000, None), (-1, 0), (3, 4), (3, -1)])
def test_impossible_numbers_are_refused(hosts, not_renewed):
    """A mistake in a number is the user's to mend, and the error says how."""
    with pytest.raises(UsageError) as caught:
        draw_fleet(hosts, 0, not_renewed)
    assert caught.value.cure
