from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from accounts import notices
        from accounts.middleware import began

        # Django's own word for "let in", whatever let them in; no process of ours hangs on it.
        user_logged_in.connect(began, dispatch_uid="accounts.session_began")
        notices.begin()
