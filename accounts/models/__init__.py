from .batch import Batch, BatchRow
from .companies import Account, Domain
from .message import Message, Parked, Receipt, SweepRun, Way
from .opportunity import Opportunity, OpportunityStatus, Product, Stage
from .people import Absence, Membership, Role, Team, User
from .reason import Disposition, NurtureKind, Reason
from .record import OF_THE_DOOR, Door, Event
from .second_factor import SecondFactor

__all__ = [
    "OF_THE_DOOR",
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
    "SecondFactor",
    "Stage",
    "SweepRun",
    "Team",
    "User",
    "Way",
]
