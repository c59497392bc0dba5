"""smdupd: downloads components, or fails as the article on the ActiveUpdate module says."""

from remediate.lab import texts
from remediate.lab.draw import LabServer
from remediate.lab.exchange import AddPattern, Exchange, Said, Surroundings
from remediate.lab.loglines import Line
from remediate.lab.site import PATCHED_BUILD

SMDUPD = "SMDupd"
LATEST_PATTERN = 700
"""What a download brings, a number of the lab."""


def update_components(exchange: Exchange, around: Surroundings) -> tuple[Said, ...]:
    """Load SMDupd: it downloads once and ends."""
    started = exchange.say(Line(task=SMDUPD, text=texts.DOWNLOAD_STARTED))
    if download_fails(exchange.server, around):
        return started, exchange.say(Line(task=SMDUPD, text=texts.DOWNLOAD_FAILED), slow=True)
    pattern = max(around.pattern, LATEST_PATTERN)
    line = Line(task=SMDUPD, text=texts.DOWNLOAD_SUCCESSFUL.format(pattern=pattern))
    return started, exchange.say(line, slow=True, deed=AddPattern(pattern))


def download_fails(server: LabServer, around: Surroundings) -> bool:
    """Whether the old certificate check is in the way of `server`."""
    if server.site is None or not server.site.affected(server.platform):
        return False
    return around.installed_build < PATCHED_BUILD and not around.check_off
