"""What the fuller story of both articles needs to know of a server, beyond its platform and licence.

Names, numbers and places that no public source gives are values of the lab and say LAB.
"""

from typing import Literal

from remediate.records import dataclass

Product = Literal["SMD", "SMLD", "SMID"]
Route = Literal["direct", "proxy", "none"]
Role = Literal["alone", "hub", "spoke"]
HttpLogin = Literal["off", "basic", "session"]
Tls = Literal["off", "pin", "authority"]

PATCHED_BUILD = 5716
"""From this build on, the lab's ScanMail knows the new certificate.

The article gives a number for i5/OS alone (hot fix B5716); for other platforms it is the lab's own.
"""

AGENT_MINIMUM_BUILD, WINDOWS_AGENT_MINIMUM_BUILD, WINDOWS_SERVICE_PACK = 3232, 3528, 3
"""The TMCM agent that the article wants at least on Linux (in the lab on every Unix) and on Windows.

On Windows, the agent's patch wants that service pack first.
"""

GRACE_OVER = "grace over"
"""The case of a server whose grace period is over; its administrator sees that in the console database."""

TRIAL_LEFT = "trial key left"
"""The case of a server whose licence is good again, and whose trial key nobody has taken out."""

AFFECTED: frozenset[tuple[Product, str, str]] = frozenset(
    {
        ("SMLD", "5.0", "windows"),
        ("SMLD", "5.0", "aix"),
        ("SMLD", "5.0", "zlinux"),
        ("SMD", "3.1", "linux"),
        ("SMD", "3.0", "aix"),
        ("SMD", "3.0", "solaris"),
        ("SMD", "3.0", "ibmi"),
    }
)
"""The rows of the article on the ActiveUpdate module; as far as the lab has them; SMID 5.6 is in none."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """What never changes on a server of the articles' story; paths are relative to its world.

    `case` is the state it was drawn in, for people. `hub` is the name of the server that a spoke replicates
    with. `agent_build` is that of the TMCM agent, None without one. `tls` is how the certificate of the HTTP
    task is to be proven. `console_log` is below the data directory, and empty where it is in its usual place.
    `start_script`: commands may also be given by an `rc_domino`.
    """

    case: str
    product: Product
    version: str
    configuration: str
    pattern_directory: str
    domino_release: str = "8.5"
    route: Route = "direct"
    agent_build: int | None = None
    role: Role = "alone"
    hub: str = ""
    http: HttpLogin = "off"
    access_services: bool = False
    http_port: int = 0
    tls: Tls = "off"
    console_log: str = ""
    start_script: bool = False
    service_pack: int = 0

    @property
    def newer_http(self) -> bool:
        """Whether the HTTP task knows JSON views and Access Services (8.5.3 and later)."""
        return tuple(int(part) for part in self.domino_release.split(".")) >= (8, 5, 3)

    def takes_profiles(self, platform: str) -> bool:
        """Whether the server's TMCM agent is new enough for the deployment of licence profiles."""
        if platform == "windows" and self.service_pack < WINDOWS_SERVICE_PACK:
            return False
        minimum = WINDOWS_AGENT_MINIMUM_BUILD if platform == "windows" else AGENT_MINIMUM_BUILD
        return self.agent_build is not None and self.agent_build >= minimum

    def affected(self, platform: str) -> bool:
        """Whether the article on the ActiveUpdate module lists this product on `platform`."""
        return (self.product, self.version, platform) in AFFECTED
