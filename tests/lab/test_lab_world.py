import os
import subprocess
from dataclasses import replace

import pytest
from lab_clients import bytes_below

from remediate.lab import texts
from remediate.lab.draw import draw_fleet
from remediate.lab.paths import LabPaths
from remediate.lab.world import write_history, write_world


def build(directory, index=0, **changes):
    """The world of one server, without the lab around it."""
    lab = LabPaths(directory)
    server, state = draw_fleet(8, 0, None)[index]
    server = replace(server, **changes)
    write_world(lab, server, state)
    write_history(lab.of(server), state)
    return lab.of(server), state


def uname(paths, *options):
    """What the world's own uname answers."""
    command = [str(paths.world / "bin" / "uname"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.rstrip("\n")


@pytest.mark.parametrize("index", range(8))
def test_uname_answers_like_the_flavour(tmp_path, index):
    """System, release, machine and name are the server's, whether asked apart or together."""
    paths, _ = build(tmp_path, index)
    expected = paths.server.uname
    assert uname(paths) == expected["s"]
    for letter, answer in expected.items():
        assert uname(paths, f"-{letter}") == answer
    assert uname(paths, "-rs") == uname(paths, "-s", "-r") == f"{expected['s']} {expected['r']}"
    assert uname(paths, "-a").startswith(" ".join(expected[letter] for letter in "snrvm"))


def test_the_flavours_are_told_apart_by_uname():
    """The four platforms differ in what uname says, z/Linux by its machine."""
    said = {server.platform: server.uname for server, _ in draw_fleet(8, 0, None)}
    assert [said[name]["s"] for name in ("linux", "zlinux", "aix", "solaris")] == [
        "Linux",
        "Linux",
        "AIX",
        "SunOS",
    ]
    assert said["zlinux"]["m"] == "s390x" != said["linux"]["m"]


def test_uname_leaves_what_it_does_not_know_to_the_machine(tmp_path):
    """An option of no old Unix gets the real answer."""
    paths, _ = build(tmp_path)
    real = subprocess.run(["uname", "--version"], capture_output=True, text=True, check=True).stdout.rstrip(
        "\n"
    )
    assert uname(paths, "--version") == real


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    """Two labs of one seed differ in nothing but where they lie."""
    found = []
    for name in ("one", "two"):
        directory = tmp_path / name
        paths, _ = build(directory)
        text = {
            path: (content or b"").replace(str(directory).encode(), b"")
            for path, content in bytes_below(paths.world).items()
        }
        found.append(text)
    assert found[0] == found[1]


@pytest.mark.parametrize("index", range(8))
def test_history_ends_with_the_licence_that_is(tmp_path, index):
    """An expired licence has the expired line as its last word, a valid one the success line."""
    paths, state = build(tmp_path, index, has_console_log=True, renewed_before=True)
    log = paths.console_log.read_text()
    expired, renewed = log.rfind(texts.ALREADY_EXPIRED), log.rfind(texts.UPDATE_SUCCESSFUL)
    assert renewed >= 0
    assert (expired > renewed) is (state.licence == "expired")


def test_a_server_without_a_log_has_the_place_for_it(tmp_path):
    """The first answer makes the file, not the directory."""
    paths, _ = build(tmp_path, has_console_log=False)
    assert paths.console_log.parent.is_dir()
    assert not paths.console_log.exists()


def test_the_highest_build_lies_among_older_ones(tmp_path):
    """Builds are folders `V*.*.*.NNNN`, four digits each."""
    paths, _ = build(tmp_path)
    folders = sorted(path.name for path in (paths.smd_install / "program").iterdir())
    assert folders == sorted(f"{paths.server.smd_version}.{build:04d}" for build in paths.server.builds)
    assert len(folders) > 1


@pytest.mark.parametrize(
    ("where", "arguments", "why"),
    [
        ("home", ["-c", "show tasks"], "not in the data directory"),
        ("data", [], "usage"),
        ("data", ["-x", "show tasks"], "usage"),
        ("data", ["-c", "a\nb"], "one line"),
        ("data", ["-c", "x" * 1001], "too long"),
        ("data", ["-c", "show tasks"], "not running"),
    ],
)
def test_the_console_refuses_what_domino_would_not_take(tmp_path, where, arguments, why):
    """A refusal says why on stderr and leaves the world as it was."""
    paths, _ = build(tmp_path)
    before = bytes_below(tmp_path)
    command = [str(paths.program / "bin" / "server"), *arguments]
    done = subprocess.run(command, cwd=getattr(paths, where), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert why in done.stderr
    assert "LAB" in done.stderr
    assert bytes_below(tmp_path) == before


def test_the_console_takes_a_command_and_says_nothing(tmp_path):
    """Exit status 0 at once, even while nobody listens: it proves nothing."""
    paths, _ = build(tmp_path)
    lab = LabPaths(tmp_path)
    lab.run.mkdir()
    os.mkfifo(lab.console)
    command = [str(paths.program / "bin" / "server"), "-c", "show tasks"]
    done = subprocess.run(command, cwd=paths.data, capture_output=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
