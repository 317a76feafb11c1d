"""Addresses of the figures."""

from django.urls import path

from reporting import overview, views

urlpatterns = [
    path("overview/", overview.overview, name="overview"),
    path("reports/", views.reports, name="reports"),
    path("reports/mine/", views.my_numbers, name="my-numbers"),
    path("reports/two/", views.two_reps, name="two-reps"),
    path("reports/<slug:name>/", views.report, name="report"),
    path("reports/<slug:name>/rows/", views.report_rows, name="report-rows"),
    path("reports/<slug:name>/file/", views.report_file, name="report-file"),
]
