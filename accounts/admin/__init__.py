"""What RevOps keeps and managers look up: people, teams, absences, reasons, products, stages, accounts."""

from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.admin import api, companies, people, rules

# Registered by Django's own app, which `people` has loaded; rights come from the table alone.
if admin.site.is_registered(Group):
    admin.site.unregister(Group)

__all__ = ["api", "companies", "people", "rules"]
