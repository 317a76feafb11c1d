"""How LeadOps plugs itself into Django."""

import gc

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import apps as admin_apps


class LeadOpsConfig(AppConfig):
    name = "leadops"
    verbose_name = "LeadOps"

    def ready(self) -> None:
        from django_q.signals import pre_execute

        from leadops import checks, priority  # noqa: F401

        pre_execute.connect(priority.give_way, dispatch_uid="pages-first")

        # What is loaded by now stays as long as the process does; looking through it again and again for what may go takes a fifth of
        # the time of a sweep.
        gc.freeze()


class AdminConfig(admin_apps.AdminConfig):
    """The stock admin, with our rights, and without what the job cluster registers there."""

    default_site = "accounts.admin_site.Site"

    def ready(self) -> None:
        super().ready()
        from django_q import models as jobs

        # Whoever may add a schedule may run any function on the host.
        for model in (jobs.Schedule, jobs.Success, jobs.Failure, jobs.OrmQ):
            if admin.site.is_registered(model):
                admin.site.unregister(model)
