from .coverage import CoverageRule
from .hand_off import HandOff, HandOffPoint, HandOffRule
from .meeting import Meeting, MeetingStatus

__all__ = ["CoverageRule", "HandOff", "HandOffPoint", "HandOffRule", "Meeting", "MeetingStatus"]
