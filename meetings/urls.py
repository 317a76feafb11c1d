"""Addresses of meetings, hand-offs, opportunities and companies. Nouns: what a person does to one is a POST to it."""

from meetings.views import account, board, booking, crediting, handing, link, meeting, sale

urlpatterns = [
    *booking.urlpatterns,
    *link.urlpatterns,
    *meeting.urlpatterns,
    *handing.urlpatterns,
    *crediting.urlpatterns,
    *board.urlpatterns,
    *sale.urlpatterns,
    *account.urlpatterns,
]
