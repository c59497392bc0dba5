"""What the system says of itself, and the checksum that every system has."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import NOBODY, SHELLS, answer, run

from remediate.errors import TaskFailed
from remediate.facts.base import Output
from remediate.facts.cksum import cksum
from remediate.facts.system import Identity, System

ANSWERS = {
    b"uid=205(notes) gid=1(staff) groups=0(system)": "notes",
    b"uid=1001(notes) gid=1(other)": "notes",
    b"uid=70001(EXAMPLE\\admin user) gid=70513(EXAMPLE\\domain users)": "EXAMPLE\\admin user",
    b"uid=4000001 gid=4000001 groups=4000001": "4000001",
    b"uid=0(root)": "root",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_this_system_knows_itself(shell: str) -> None:
    """The five answers are those of this machine."""
    found = answer(Identity(), shell)
    names = [
        subprocess.run(["uname", option], capture_output=True, text=True, check=True).stdout.strip()
        for option in ("-s", "-r", "-m", "-n")
    ]
    assert [found.name, found.release, found.machine, found.node] == names
    assert answer(Identity(), shell, through=NOBODY).user == "nobody"


@pytest.mark.parametrize(("said", "user"), ANSWERS.items())
def test_users_are_known_by_name_or_number(said: bytes, user: str) -> None:
    """The user's name is found however `id` goes on; a user without a name is a number."""
    output = Output(status=0, stdout=b"AIX\n1\n00F6\nhost\n" + said + b"\n")
    assert Identity().parse(output) == System(name="AIX", release="1", machine="00F6", node="host", user=user)


@pytest.mark.parametrize(
    "said", [b"", b"a\nb\nc\nd\n", b"a\nb\nc\nd\nnobody\n", b"'uname' is not recognized"]
)
def test_what_is_no_unix_is_refused(said: bytes) -> None:
    """A system that does not answer like a Unix fails the task with what it said."""
    with pytest.raises(TaskFailed, match="as on a Unix system"):
        Identity().parse(Output(status=0, stdout=said))


def test_no_change_makes_another_system() -> None:
    """Nothing that is changed on a host changes what it is."""
    assert not Identity().reads("/")


@settings(max_examples=50)
@given(content=st.binary(max_size=300))
def test_the_checksum_is_the_one_of_posix(content: bytes) -> None:
    """Checksum and size are those that the system's own `cksum` prints."""
    done = subprocess.run(["cksum"], input=content, capture_output=True, check=True)
    assert done.stdout.split() == [b"%d" % cksum(content), b"%d" % len(content)]


def test_the_checksum_of_much_content_is_right() -> None:
    """Sizes of more than one byte count as POSIX says, least significant byte first."""
    for size in (255, 256, 65_535, 65_536, 1_000_000):
        done = run(f"head -c {size} /dev/zero | cksum")
        assert done.stdout.split()[0] == b"%d" % cksum(bytes(size))
