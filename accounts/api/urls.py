"""Addresses of whoever asks, below /api/v1/."""

from django.urls import path

from accounts.api import own, told

urlpatterns = [
    path("me/", own.Me.as_view(), name="api-me"),
    path("receipts/", own.Receipts.as_view(), name="api-receipts"),
    path("receipts/<slug:key>/", own.OneReceipt.as_view(), name="api-receipt"),
    path("messages/", told.Messages.as_view(), name="api-messages"),
    path("messages/reads/", told.Reads.as_view(), name="api-message-reads"),
    path("messages/ways/", told.Ways.as_view(), name="api-message-ways"),
]
