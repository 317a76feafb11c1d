"""Addresses of the figures."""

from django.urls import path

from reporting import views

urlpatterns = [
    path("overview/", views.overview, name="overview"),
]
