"""Which documents a server's `smconf.nsf` has at the beginning, drawn from a random source."""

import random
from collections.abc import Sequence
from typing import Literal

from remediate.lab.documents import (
    CODE,
    EXPIRES,
    FULL,
    KIND,
    LICENCE_FORM,
    LICENCE_PROXY_FORM,
    PLATFORM,
    PROXY_PORT,
    PROXY_SERVER,
    PROXY_USED,
    RIGHT_PROXY,
    SERVER_PROXY_FORM,
    TRIAL,
    Document,
    Documents,
)
from remediate.lab.draw import Licence

Duplicates = Literal["none", "renewed", "tie", "unreadable", "three"]
Proxy = Literal["empty", "wrong", "licence", "server", "both"]

RENEWED_UNTIL = "2035-12-31"
"""The day until which every renewed licence of the lab is valid; the form is the lab's."""
EXPIRED_SINCE = "2014-02-28"
_IN_GRACE = "2014-06-30"
_LONG_GONE = "2011-02-28"
_UNREADABLE = "LAB: see the contract"
_SECOND = {
    "none": (),
    "renewed": (RENEWED_UNTIL,),
    "tie": (EXPIRED_SINCE,),
    "unreadable": (_UNREADABLE,),
    "three": (_LONG_GONE, RENEWED_UNTIL),
}
_NO_PROXY = {PROXY_USED: "0", PROXY_SERVER: "", PROXY_PORT: ""}
_WRONG_PROXY = {PROXY_USED: "1", PROXY_SERVER: "old-proxy.lab.example", PROXY_PORT: "3128"}


def draw_documents(
    rng: random.Random,
    *,
    platforms: Sequence[str],
    licence: Licence,
    duplicates: Duplicates = "none",
    proxy: Proxy = "empty",
    trial: bool = False,
) -> Documents:
    """A licence for each platform, duplicates for the first of them, and the two places of the proxy."""
    expires = {"valid": RENEWED_UNTIL, "grace": _IN_GRACE}.get(licence, EXPIRED_SINCE)
    found = [_licence(rng, platform, expires) for platform in platforms]
    found += [_licence(rng, platforms[0], other) for other in _SECOND[duplicates]]
    if trial:
        found.append(trial_key(rng, platforms[0]))
    rng.shuffle(found)
    filled = _WRONG_PROXY if proxy == "wrong" else RIGHT_PROXY
    for form, reasons in (
        (LICENCE_PROXY_FORM, {"wrong", "licence", "both"}),
        (SERVER_PROXY_FORM, {"wrong", "server", "both"}),
    ):
        fields = dict(filled if proxy in reasons else _NO_PROXY)
        found.append(Document(unid=_unid(rng), form=form, fields=fields))
    return tuple(found)


def trial_key(rng: random.Random, platform: str) -> Document:
    """The document that a trial key makes."""
    return _licence(rng, platform, "2014-04-30", kind=TRIAL)


def _licence(rng: random.Random, platform: str, expires: str, *, kind: str = FULL) -> Document:
    code = "LAB-" + "-".join(f"{rng.randrange(16**4):04X}" for _ in range(4))
    fields = {PLATFORM: platform, EXPIRES: expires, KIND: kind, CODE: code}
    return Document(unid=_unid(rng), form=LICENCE_FORM, fields=fields)


def _unid(rng: random.Random) -> str:
    return f"{rng.randrange(16**32):032X}"
