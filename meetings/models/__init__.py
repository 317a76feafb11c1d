from .coverage import CoverageRule, SegmentMedian
from .hand_off import HandOff, HandOffPoint, HandOffRule
from .meeting import Meeting, MeetingStatus

__all__ = ["CoverageRule", "HandOff", "HandOffPoint", "HandOffRule", "Meeting", "MeetingStatus", "SegmentMedian"]
