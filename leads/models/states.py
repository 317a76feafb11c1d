"""The states of a lead, and the few words that say how it is worked."""

from django.db import models


class LeadStatus(models.TextChoices):
    RAW = "raw", "Raw"
    ASSIGNED = "assigned", "Assigned"
    WORKING = "working", "Working"
    QUALIFIED = "qualified", "Now"
    NURTURE = "nurture", "Not now"
    UNQUALIFIED = "unqualified", "Never"


LeadStatus.OPEN = (LeadStatus.ASSIGNED, LeadStatus.WORKING)
LeadStatus.ENDED = (LeadStatus.QUALIFIED, LeadStatus.NURTURE, LeadStatus.UNQUALIFIED)
LeadStatus.WAITING = (LeadStatus.RAW, LeadStatus.NURTURE)


class Motion(models.TextChoices):
    SLG = "slg", "Sales-led"
    PLG = "plg", "Product-led"


class GoToMarket(models.TextChoices):
    INBOUND = "inbound", "Inbound"
    OUTBOUND = "outbound", "Outbound"


class Channel(models.TextChoices):
    CALL = "call", "Call"
    EMAIL = "email", "Email"
    SOCIAL = "social", "Social"
    SMS = "sms", "SMS"
    CHAT = "chat", "Chat"
    LETTER = "letter", "Letter"
    MEETING = "meeting", "Meeting"
