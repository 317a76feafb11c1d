"""Rows to begin a test with. Leads get into a state by the real processes only: `put`."""

from .leads import NOON, STATES, LeadFactory, opportunity_of, product_led, put, reason
from .meetings import held
from .people import AccountFactory

__all__ = [
    "NOON",
    "STATES",
    "AccountFactory",
    "LeadFactory",
    "held",
    "opportunity_of",
    "product_led",
    "put",
    "reason",
]
