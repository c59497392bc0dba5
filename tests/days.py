"""Days for tests that count in them."""

import time
from datetime import UTC, date, datetime, timedelta

_ENOUGH = timedelta(minutes=3)


def today() -> date:
    """Today; if midnight is near, here or in UTC, it is waited for, so that it does not come meanwhile."""
    while any((datetime.now(zone) + _ENOUGH).date() != datetime.now(zone).date() for zone in (None, UTC)):
        time.sleep(1)
    return date.today()
