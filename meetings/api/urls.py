"""Addresses of meetings, sales and hand-offs in the API, below /api/v1/."""

from django.urls import path

from meetings.api import changes, hands, history, meetings, outcomes, sales, stages

urlpatterns = [
    path("leads/<int:pk>/meetings/", meetings.LeadMeetings.as_view(), name="api-lead-meetings"),
    path("meetings/", meetings.Meetings.as_view(), name="api-meetings"),
    path("meetings/<int:pk>/", meetings.OneMeeting.as_view(), name="api-meeting"),
    path("meetings/<int:pk>/moves/", changes.Moves.as_view(), name="api-meeting-moves"),
    path("meetings/<int:pk>/cancellations/", changes.Cancellations.as_view(), name="api-meeting-cancellations"),
    path("meetings/<int:pk>/dispositions/", outcomes.MeetingDispositions.as_view(), name="api-meeting-dispositions"),
    path("meetings/<int:pk>/corrections/", outcomes.Corrections.as_view(), name="api-meeting-corrections"),
    path("meetings/<int:pk>/claims/", outcomes.Claims.as_view(), name="api-meeting-claims"),
    path("meetings/<int:pk>/claim-answers/", outcomes.ClaimAnswers.as_view(), name="api-meeting-claim-answers"),
    path("meetings/<int:pk>/contests/", outcomes.Contests.as_view(), name="api-meeting-contests"),
    path("meetings/<int:pk>/settlements/", outcomes.Settlements.as_view(), name="api-meeting-settlements"),
    path("free-times/", meetings.FreeTimes.as_view(), name="api-free-times"),
    path("hand-offs/", hands.HandOffs.as_view(), name="api-hand-offs"),
    path("hand-offs/<int:pk>/", hands.OneHandOff.as_view(), name="api-hand-off"),
    path("hand-offs/<int:pk>/answers/", hands.HandOffAnswers.as_view(), name="api-hand-off-answers"),
    path("hand-offs/<int:pk>/repeats/", hands.HandOffRepeats.as_view(), name="api-hand-off-repeats"),
    path("opportunities/", sales.Opportunities.as_view(), name="api-opportunities"),
    path("opportunities/ending/", sales.Ending.as_view(), name="api-opportunities-ending"),
    path("opportunities/surprises/", sales.Surprises.as_view(), name="api-opportunities-surprises"),
    path("opportunities/<int:pk>/", sales.OneOpportunity.as_view(), name="api-opportunity"),
    path("opportunities/<int:pk>/stages/", stages.Stages.as_view(), name="api-opportunity-stages"),
    path("opportunities/<int:pk>/closings/", stages.Closings.as_view(), name="api-opportunity-closings"),
    path("opportunities/<int:pk>/customers/", stages.Customers.as_view(), name="api-opportunity-customers"),
    path("opportunities/<int:pk>/values/", stages.Values.as_view(), name="api-opportunity-values"),
    path("opportunities/<int:pk>/owners/", hands.SaleOwners.as_view(), name="api-opportunity-owners"),
    path("opportunities/<int:pk>/people/", stages.Roles.as_view(), name="api-opportunity-people"),
    path("histories/", history.Histories.as_view(), name="api-histories"),
    path("histories/<int:pk>/", history.OneHistory.as_view(), name="api-history"),
    path("histories/<int:pk>/columns/", history.HistoryMeaning.as_view(), name="api-history-columns"),
    path("histories/<int:pk>/runs/", history.HistoryRuns.as_view(), name="api-history-runs"),
    path("histories/<int:pk>/cancellations/", history.HistoryCancellations.as_view(), name="api-history-cancellations"),
    path("histories/<int:pk>/rejected/", history.HistoryRejected.as_view(), name="api-history-rejected"),
    path("histories/<int:pk>/undos/", history.HistoryUndos.as_view(), name="api-history-undos"),
    path("accounts/<int:pk>/owners/", hands.Owners.as_view(), name="api-account-owners"),
    path("accounts/<int:pk>/consolidations/", hands.Consolidations.as_view(), name="api-account-consolidations"),
]
