"""Batches as text, and their answers taken apart, without any host."""

import re
import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.bourne import ALL_AS_OUTPUT, WITHOUT_COMPLAINTS, quote
from remediate.errors import TaskFailed
from remediate.facts.base import Output
from remediate.hosts.framing import Batch


def streams(batch: Batch, outputs: list[Output]) -> tuple[bytes, bytes]:
    """What a shell would print."""
    found = re.search(rb'echo "([0-9a-f]+) \$', batch.text)
    assert found is not None
    token = found[1]
    out, err = (b"noise" + token + b" 4711\n", token + b"\n") if b"$$" in batch.text else (b"", b"")
    for output in outputs:
        out += output.stdout + token + b" %d\n" % output.status
        err += output.stderr + token + b"\n"
    return out, err


OUTPUTS = st.lists(
    st.builds(Output, status=st.integers(0, 271), stdout=st.binary(), stderr=st.binary()),
    min_size=1,
    max_size=6,
)


@given(outputs=OUTPUTS, cuts=st.lists(st.integers(1, 50), min_size=1), first=st.booleans())
def test_answers_are_the_same_however_they_arrive(
    outputs: list[Output], cuts: list[int], first: bool
) -> None:
    """Cut anywhere, the streams give each script's bytes and status, complete only at the end."""
    batch = Batch(["true"] * len(outputs), first=first)
    out, err = streams(batch, outputs)
    step = 0
    while out or err:
        assert not batch.complete
        size = cuts[step % len(cuts)]
        batch.feed(out[:size], err[:size])
        out, err, step = out[size:], err[size:], step + 1
    assert batch.complete
    assert batch.outputs() == outputs
    assert batch.pid == (4711 if first else None)


@settings(max_examples=40)
@given(
    words=st.lists(st.text(st.characters(blacklist_characters="\0", codec="utf-8")), min_size=1, max_size=20)
)
def test_any_word_passes_through_sh(words: list[str]) -> None:
    """What a script quotes comes out of this machine's /bin/sh as it went in."""
    batch = Batch([f"printf %s {quote(word)}" for word in words])
    done = subprocess.run(["/bin/sh"], input=batch.text, capture_output=True, check=True)
    batch.feed(done.stdout, done.stderr)
    assert [output.stdout.decode() for output in batch.outputs()] == words


HEADS = ["", ALL_AS_OUTPUT, WITHOUT_COMPLAINTS]


@settings(max_examples=60)
@given(heads=st.lists(st.sampled_from(HEADS), min_size=1, max_size=6), first=st.booleans())
def test_complaints_are_their_own_scripts(heads: list[str], first: bool) -> None:
    """Whichever of the scripts write to stderr: what one says there is told of it, and of no other."""
    scripts = [f"{head}echo out{n}; echo err{n} >&2; exit {n}" for n, head in enumerate(heads)]
    batch = Batch(scripts, first=first)
    done = subprocess.run(["/bin/sh"], input=batch.text, capture_output=True, check=True)
    batch.feed(done.stdout, done.stderr)
    assert batch.complete
    for n, (head, output) in enumerate(zip(heads, batch.outputs(), strict=True)):
        out, err = b"out%d\n" % n, b"err%d\n" % n
        said = {"": (out, err), ALL_AS_OUTPUT: (out + err, b""), WITHOUT_COMPLAINTS: (out, b"")}[head]
        assert (output.stdout, output.stderr) == said
        assert output.status == n


def test_stderr_is_marked_only_between_scripts_that_write_to_it() -> None:
    """And at the end; each mark is a packet."""
    quiet, speaking = f"{ALL_AS_OUTPUT}true", "true"
    for scripts, marks in (
        ([quiet] * 3, 1),
        ([quiet, speaking, quiet], 1),
        ([speaking, quiet, speaking, quiet], 2),
        ([speaking] * 3, 3),
    ):
        assert Batch(scripts, first=False).text.count(b">&2\n") == marks


def test_every_batch_has_its_own_mark() -> None:
    """The mark cannot be known before, so no output can imitate it."""
    assert Batch(["true"]).text != Batch(["true"]).text


@given(marks=st.lists(st.binary(max_size=8).filter(lambda mark: b"\n" not in mark), min_size=3, max_size=3))
def test_what_is_no_shell_of_ours_is_told(marks: list[bytes]) -> None:
    """Behind its marks may be anything: then it fails, or they are numbers."""
    batch = Batch(["true", "false"])
    found = re.search(rb'echo "([0-9a-f]+) \$', batch.text)
    assert found is not None
    out = b"".join(b"x" + found[1] + mark + b"\n" for mark in marks)
    try:
        batch.feed(out, (found[1] + b"\n") * 3)
        outputs = batch.outputs()
    except TaskFailed:
        assert not all(re.match(rb" \d", mark) for mark in marks)
    else:
        assert all(
            re.match(rb" 0*%d" % each.status, mark) for mark, each in zip(marks[1:], outputs, strict=True)
        )
