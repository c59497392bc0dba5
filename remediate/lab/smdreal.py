"""smdreal: how it starts, and how it updates its licence.

What the article leaves open is decided so: a `load SMDReal` whose update fails leaves smdreal unloaded, since
"the scan tasks no longer load", unless its licence is good without the update; a running smdreal whose
`checkac` fails goes on running.
"""

from dataclasses import replace

from remediate.lab import texts
from remediate.lab.documents import TRIAL, duplicated, licences, proxy_is_right
from remediate.lab.draw import ServerState
from remediate.lab.exchange import Exchange, Renew, Said
from remediate.lab.loglines import Line

SMDREAL = "smdreal"


def start_lines(state: ServerState) -> tuple[Line, ...]:
    """What smdreal prints when it is loaded, before it asks for its licence."""
    engine = texts.ENGINE.format(pattern=state.pattern)
    banner = [texts.RELEASE, texts.COPYRIGHT, texts.BUILD_DATE, engine]
    if state.licence != "valid":
        banner.append(texts.ALREADY_EXPIRED)
    return tuple(Line(task=SMDREAL, text=text, dated=False) for text in banner)


def start(exchange: Exchange) -> tuple[Said, ...]:
    """Load smdreal: the banner, then the online update."""
    state, around = exchange.state, exchange.around
    if around is not None:
        state = replace(state, pattern=around.pattern)
    banner = exchange.say(*start_lines(state), state=state)
    trial = around is not None and bool(licences(around.documents, TRIAL))
    if state.licence == "grace_over" and not trial:
        return banner, exchange.say(Line(task=SMDREAL, text=texts.GRACE_OVER), state=state)
    good_anyway = trial or state.licence in {"valid", "grace"}
    return banner, *update_licence(replace(exchange, state=state), running_after_failure=good_anyway)


def update_licence(exchange: Exchange, *, running_after_failure: bool) -> tuple[Said, ...]:
    """Ask the vendor's licence servers."""
    started = exchange.say(Line(task=SMDREAL, text=texts.UPDATE_STARTED))
    problem = _problem(exchange)
    if problem is None:
        renewed = replace(exchange.state, licence="valid", smdreal_running=True)
        line, deed = Line(task=SMDREAL, text=texts.UPDATE_SUCCESSFUL), Renew()
        done = exchange.say(line, state=renewed, slow=True, deed=deed if exchange.around else None)
    else:
        refused = replace(exchange.state, smdreal_running=running_after_failure)
        done = exchange.say(Line(task=SMDREAL, text=problem), state=refused, slow=True)
    return started, done


def _problem(exchange: Exchange) -> str | None:
    """Why the update fails, if it does: the first of the reasons that the article names."""
    around, site = exchange.around, exchange.server.site
    if exchange.failing_update:
        return texts.UPDATE_FAULT
    if around is not None and site is not None:
        if around.installed_build < around.minimum_build:
            return texts.UPDATE_BUILD_TOO_OLD
        if site.route == "none" or (site.route == "proxy" and not proxy_is_right(around.documents)):
            return texts.UPDATE_NO_ROUTE
        if duplicated(around.documents):
            return texts.UPDATE_DUPLICATES
    return None if exchange.state.renewed_on_portal else texts.UPDATE_FAILED
