"""A crontab of a test's own, so that nobody's real one is touched."""

import os
import shlex
from pathlib import Path

import pytest

_CRONTAB = """\
#!/bin/sh
# A crontab that is a file.
case "$1" in
-l) test -f {tab} || {{ echo 'no crontab for me' >&2; exit 1; }}; cat {tab} ;;
-r) rm {tab} ;;
-) cat > {tab} ;;
esac
"""


def own_crontab(tab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the first `crontab` on the PATH be one whose table is this file; it lies in `bin` beside it."""
    program = tab.parent / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(_CRONTAB.format(tab=shlex.quote(str(tab))))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
