import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from lab_clients import ask, bytes_below, of_case, run_on, say, size, until
from needs import require

from remediate.lab import lab_down, lab_up, person, texts
from remediate.lab.articles import ARTICLE_PLATFORMS
from remediate.lab.articleworld import pattern_name
from remediate.lab.documents import Store, living
from remediate.lab.state import read_commands, read_state
from remediate.lab.surroundings import installed_build


@pytest.fixture(scope="module")
def variables(articles):
    """Each host's variables, as a playbook sees them."""
    everything = yaml.safe_load(articles.paths.inventory.read_text())["all"]
    groups = [everything["children"][platform] for platform in ARTICLE_PLATFORMS]
    return {
        name: {**everything["vars"], **group["vars"], **own}
        for group in groups
        for name, own in group["hosts"].items()
    }


def test_a_query_changes_nothing_but_the_log(articles):
    """On every server, IBM i and partitions included, questions are answered and leave no other trace."""
    for server in articles.servers[:12]:
        paths = articles.paths.of(server)
        before, log = bytes_below(paths.world), str(paths.console_log.relative_to(paths.world))
        assert f"Server directory:       {paths.data}" in ask(articles, server, "show server", "Pending mail")
        after = bytes_below(paths.world)
        assert after.pop(log).startswith(before.pop(log, b""))
        assert after == before


def test_partitions_answer_each_in_its_own_log(articles):
    """One machine, one port, one program: the directory decides who is meant."""
    second = next(server for server in articles.servers if server.host)
    first = next(server for server in articles.servers if server.name == second.host)
    assert first.port == second.port
    ask(articles, second, "show tasks", "Replicator")
    assert "show tasks" in read_commands(articles.paths.of(second))
    logs = [articles.paths.of(server).console_log for server in (first, second)]
    assert logs[0] != logs[1]


def test_ibm_i_speaks_ebcdic_through_system(articles):
    """The CL template of the inventory reaches the console; its log is not ASCII."""
    server = next(one for one in articles.servers if one.platform == "ibmi")
    answer = ask(articles, server, "show tasks", "Replicator")
    assert "Task                 Description" in answer
    assert b"Description" not in articles.paths.of(server).console_log.read_bytes()
    assert run_on(articles, server, 'system "CRTLIB LIB(X)"')[0] == 255
    assert "OS400" in run_on(articles, server, "uname -a")[1].decode()


def test_windows_answers_into_a_file(articles):
    """What stands after `>` gets the whole answer and nothing else; the log stays as it is."""
    server = next(one for one in articles.servers if one.platform == "windows")
    paths = articles.paths.of(server)
    file, before = paths.home / "answer.txt", size(paths.console_log)
    assert say(articles, server, f"show server >{file}") == (0, b"", b"")
    until(lambda: file.exists() and "Pending mail" in file.read_text(), "the answer")
    assert file.read_text().splitlines()[0].startswith("Lotus Domino")
    assert size(paths.console_log) == before
    outside = articles.paths.directory / "outside.txt"
    ask(articles, server, f"show server >{outside}", "Pending mail")
    assert not outside.exists()


def test_a_start_script_gives_commands_and_status(articles, variables):
    """`cmd` sends and shows the log's end; a status of 3 means that the server runs."""
    server = next(one for one in articles.servers if one.site.start_script)
    script = f"'{variables[server.name]['domino_console']['script']}'"
    assert run_on(articles, server, f"{script} status")[0] == 3
    status, out, _ = run_on(articles, server, f"{script} cmd 'show server' 200")
    assert status == 0
    assert b"Pending mail" in out


def test_spokes_get_the_licence_by_a_pull(articles):
    """The hub renews, then a pull brings documents and licence, on partitions as well; not before."""
    hub = of_case(articles, "hub")
    spokes = [server for server in articles.servers if server.site.hub == hub.name]
    assert len(spokes) == 3
    command = f'pull "{hub.name}/Lab" smd/smconf.nsf'
    assert "0 documents changed" in ask(articles, spokes[0], command, "finished")
    assert read_state(articles.paths.of(spokes[0])).licence == "expired"
    ask(articles, hub, "tell smdreal checkac", texts.UPDATE_SUCCESSFUL)
    for spoke in spokes:
        answer = ask(articles, spoke, command, "finished")
        assert "3 documents changed" in answer
        assert "queued" in answer
        assert read_state(articles.paths.of(spoke)).licence == "valid"
    hubs = Store(articles.paths.of(hub).documents).read()
    assert set(map(repr, Store(articles.paths.of(spokes[-1]).documents).read())) == set(map(repr, hubs))


def test_what_happens_amid_an_answer_is_kept(articles):
    """The replicator brings the licence while smdreal is being loaded: neither undoes the other."""
    hub = of_case(articles, "hub with duplicates")
    (spoke,) = [server for server in articles.servers if server.site.hub == hub.name]
    documents = Store(articles.paths.of(hub).documents).read()
    old = next(one for one in living(documents) if one.fields.get("LABExpires") == "2014-02-28")
    person.delete_license(articles.paths.directory, hub.name, old.unid)
    say(articles, spoke, f'pull "{hub.name}/Lab" smd/smconf.nsf')
    ask(articles, spoke, "load smdreal", texts.UPDATE_NO_ROUTE)
    paths = articles.paths.of(spoke)
    until(lambda: read_state(paths).licence == "valid", "the licence")
    say(articles, spoke, "load SMDmon")
    until(lambda: "SMDmon" in read_state(paths).tasks, "SMDmon")
    assert read_state(paths).licence == "valid"


def test_a_console_goes_on_while_the_replicator_works(articles):
    """Replication is not waited for: another command is answered meanwhile."""
    server = of_case(articles, "hub with duplicates")
    say(articles, server, f'pull "{articles.servers[0].name}/Lab" smd/smconf.nsf')
    ask(articles, server, "show server", "Pending mail")
    log = articles.paths.of(server).console_log
    until(lambda: "finished" in log.read_text(), "the replicator's end")


def test_a_failing_update_works_once_the_check_is_off(articles):
    """The site's line in its section is what counts, and a pattern comes."""
    server = of_case(articles, "update fails on the old certificate")
    paths = articles.paths.of(server)
    assert texts.DOWNLOAD_FAILED in ask(articles, server, "load SMDupd", "SMDupd: Unable")
    line = "LABCheckCertificate=0"
    person.edit_configuration(
        articles.paths.directory,
        server.name,
        lambda text: text.replace("[LABEnd]", f"; {line}\n[LABEnd]\n{line}"),
    )
    assert texts.DOWNLOAD_FAILED in ask(articles, server, "load SMDupd", "SMDupd: Unable")
    person.edit_configuration(
        articles.paths.directory,
        server.name,
        lambda text: text.replace("LABRetries=3", f"{line}\nLABRetries=3"),
    )
    ask(articles, server, "load SMDupd", "SMDupd: LAB: components")
    assert (paths.patterns / pattern_name(700)).is_file()


def test_a_history_has_failures_from_before_the_remedy(articles):
    """A patched server's log has the failure, too, but not as its last word."""
    for case, failing in (("patched", False), ("SMLD 5.0", True)):
        servers = [one for one in articles.servers if one.site.case == case and one.has_console_log]
        for server in servers:
            paths = articles.paths.of(server)
            log = paths.console_log.read_bytes().decode(server.log_encoding)
            failed, worked = log.rfind(texts.DOWNLOAD_FAILED), log.rfind("SMDupd: LAB: components")
            assert failed >= 0
            assert (failed > worked) is failing


def install(fleet, server, own):
    """Copy the package by hand and run the inventory's command."""
    shutil.copy(own["hotfix_package"], own["staging_dir"])
    return run_on(fleet, server, f"cd '{own['staging_dir']}' && {own['hotfix_command']}")


def test_a_hot_fix_refuses_while_tasks_are_loaded(articles, variables):
    """Tasks are ended by the console first; then it installs the build that the inventory names, once."""
    server = of_case(articles, "not renewed, smdreal running")
    paths, own = articles.paths.of(server), variables[server.name]
    package = Path(own["hotfix_package"])
    assert hashlib.sha256(package.read_bytes()).hexdigest() == own["hotfix_sha256"]
    status, _, err = install(articles, server, own)
    assert status == 1
    assert b"is loaded" in err
    for task in ("smdreal", "smdmon", "smdsch"):
        ask(articles, server, f"tell {task} quit", "shutdown complete")
    status, out, err = install(articles, server, own)
    assert (status, err) == (0, b"")
    assert b"installed" in out
    assert installed_build(paths) == own["hotfix_build"]
    assert not Path(own["hotfix_marker"]).exists()
    assert b"already" in install(articles, server, own)[1]


def test_an_interrupted_hot_fix_is_taken_up_again(articles, variables):
    """Its folder is there and its marker, too; nothing loads until it has been run again."""
    server = of_case(articles, "hot fix interrupted")
    paths, own = articles.paths.of(server), variables[server.name]
    assert Path(own["hotfix_marker"]).exists()
    assert list((paths.smd_install / "program").glob("V*.5716"))
    assert installed_build(paths) < 5716
    ask(articles, server, "load smdreal", "interrupted")
    assert b"interrupted" in install(articles, server, own)[1]
    assert installed_build(paths) == 5716
    assert not Path(own["hotfix_marker"]).exists()


def test_a_pattern_by_hand_is_in_the_banner_after_a_reload(articles, variables):
    """A file that is not whole does not count."""
    server = of_case(articles, "valid, smdreal not loaded")
    own = variables[server.name]
    target = Path(own["pattern_directory"]) / Path(own["pattern_package"]).name
    assert target.name == "lpt$vpn.999"
    target.write_text("LAB: half of it")
    assert "LAB 1.999" not in ask(articles, server, "load smdreal", "Online update")
    ask(articles, server, "tell smdreal quit", "shutdown complete")
    shutil.copy(own["pattern_package"], target)
    assert "Virus pattern file version:LAB 1.999" in ask(articles, server, "load smdreal", "version:")


def test_the_way_of_the_trial_key(articles):
    """Grace over: a trial key lets smdreal start and renew, and is there until it is taken out."""
    server = of_case(articles, "grace over")
    paths, directory = articles.paths.of(server), articles.paths.directory
    ask(articles, server, "load smdreal", "grace period is over")
    person.enter_trial_key(directory, server.name)
    person.enter_trial_key(directory, server.name)
    ask(articles, server, "load smdreal", texts.UPDATE_SUCCESSFUL)
    assert read_state(paths).licence == "valid"
    assert len(living(Store(paths.documents).read(), "LABLicense")) == 2
    person.remove_trial_key(directory, server.name)
    assert len(living(Store(paths.documents).read(), "LABLicense")) == 1


@pytest.mark.parametrize(
    "case",
    ["proxy missing", "proxy wrong", "proxy right for the licence alone", "proxy right for the server alone"],
)
def test_a_proxy_must_be_right_in_both_places(articles, case):
    """As the article says: until both are right, the licence servers cannot be reached."""
    server = of_case(articles, case)
    command = (
        "tell smdreal checkac" if read_state(articles.paths.of(server)).smdreal_running else "load smdreal"
    )
    ask(articles, server, command, texts.UPDATE_NO_ROUTE)
    person.set_proxy(articles.paths.directory, server.name)
    ask(articles, server, command, texts.UPDATE_SUCCESSFUL)


@pytest.mark.parametrize(
    ("case", "arrives"),
    [
        ("no internet, TMCM agent", True),
        ("no internet, old TMCM agent", False),
        ("no internet, no TMCM agent", False),
        ("no internet, TMCM agent on Windows", True),
        ("no internet, TMCM agent on Windows, too old", False),
        ("no internet, TMCM agent on Windows before its service pack", False),
    ],
)
def test_a_licence_from_tmcm_needs_the_right_agent(articles, case, arrives):
    """The deployment is a person's; whether it arrived shows on the server."""
    server = of_case(articles, case)
    ask(articles, server, "load smdreal", texts.UPDATE_NO_ROUTE)
    assert person.deploy_license_profiles(articles.paths.directory, server.name) is arrives
    assert (read_state(articles.paths.of(server)).licence == "valid") is arrives


def test_duplicates_are_in_the_way_until_one_is_left(articles):
    """The update fails while a platform has two licences."""
    server = of_case(articles, "duplicates: one renewed")
    paths = articles.paths.of(server)
    ask(articles, server, "load smdreal", texts.UPDATE_DUPLICATES)
    old = [
        one for one in living(Store(paths.documents).read()) if one.fields.get("LABExpires") == "2014-02-28"
    ]
    person.delete_license(articles.paths.directory, server.name, old[0].unid)
    ask(articles, server, "load smdreal", texts.UPDATE_SUCCESSFUL)


def test_up_again_finds_documents_and_http_as_they_were(tmp_path):
    """Ports and documents are kept from one start to the next, behind OpenSSH as well."""
    require("sshd", "ssh")
    fleet = lab_up(tmp_path / "lab", hosts=20, seed=1, story="articles")
    lab_down(tmp_path / "lab")
    again = lab_up(tmp_path / "lab", hosts=20, seed=1, story="articles", sshd="openssh")
    try:
        assert again.servers == fleet.servers
        server = next(one for one in again.servers if (one.site.http, one.site.tls) == ("basic", "off"))
        key = str(again.paths.private_key)
        forward = ["ssh", "-F", "none", "-i", key, "-o", "BatchMode=yes", "-p", str(server.port)]
        forward += [
            "-o",
            f"UserKnownHostsFile={again.paths.known_hosts}",
            "-W",
            f"localhost:{server.site.http_port}",
        ]
        done = subprocess.run(
            [*forward, f"{again.user}@127.0.0.1"],
            input=b"GET / HTTP/1.0\r\n\r\n",
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert b"401" in done.stdout.splitlines()[0]
    finally:
        lab_down(tmp_path / "lab")
