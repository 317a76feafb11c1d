from .hand_off import HandOff, HandOffPoint, HandOffRule
from .meeting import Meeting, MeetingStatus

__all__ = ["HandOff", "HandOffPoint", "HandOffRule", "Meeting", "MeetingStatus"]
