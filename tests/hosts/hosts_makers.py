"""The types of this folder's fixtures that make something."""

from collections.abc import Callable

from remediate.hosts.host import SshHost
from remediate.hosts.target import Target

MakeHost = Callable[[Target], SshHost]
MakeAccount = Callable[..., str]
