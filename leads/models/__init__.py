from .cycle import Cycle, Outcome, Spell, Trigger
from .fairness import Credit, Share
from .lead import Channel, GoToMarket, Identity, Lead, LeadStatus, Motion, Note, Source, search_text
from .rules import AtLimit, Policy, RoutingRule
from .signal import ContactRole, Signal
from .task import Task
from .touch import Touch, TouchOutcome

__all__ = [
    "AtLimit",
    "Channel",
    "ContactRole",
    "Credit",
    "Cycle",
    "GoToMarket",
    "Identity",
    "Lead",
    "LeadStatus",
    "Motion",
    "Note",
    "Outcome",
    "Policy",
    "RoutingRule",
    "Share",
    "Signal",
    "Source",
    "Spell",
    "Task",
    "Touch",
    "TouchOutcome",
    "Trigger",
    "search_text",
]
