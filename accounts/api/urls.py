"""Addresses of whoever asks, below /api/v1/."""

from django.urls import path

from accounts.api import own

urlpatterns = [
    path("me/", own.Me.as_view(), name="api-me"),
    path("receipts/", own.Receipts.as_view(), name="api-receipts"),
    path("receipts/<slug:key>/", own.OneReceipt.as_view(), name="api-receipt"),
]
