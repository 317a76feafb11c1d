"""Addresses of meetings and sales in the API, below /api/v1/."""

from django.urls import path

from meetings.api import meetings, sales

urlpatterns = [
    path("leads/<int:pk>/meetings/", meetings.LeadMeetings.as_view(), name="api-lead-meetings"),
    path("meetings/", meetings.Meetings.as_view(), name="api-meetings"),
    path("meetings/<int:pk>/", meetings.OneMeeting.as_view(), name="api-meeting"),
    path("meetings/<int:pk>/moves/", meetings.Moves.as_view(), name="api-meeting-moves"),
    path("meetings/<int:pk>/cancellations/", meetings.Cancellations.as_view(), name="api-meeting-cancellations"),
    path("meetings/<int:pk>/dispositions/", meetings.MeetingDispositions.as_view(), name="api-meeting-dispositions"),
    path("opportunities/", sales.Opportunities.as_view(), name="api-opportunities"),
    path("opportunities/<int:pk>/", sales.OneOpportunity.as_view(), name="api-opportunity"),
]
