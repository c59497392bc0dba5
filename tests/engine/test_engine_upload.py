"""Packages in a run: the plan is what the run does, the journal knows of it before, memory stays small."""

import hashlib
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from local_host import tree
from runs import Hosts, TestHost, perform, play, prepare_run

from remediate.bourne import decode

MEGABYTE = 1024 * 1024


def staging(folder: Path, content: bytes) -> str:
    """A playbook that brings a package with this content to the host."""
    (folder / "files").mkdir()
    (folder / "files" / "package.tar").write_bytes(content)
    return play(f"""
- name: stage it
  copy:
    src: package.tar
    dest: "{{{{ root }}}}/package.tar"
    checksum: "sha256:{hashlib.sha256(content).hexdigest()}"
    mode: "0640"
  register: staged
- name: it has arrived
  assert:
    that: staged.size == {len(content)}
- name: look at it
  stat:
    path: "{{{{ root }}}}/package.tar"
  register: look
- name: it is as large
  assert:
    that: look.stat.size == {len(content)} and look.stat.mode == '0640'
""")


def test_the_plan_is_the_run_and_again_there_is_nothing(tmp_path: Path) -> None:
    """Dry: the same change and diff, and no byte changed; later tasks see the file that will be there."""
    content = bytes(range(256)) * 9
    text = staging(tmp_path, content)
    dry = perform(tmp_path, text, dry_run=True, diff=True)
    assert tree(tmp_path / "root") == {}
    run = perform(tmp_path, text, diff=True)
    again = perform(tmp_path, text)
    assert (tmp_path / "root" / "package.tar").read_bytes() == content
    assert dry.status("stage it") == run.status("stage it") == "changed"
    assert dry.of("stage it").diff == run.of("stage it").diff
    assert again.status("stage it") == "ok"
    assert {each.status("it is as large") for each in (dry, run, again)} == {"ok"}
    assert again.journal.lines == []


def test_the_journal_knows_of_it_before_it_is_sent(tmp_path: Path) -> None:
    """The intent is written first, and holds no content."""
    noted: list[int] = []

    class Watching(TestHost):
        def send(self, script, pieces, **how):  # type: ignore[no-untyped-def]
            noted.append(len(ran_journal()))
            return super().send(script, pieces, **how)

    (tmp_path / "root").mkdir()
    run, ran = prepare_run(tmp_path, staging(tmp_path, b"s3cret\0"), hosts=Hosts(one=Watching("one")))

    def ran_journal() -> list[object]:
        return list(ran.journal.lines)

    run.perform()
    assert noted == [1]
    assert ran.journal.lines[0] == (
        "intend",
        ("one", "stage it", f"upload {tmp_path}/root/package.tar (7 bytes)"),
    )
    assert "s3cret" not in repr(ran.journal.lines) + repr(ran.events)


def test_another_content_on_the_host_afterwards_is_no_success(tmp_path: Path) -> None:
    """The sum is asked again when the change is said to have been made."""

    class Lying(TestHost):
        def send(self, script, pieces, **how):  # type: ignore[no-untyped-def]
            output = super().send(script, pieces, **how)
            (tmp_path / "root" / "package.tar").write_bytes(b"another")
            return output

    ran = perform(tmp_path, staging(tmp_path, b"content"), hosts=Hosts(one=Lying("one")))
    assert ran.status("stage it") == "failed"
    assert "did not converge" in ran.of("stage it").message


def test_the_wrong_package_contacts_nobody(tmp_path: Path) -> None:
    """The local file is summed before the host is asked anything for the task."""
    text = staging(tmp_path, b"content")
    (tmp_path / "files" / "package.tar").write_bytes(b"Content")

    def never(_scripts: Sequence[str]) -> None:
        pytest.fail("the host was asked")

    text = text.partition("    - name: it has arrived")[0]
    ran = perform(tmp_path, text, hosts=Hosts(one=TestHost("one", before=never)))
    assert ran.status("stage it") == "failed"
    assert hashlib.sha256(b"Content").hexdigest() in ran.of("stage it").message


def test_no_script_holds_the_content(tmp_path: Path) -> None:
    """Whatever is in a package travels beside the scripts, never in them."""
    ran = perform(tmp_path, staging(tmp_path, b"CONTENT" * 1000))
    scripts = "".join(script for batch in ran.hosts.made["one"].sent for script in batch)
    assert "CONTENT" not in scripts
    assert decode(scripts.encode()).count("sha256sum") >= 2


def test_memory_is_bounded(tmp_path: Path) -> None:
    """A package of 64 MB is measured, sent and proven with a few megabytes of memory."""
    text = staging(tmp_path, bytes(64 * MEGABYTE))
    tracemalloc.start()
    try:
        ran = perform(tmp_path, text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ran.status("stage it") == "changed"
    assert peak < 16 * MEGABYTE
