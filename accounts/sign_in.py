"""Who may be signed in to the pages: people. An API client comes with a key, at its own door, and never has a session."""

from django.contrib.auth.backends import ModelBackend

from accounts.models import Role


class People(ModelBackend):
    """Name and password. Asked again at every request, so that whoever is switched off is out at the next one."""

    def user_can_authenticate(self, user) -> bool:
        return super().user_can_authenticate(user) and user.role != Role.API
