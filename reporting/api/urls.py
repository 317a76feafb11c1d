"""Addresses of figures in the API, below /api/v1/."""

from django.urls import path

from reporting.api import clock, people, reports, rows

urlpatterns = [
    path("overview/", clock.Overview.as_view(), name="api-overview"),
    path("overview/leads/", clock.OverviewLeads.as_view(), name="api-overview-leads"),
    path("overview/moves/", clock.OverviewMoves.as_view(), name="api-overview-moves"),
    path("reports/", reports.Reports.as_view(), name="api-reports"),
    path("reports/mine/", people.Mine.as_view(), name="api-my-numbers"),
    path("reports/two/", people.TwoReps.as_view(), name="api-two-reps"),
    path("reports/pay/", people.Pay.as_view(), name="api-pay"),
    path("reports/<slug:name>/", reports.OneReport.as_view(), name="api-report"),
    path("reports/<slug:name>/rows/", rows.ReportRows.as_view(), name="api-report-rows"),
]
