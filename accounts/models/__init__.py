from .api import ApiKey, ApiScope, Subscription
from .batch import Batch, BatchRow
from .change import Change
from .companies import Account, Domain
from .message import AsideMail, Delivery, Message, Parked, Receipt, SweepRun, Way
from .opportunity import Opportunity, OpportunityStatus, Product, Stage
from .people import Absence, Membership, Role, Team, User
from .reason import Disposition, NurtureKind, Reason
from .record import OF_THE_DOOR, Door, Event
from .second_factor import SecondFactor

__all__ = [
    "OF_THE_DOOR",
    "Absence",
    "Account",
    "ApiKey",
    "ApiScope",
    "AsideMail",
    "Batch",
    "BatchRow",
    "Change",
    "Delivery",
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
    "Subscription",
    "SweepRun",
    "Team",
    "User",
    "Way",
]
