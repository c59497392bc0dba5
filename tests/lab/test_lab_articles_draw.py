from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.errors import UsageError
from remediate.lab import lab_up
from remediate.lab.articles import ARTICLE_PLATFORMS, case_names, draw_articles
from remediate.lab.documents import duplicated, licences, proxy_is_right
from remediate.lab.draw import MINIMUM_BUILDS
from remediate.lab.site import PATCHED_BUILD

SEEDS = st.integers(0, 10**6)


@settings(max_examples=25)
@given(st.integers(1, 60), SEEDS)
def test_the_same_numbers_draw_the_same_servers(hosts, seed):
    """A lab of both articles can be drawn again, and has as many servers as were asked for."""
    drawn = draw_articles(hosts, seed)
    assert drawn == draw_articles(hosts, seed)
    assert len({each.server.name for each in drawn}) == hosts


@settings(max_examples=25)
@given(st.integers(40, 60), SEEDS)
def test_forty_hosts_have_every_case_on_every_platform(hosts, seed):
    """However the seed falls, no state of the articles is missing."""
    drawn = draw_articles(hosts, seed)
    assert {each.server.site.case for each in drawn} >= case_names()
    assert {each.server.platform for each in drawn} == set(ARTICLE_PLATFORMS)


@settings(max_examples=25)
@given(SEEDS)
def test_a_case_is_what_its_name_says(seed):
    """Documents, builds and routes agree with the case that they were drawn for."""
    for each in draw_articles(40, seed):
        site, build = each.server.site, max(each.server.builds)
        case = site.case
        if site.role != "spoke":
            assert duplicated(each.documents) is ("duplicates" in case)
        assert (build < MINIMUM_BUILDS[each.server.platform]) is (case == "build too old")
        assert proxy_is_right(each.documents) is (case == "proxy right")
        assert bool(licences(each.documents, "LAB trial")) is (case == "trial key left")
        if case in {"update fails on the old certificate", "hot fix interrupted"}:
            assert site.affected(each.server.platform)
            assert build < PATCHED_BUILD
        assert not (site.product == "SMID" and site.affected(each.server.platform))


@settings(max_examples=25)
@given(SEEDS)
def test_spokes_have_replicas_of_their_hubs_documents(seed):
    """Hub and spokes begin with the same documents; a second partition shares its machine alone."""
    drawn = {each.server.name: each for each in draw_articles(40, seed)}
    spokes = [each for each in drawn.values() if each.server.site.role == "spoke"]
    assert len(spokes) == 4
    for spoke in spokes:
        hub = drawn[spoke.server.site.hub]
        assert hub.server.site.role == "hub"
        assert spoke.documents == hub.documents
    (second,) = [each.server for each in spokes if each.server.host]
    first = drawn[second.host].server
    assert second.domino_program == first.domino_program
    assert second.domino_data != first.domino_data
    assert second.smd_install != first.smd_install


def test_the_articles_have_no_share_of_unpaid_licences(tmp_path):
    """A parameter of the other story is refused, not ignored."""
    with pytest.raises(UsageError, match="share of licences"):
        lab_up(tmp_path / "lab", story="articles", not_renewed=1)


def test_another_story_in_the_same_place_is_refused(resting):
    """A lab stays the lab that it was."""
    with pytest.raises(UsageError, match="its story is license"):
        lab_up(resting.paths.directory, hosts=1, story="articles")


def test_the_inventory_has_what_the_articles_need(articles):
    """Files and directories that it names are there, partitions share a port, and hubs know their spokes."""
    everything = yaml.safe_load(articles.paths.inventory.read_text())["all"]
    children = everything["children"]
    hosts = {name: own for group in ARTICLE_PLATFORMS for name, own in children[group]["hosts"].items()}
    assert set(hosts) == {server.name for server in articles.servers}
    for server in articles.servers:
        own, paths = hosts[server.name], articles.paths.of(server)
        assert own["smd_configuration"] == str(paths.configuration)
        assert paths.configuration.is_file()
        assert paths.patterns.is_dir()
        assert own["pattern_directory"] == str(paths.patterns)
        assert ("hotfix_package" in own) is (own["smd_product"] != "SMID")
        assert ("domino_http" in own) is (server.site.http != "off")
        assert own.get("domino_console_log", str(paths.console_log)) == str(paths.console_log)
        console = own.get("domino_console", {})
        assert Path(console.get("script", paths.home)).exists()
        assert ("encoding" in console) is (server.platform == "ibmi")
        assert ("domino_log_date_format" in own) is (server.log_date != "none")
        if server.host:
            assert own["ansible_port"] == hosts[server.host]["ansible_port"]
    assert set(children["hubs"]["hosts"]) == {own.get("domino_hub", "") for own in hosts.values()} - {""}
    for value in everything["vars"], *hosts.values():
        assert None not in value.values()
