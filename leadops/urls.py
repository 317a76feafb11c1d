"""Every address LeadOps answers; each app owns what lies below its own."""

from django.contrib import admin
from django.urls import include, path

from leadops import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("api/", include("leadops.api")),
    path("", include("reporting.urls")),
    path("", include("meetings.views.history")),
    path("", include("meetings.urls")),
    path("", include("leads.urls")),
    path("", include("accounts.urls")),
]
