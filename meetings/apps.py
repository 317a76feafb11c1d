"""What the work led to: meetings, purchases, and what happens to opportunities."""

from django.apps import AppConfig


class MeetingsConfig(AppConfig):
    name = "meetings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from meetings import notices, telling
        from meetings.views import slots

        notices.begin()
        slots.fill()
        telling.begin()
