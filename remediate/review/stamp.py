"""The stamp of a plan: a keyed sum of all that is in it, by which an apply knows what was made with its key.

The identity of a plan tells whether a byte of it has changed, and whoever writes a plan of his own can reckon
it. So what people are shown could be other words than those of the dry run, if it were not for the stamp.
"""

import hmac
from dataclasses import replace

from remediate.review.folding import Folded
from remediate.review.plan import Plan
from remediate.review.plan_json import folded


def stamped(plan: Plan, key: bytes) -> tuple[Plan, Folded]:
    """The plan with its stamp, and folded."""
    bare = _bare(plan)
    stamp = _sum(bare, key)
    return replace(plan, stamp=stamp), bare.having("stamp", stamp)


def is_stamped(plan: Plan, key: bytes) -> bool:
    """Whether the plan is as it was when it got its stamp, with this key."""
    return hmac.compare_digest(plan.stamp.encode("utf-8", "surrogatepass"), _sum(_bare(plan), key).encode())


def _bare(plan: Plan) -> Folded:
    return folded(replace(plan, stamp=""))


def _sum(bare: Folded, key: bytes) -> str:
    text = "\n".join(["the whole of a plan", *bare.lines])
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()
