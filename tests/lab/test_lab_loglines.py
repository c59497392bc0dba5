import re
from dataclasses import replace
from datetime import datetime

import pytest

from remediate.lab.draw import draw_fleet
from remediate.lab.loglines import Line, render_lines

NOW = datetime(2023, 10, 9, 16, 39, 48)
DATED = Line(task="Chronos", text="Chronos: Performing")
HEADER = Line(task="Server", text="       Task                 Description", dated=False)
BANNER = Line(task="smdreal", text="Copyright", dated=False)
THREAD = r"\[\d{6}:\d{6}-[0-9A-F]{16}\]"


@pytest.mark.parametrize(
    ("prefix", "date", "patterns"),
    [
        (
            True,
            "us",
            [rf"{THREAD} 10/09/2023 04:39:48 PM  Chronos: P\w+", rf"{THREAD}       Task {{17}}D\w+"],
        ),
        (True, "iso", [rf"{THREAD} 2023-10-09 16:39:48  Chronos: P\w+", rf"{THREAD}       Task {{17}}D\w+"]),
        (
            True,
            "none",
            [rf"{THREAD} Chronos: P\w+", rf"{THREAD}       Task {{17}}D\w+", rf"{THREAD} Copyright"],
        ),
        (False, "us", [r"10/09/2023 04:39:48 PM  Chronos: P\w+", r"       Task {17}D\w+", "Copyright"]),
        (False, "iso", [r"2023-10-09 16:39:48  Chronos: P\w+", r"       Task {17}D\w+"]),
        (False, "none", [r"Chronos: P\w+", r"       Task {17}D\w+", "Copyright"]),
    ],
)
def test_lines_have_the_shapes_of_real_consoles(prefix, date, patterns):
    """Thread prefix and date are there or not; tables and banners have no date."""
    server = replace(draw_fleet(1, 0, 0)[0][0], log_prefix=prefix, log_date=date)
    lines = render_lines(server, [DATED, HEADER, BANNER], NOW).splitlines()
    for line, pattern in zip(lines, patterns, strict=False):
        assert re.fullmatch(pattern, line), line
