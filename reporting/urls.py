"""Addresses of the figures."""

from django.urls import path

from reporting.views import moves, overview, people, reports

urlpatterns = [
    path("overview/", overview.overview, name="overview"),
    path("overview/leads/", overview.pile, name="overview-leads"),
    path("overview/moves/", moves.moved, name="overview-moves"),
    path("reports/", reports.reports, name="reports"),
    path("reports/mine/", people.my_numbers, name="my-numbers"),
    path("reports/mine/file/", people.my_numbers_file, name="my-numbers-file"),
    path("reports/pay/", people.pay_statement, name="pay"),
    path("reports/pay/file/", people.pay_file, name="pay-file"),
    path("reports/two/", people.two_reps, name="two-reps"),
    path("reports/two/file/", people.two_reps_file, name="two-reps-file"),
    path("reports/<slug:name>/", reports.report, name="report"),
    path("reports/<slug:name>/rows/", reports.report_rows, name="report-rows"),
    path("reports/<slug:name>/file/", reports.report_file, name="report-file"),
]
