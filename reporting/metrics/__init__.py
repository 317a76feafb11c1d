"""Every metric of the house, by name: one file each, one definition for page, file, API and a rep's own figures."""

from reporting.frame import Metric
from reporting.metrics.activity import ACTIVITY
from reporting.metrics.assignment import ASSIGNMENT
from reporting.metrics.cherry_picking import CHERRY_PICKING
from reporting.metrics.cohorts import COHORTS
from reporting.metrics.companies import COMPANY
from reporting.metrics.coverage import COVERAGE
from reporting.metrics.dispositions import DISPOSITIONS
from reporting.metrics.funnel import FUNNEL
from reporting.metrics.hand_offs import HAND_OFF
from reporting.metrics.hand_raises import HAND_RAISES
from reporting.metrics.lead_value import LEAD_VALUE
from reporting.metrics.limits import LIMITS
from reporting.metrics.meetings import MEETING
from reporting.metrics.pick_up import PICK_UP
from reporting.metrics.pipeline import PIPELINE
from reporting.metrics.product_led import PRODUCT_LED
from reporting.metrics.pulls import PULLS
from reporting.metrics.qualified import QUALIFIED
from reporting.metrics.response import RESPONSE_TIME
from reporting.metrics.vanity import VANITY

_ALL = (
    ASSIGNMENT,
    PULLS,
    RESPONSE_TIME,
    VANITY,
    HAND_RAISES,
    PICK_UP,
    CHERRY_PICKING,
    QUALIFIED,
    FUNNEL,
    DISPOSITIONS,
    PRODUCT_LED,
    LIMITS,
    ACTIVITY,
    PIPELINE,
    COHORTS,
    LEAD_VALUE,
    MEETING,
    HAND_OFF,
    COMPANY,
    COVERAGE,
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
