"""What the database refuses of one lead, by whatever door it comes; what it refuses across rows is in `leads/guards.py`."""

from django.db import models
from django.db.models import F, Q

from accounts.models import NurtureKind

from .states import GoToMarket, LeadStatus, Motion

CONSTRAINTS = [
    models.CheckConstraint(condition=Q(status__in=LeadStatus.values), name="lead_status_known"),
    models.CheckConstraint(condition=Q(motion__in=Motion.values), name="lead_motion_known"),
    models.CheckConstraint(condition=Q(go_to_market__in=GoToMarket.values), name="lead_go_to_market_known"),
    models.CheckConstraint(
        condition=Q(status__in=["nurture", "unqualified"], reason__isnull=False)
        | (~Q(status__in=["nurture", "unqualified"]) & Q(reason__isnull=True)),
        name="lead_reason_with_disposition",
    ),
    models.CheckConstraint(
        condition=Q(status="nurture", nurture_kind__in=NurtureKind.values)
        | (~Q(status="nurture") & Q(nurture_kind="")),
        name="lead_nurture_has_kind",
    ),
    models.CheckConstraint(condition=Q(owner__isnull=True) | Q(team__isnull=True), name="lead_one_owner"),
    models.CheckConstraint(
        condition=~Q(status__in=LeadStatus.OPEN) | Q(owner__isnull=False) | Q(team__isnull=False) | ~Q(gone_as=""),
        name="lead_in_hand_has_owner",
    ),
    models.CheckConstraint(
        condition=~Q(status__in=LeadStatus.OPEN) | Q(motion="slg") | Q(owner__isnull=True),
        name="lead_product_led_has_no_rep",
    ),
    models.CheckConstraint(
        condition=Q(recycle_at__isnull=True) | Q(status="nurture"), name="lead_comes_back_from_nurture"
    ),
    models.CheckConstraint(condition=Q(gone_as__in=["", "merged", "undone", "erased"]), name="lead_gone_as_known"),
    models.CheckConstraint(condition=Q(merged_into__isnull=True) | Q(gone_as="merged"), name="lead_merged_is_gone"),
    models.CheckConstraint(condition=~Q(merged_into=F("id")), name="lead_not_into_itself"),
]
