from .batch import Batch, BatchRow
from .companies import Account, Domain
from .message import Message, Parked, Receipt, SweepRun
from .opportunity import Opportunity, OpportunityStatus, Product, Stage
from .people import Absence, Membership, Role, Team, User
from .reason import Disposition, NurtureKind, Reason
from .record import Door, Event

__all__ = [
    "Absence",
    "Account",
    "Batch",
    "BatchRow",
    "Disposition",
    "Domain",
    "Door",
    "Event",
    "Membership",
    "Message",
    "NurtureKind",
    "Opportunity",
    "OpportunityStatus",
    "Parked",
    "Product",
    "Reason",
    "Receipt",
    "Role",
    "Stage",
    "SweepRun",
    "Team",
    "User",
]
