"""The stamp of a plan: a keyed sum of all that is in it, by which an apply knows what was made with its key.

The identity of a plan tells whether a byte of it has changed, and whoever writes a plan of his own can reckon
it. So what people are shown could be other words than those of the dry run, if it were not for the stamp.
"""

import hashlib
import hmac
from dataclasses import replace

from remediate.review.folding import fold
from remediate.review.plan import Plan
from remediate.review.plan_json import plan_to_json


def stamped(plan: Plan, key: bytes) -> Plan:
    """The plan with its stamp."""
    return replace(plan, stamp=_sum(plan, key))


def is_stamped(plan: Plan, key: bytes) -> bool:
    """Whether the plan is as it was when it got its stamp, with this key."""
    return hmac.compare_digest(plan.stamp.encode("utf-8", "surrogatepass"), _sum(plan, key).encode())


def _sum(plan: Plan, key: bytes) -> str:
    text = "\n".join(["the whole of a plan", *fold(plan_to_json(replace(plan, stamp="")))])
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
