from .cycle import Cycle, Outcome, Spell, Trigger
from .lead import Channel, GoToMarket, Identity, Lead, LeadStatus, Motion, Note, Source, search_text
from .rules import Policy
from .signal import ContactRole, Signal
from .task import Task
from .touch import Touch, TouchOutcome

__all__ = [
    "Channel",
    "ContactRole",
    "Cycle",
    "GoToMarket",
    "Identity",
    "Lead",
    "LeadStatus",
    "Motion",
    "Note",
    "Outcome",
    "Policy",
    "Signal",
    "Source",
    "Spell",
    "Task",
    "Touch",
    "TouchOutcome",
    "Trigger",
    "search_text",
]
