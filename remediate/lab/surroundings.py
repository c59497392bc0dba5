"""What a console command finds around it on a server of the articles' story, read afresh for each."""

import configparser
import re
from collections.abc import Iterable

from remediate.lab.documents import Store
from remediate.lab.draw import MINIMUM_BUILDS
from remediate.lab.exchange import Surroundings
from remediate.lab.paths import ServerPaths
from remediate.lab.smdreal import SMDREAL

CHECK_SECTION = "LABActiveUpdate"
CHECK_LINE = "LABCheckCertificate=0"
"""Section and line that turn the certificate check off: the lab's own, the real ones are not published."""

PATTERN_END = "LAB end of pattern\n"
"""The last line of a whole pattern file."""

_BUILD = re.compile(r"V\d+\.\d+\.\d+\.(\d{4})")
_PATTERN = re.compile(r"lpt\$vpn\.(\d{3})")


def look_around(paths: ServerPaths, *, neighbours: Iterable[str] = ()) -> Surroundings | None:
    """What is there now; None in the licence's story, where nothing of it counts."""
    if paths.server.site is None:
        return None
    return Surroundings(
        installed_build=installed_build(paths),
        minimum_build=MINIMUM_BUILDS[paths.server.platform],
        pattern=newest_pattern(paths),
        check_off=check_is_off(paths),
        half_installed=paths.install_marker.exists(),
        documents=Store(paths.documents).read(),
        neighbours=tuple(name for name in neighbours if name != paths.server.name),
    )


def installed_build(paths: ServerPaths) -> int:
    """The highest build that is complete; 0 without any."""
    folders = (paths.smd_install / "program").glob("V*")
    builds = [_BUILD.fullmatch(each.name) for each in folders if (each / SMDREAL).is_file()]
    return max((int(found[1]) for found in builds if found), default=0)


def newest_pattern(paths: ServerPaths) -> int:
    """The highest pattern file that is whole; 0 without any."""
    numbers = []
    if paths.patterns.is_dir():
        for file in paths.patterns.iterdir():
            found = _PATTERN.fullmatch(file.name)
            if found and file.read_bytes().endswith(PATTERN_END.encode()):
                numbers.append(int(found[1]))
    return max(numbers, default=0)


def check_is_off(paths: ServerPaths) -> bool:
    """Whether the line that turns the check off stands in its section; a comment does not count."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes=("#", ";"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(paths.configuration.read_text(encoding="utf-8", errors="replace"))
    except (OSError, configparser.Error):
        return False
    option, value = CHECK_LINE.split("=")
    return parser.get(CHECK_SECTION, option, fallback=None) == value
