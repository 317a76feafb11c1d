"""The pinned floor that every page is measured against: a signed-in Django view, three queries, fifty rows of six columns, no includes.

It runs through the same middleware as every page of ours: the session, the person, and one list. Only a bench serves it.
"""

from django.http import HttpResponse
from django.template import Context, Engine
from django.urls import include, path

from leads.models import Lead

ROWS = 50
PAGE = """<!doctype html><html lang="en"><head><title>Leads</title></head><body><table>
<tr><th>Name</th><th>Last name</th><th>Company</th><th>Address</th><th>State</th><th>Since</th></tr>
{% for lead in leads %}<tr><td>{{ lead.first_name }}</td><td>{{ lead.last_name }}</td><td>{{ lead.company }}</td><td>{{ lead.email }}</td>
<td>{{ lead.status }}</td><td>{{ lead.status_since }}</td></tr>
{% endfor %}</table></body></html>"""
TEMPLATE = Engine().from_string(PAGE)


def floor(request):
    """List the newest leads in some state."""
    leads = Lead.objects.filter(status="nurture", gone_as="").order_by("-pk")[:ROWS]
    return HttpResponse(TEMPLATE.render(Context({"leads": leads})))


urlpatterns = [path("floor/", floor), path("", include("leadops.urls"))]
