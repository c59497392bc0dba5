"""Random trees of files, directories and links with hostile names."""

from pathlib import Path

import hostile
from hypothesis import strategies as st

from remediate.bourne import encode

modes = st.one_of(st.sampled_from([0o644, 0o755, 0o600, 0o2755, 0o4755, 0o1777, 0]), st.integers(0, 0o7777))
owners = st.sampled_from([None, "root", "daemon", "0", "1", "4000001"])
groups = st.sampled_from([None, "root", "bin", "0", "2", "4000001"])
TARGETS = (*(f"{name}.not there" for name in hostile.NAMES), "/", "/etc/passwd", "/nowhere/at/all")
Plan = dict[str, tuple[str, str, int]]
"""Paths, and what is there: kind, content, mode."""

KINDS = ("absent", "absent", "file", "directory", "link", "dangling")


@st.composite
def trees(draw: st.DrawFn) -> Plan:
    """Two names, and some below them."""
    first, second = draw(st.lists(hostile.names, min_size=2, max_size=2, unique=True))
    below = draw(st.lists(hostile.names, min_size=2, max_size=2, unique=True))
    paths = [first, second, *(f"{first}/{name}" for name in below), f"{second}/{below[0]}"]
    made = {path: (draw(st.sampled_from(KINDS)), draw(hostile.contents), draw(modes)) for path in paths}
    return {
        path: what if "/" not in path or made[path.split("/")[0]][0] == "directory" else ("absent", "", 0)
        for path, what in made.items()
    }


def grow(root: Path, plan: Plan) -> None:
    """Make the tree; a link points to a directory of its own elsewhere, or nowhere."""
    for number, (name, (kind, content, mode)) in enumerate(plan.items()):
        path = root / "tree" / name
        if kind == "file":
            path.write_bytes(encode(content))
            path.chmod(mode)
        elif kind == "directory":
            path.mkdir()
            path.chmod(mode)
        elif kind == "link":
            (root / f"elsewhere{number}").write_text("elsewhere")
            path.symlink_to(root / f"elsewhere{number}")
        elif kind == "dangling":
            path.symlink_to("nowhere")
