"""Allocation (配布の決定): who gets how much of what can be given, by named rules that anyone can recompute. Pure.

Rules, what "exactly what is available" means, and why: docs/decisions/0008-allocation.md.
"""

from requests_app.rules.allocation.claims import AllocationInput, ByHand, Claimant, claims_digest, mark
from requests_app.rules.allocation.dividing import Rule
from requests_app.rules.allocation.planning import (
    CannotPlan,
    NotEnough,
    NotInPacks,
    NotLower,
    Plan,
    UnknownRule,
    plan,
)
from requests_app.rules.allocation.wording import Cause, Outcome, cause_of, default_reason, outcome_of

__all__ = [
    "AllocationInput",
    "ByHand",
    "CannotPlan",
    "Cause",
    "Claimant",
    "NotEnough",
    "NotInPacks",
    "NotLower",
    "Outcome",
    "Plan",
    "Rule",
    "UnknownRule",
    "cause_of",
    "claims_digest",
    "default_reason",
    "mark",
    "outcome_of",
    "plan",
]
