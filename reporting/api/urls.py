"""Addresses of reports in the API, below /api/v1/."""

from django.urls import path

from reporting.api import reports

urlpatterns = [
    path("reports/", reports.Reports.as_view(), name="api-reports"),
    path("reports/<slug:name>/", reports.OneReport.as_view(), name="api-report"),
]
