from .cycle import Cycle, Outcome, Spell, Trigger
from .fairness import Credit, Share
from .identity import Identity, search_text
from .lead import Lead
from .note import Note
from .qualification import Answer, Qualification, Way
from .rules import AtLimit, CardRule, Policy, RoutingRule
from .signal import ContactRole, Signal
from .source import Source
from .states import Channel, GoToMarket, LeadStatus, Motion
from .task import Task
from .touch import Touch, TouchOutcome

__all__ = [
    "Answer",
    "AtLimit",
    "CardRule",
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
    "Qualification",
    "RoutingRule",
    "Share",
    "Signal",
    "Source",
    "Spell",
    "Task",
    "Touch",
    "TouchOutcome",
    "Trigger",
    "Way",
    "search_text",
]
