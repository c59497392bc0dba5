"""A host as the work finds it: a directory of its own with what the ten steps look at and change."""

from pathlib import Path

PATTERN_BYTES = 20480

_CONSOLE = """\
# Says that it is busy when it is asked for the first time, and answers from then on.
if test -f {state}/asked; then echo 'license is valid'; else : > {state}/asked; echo 'please wait'; fi
"""
_FILES = {
    "release": "Release 8.5.3\n",
    "app.ini": "[general]\nname=app\n[update]\nserver=update.example.com\n[log]\nlevel=2\n",
    "app.conf": "".join(f"Option{number} {number}\n" for number in range(40)) + "MaxThreads 16\n",
    "licences": "A-100\nB-200\nA-100\nC-300\nB-200\n",
}


def make_state(state: Path) -> None:
    """Make the directory `state` as no tool has touched it yet."""
    state.mkdir(parents=True)
    for name, text in _FILES.items():
        (state / name).write_text(text)
    (state / "console").write_text(_CONSOLE.format(state=state))


def pattern() -> str:
    """The content of the file of 20 KB: text, always the same, of no two equal lines."""
    lines = "".join(f"{number:06d} {number * 7919 % 1000003:07d}\n" for number in range(2000))
    return lines[: PATTERN_BYTES - 1] + "\n"
