"""How LeadOps plugs itself into Django."""

from django.apps import AppConfig
from django.contrib import admin


class LeadOpsConfig(AppConfig):
    name = "leadops"
    verbose_name = "LeadOps"

    def ready(self) -> None:
        from django_q import models as jobs

        from leadops import checks  # noqa: F401

        # Whoever may add a schedule may run any function on the host.
        for model in (jobs.Schedule, jobs.Success, jobs.Failure, jobs.OrmQ):
            if admin.site.is_registered(model):
                admin.site.unregister(model)
