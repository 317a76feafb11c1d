"""Lists are drawn by the house, faster than Django draws them; what is shown is the same."""

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import result_list
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Absence, User
from accounts.templatetags.admin_rows import rows
from leads.models import Lead, Source
from tests.factories import NOON, LeadFactory, put

pytestmark = pytest.mark.django_db
WAYS = ("", "?_popup=1&_to_field=id", "?o=-1")


@pytest.fixture
def full(house):
    """A house with something in most lists, and what must be escaped in its names."""
    put(None, "working", owner=house.ana)
    put(LeadFactory(go_to_market="inbound"), "assigned", owner=house.ana)
    named = LeadFactory(first_name="<b>Ann</b>", last_name='O\'Hara & "Co"', company="A & <i>B</i>")
    Lead.objects.filter(pk=named.pk).update(source=Source.objects.create(name="Fair <2026>"))
    LeadFactory(first_name="", last_name="", email="", company="", phone="")
    User.objects.filter(pk=house.ben.pk).update(name="<script>x</script>")
    Absence.objects.create(user=house.ben, starts_at=NOON, ends_at=NOON.replace(hour=18), delegate=house.ana)
    return house


def squeezed(html: str) -> str:
    return "".join(html.split())


def shown(client, address: str):
    """The list that an address shows, or None where it knows no such order."""
    answer = client.get(address)
    return answer.context["cl"] if answer.status_code == 200 else None


@pytest.mark.parametrize("way", WAYS)
def test_every_list_shows_what_django_would_show(full, client_of, way):
    client, differ, held = client_of(full.root), [], set()
    for model in admin.site._registry:
        cl = shown(client, reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + way)
        if cl is None:
            continue
        theirs = render_to_string("admin/change_list_results.html", result_list(cl))
        if squeezed(render_to_string("admin/rows.html", rows(cl))) != squeezed(theirs):
            differ.append(model._meta.label)
        if cl.result_list:
            held.add(model._meta.model_name)
    assert differ == []
    assert held >= {"lead", "cycle", "touch", "event", "user", "team", "absence", "reason", "stage", "source", "policy"}


def test_a_row_of_a_filtered_list_leads_back_to_the_filter(full, client_of):
    page = client_of(full.rita).get("/admin/leads/lead/?status__exact=working").content.decode()
    lead = Lead.objects.get(status="working")
    assert (
        f'<a href="/admin/leads/lead/{lead.pk}/change/?_changelist_filters=status__exact%3Dworking">{lead.pk}</a>'
        in page
    )


def test_a_name_with_markup_is_shown_as_it_is_written(full, client_of):
    page = client_of(full.rita).get("/admin/leads/lead/").content.decode()
    assert "&lt;b&gt;Ann&lt;/b&gt; O&#x27;Hara &amp; &quot;Co&quot;" in page
    assert "<b>Ann</b>" not in page


def test_who_may_look_only_sees_the_lists_beside_the_page_and_which_one_is_open(full, client_of):
    page = client_of(full.rita).get("/admin/leads/lead/").content.decode()
    assert '<a href="/admin/leads/lead/" aria-current="page">' in page
    assert page.count('aria-current="page">') == 2  # and in the crumbs
    assert '<a href="/admin/leads/lead/add/"' not in page
    assert '<a href="/admin/accounts/team/add/" class="addlink" aria-describedby="accounts-team">Add</a>' in page
