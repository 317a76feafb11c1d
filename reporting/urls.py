"""Addresses of the figures."""

from django.urls import path

from reporting.views import moves, overview, reports

urlpatterns = [
    path("overview/", overview.overview, name="overview"),
    path("overview/leads/", overview.pile, name="overview-leads"),
    path("overview/moves/", moves.moved, name="overview-moves"),
    path("reports/", reports.reports, name="reports"),
    path("reports/mine/", reports.my_numbers, name="my-numbers"),
    path("reports/pay/", reports.pay_statement, name="pay"),
    path("reports/two/", reports.two_reps, name="two-reps"),
    path("reports/<slug:name>/", reports.report, name="report"),
    path("reports/<slug:name>/rows/", reports.report_rows, name="report-rows"),
    path("reports/<slug:name>/file/", reports.report_file, name="report-file"),
]
