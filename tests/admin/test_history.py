"""History on every object (ADMIN-1): what changed from what to what, by whom, whatever door it came by."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations import AddField, RemoveField, RenameField, RunPython
from django.db.migrations.loader import MigrationLoader
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from accounts import changes, clock, ownership
from accounts.models import Absence, Change, Membership, Reason, User
from leads import contacts, erasure
from leads.models import Cycle, Lead, Touch
from meetings import handing
from meetings.models import HandOff
from tests.factories import AccountFactory, put
from tests.meetings.table import SCHEDULED, booked, worked

pytestmark = pytest.mark.django_db
KEPT = {
    "accounts_user", "accounts_team", "accounts_membership", "accounts_absence", "accounts_reason", "accounts_product", "accounts_stage",
    "accounts_account", "accounts_domain", "accounts_apikey", "accounts_subscription", "leads_source", "leads_policy",
    "leads_routingrule", "meetings_handoffrule", "leads_cardrule", "meetings_coveragerule", "reporting_bonusrate", "reporting_stucklimit",
}  # fmt: skip


def newest(row, **where) -> Change:
    return Change.objects.filter(table=row._meta.db_table, row=row.pk, **where).latest("pk")


def shown(client, row, **query) -> str:
    url = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/history/"
    page = client.get(url, query).content.decode().split('id="content-main"')[1]
    return " ".join(unescape(strip_tags(re.sub("<(li|td|th|caption)", r" <\1", page))).split())


def test_everything_that_revops_keeps_has_a_history_and_the_triggers_say_what_the_models_say():
    assert set(changes.kept()) == KEPT
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgargs FROM pg_trigger WHERE tgfoid = 'accounts_note_change'::regproc"
        )
        there = {(table, name, bytes(arguments)) for table, name, arguments in cursor.fetchall()}
    meant = set()
    for table, model in changes.kept().items():
        for statement in changes.triggers(table, model):
            if made := re.match(r"CREATE TRIGGER (\w+) .*accounts_note_change\((.*)\);", statement):
                words = re.findall(r"'([^']*)'", made[2])
                meant.add((table, made[1], b"".join(word.encode() + b"\0" for word in words)))
    assert there == meant


def test_whatever_migration_changes_columns_of_what_is_kept_is_followed_by_one_that_puts_its_triggers_in_place():
    kept = {(model._meta.app_label, model._meta.model_name) for model in changes.kept().values()}
    without = set()
    for (app, _name), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        for does in migration.operations:
            if isinstance(does, RunPython) and does.code.__qualname__.startswith(changes.install.__name__):
                without = {(at, table) for at, table in without if at != app}
            elif isinstance(does, AddField | RemoveField | RenameField):
                without |= {(app, does.model_name_lower)} & kept
    assert without == set()


def test_no_secret_stands_in_a_history():
    told = {
        (m._meta.label, c)
        for t, m in changes.kept().items()
        for c in changes.triggers(t, m)[3].split("'")[9].split(",")
    }
    assert {(label, c) for label, c in told if re.search("password|secret|digest", c)} == set()


def test_a_reason_changed_in_the_admin_tells_from_what_to_what_and_by_whom(house, client_of):
    reason, rita = Reason.objects.get(code="no_for_now"), client_of(house.rita)
    was = reason.recycle_months
    fields = {"label": reason.label, "test": "They said so", "nurture_kind": reason.nurture_kind, "program": "sales",
              "recycle_months": "9", "order": reason.order, "is_active": "on"}  # fmt: skip

    answer = rita.post(f"/admin/accounts/reason/{reason.pk}/change/", fields)

    assert answer.status_code == 302
    change = newest(reason)
    assert (change.kind, change.actor_id, change.door) == ("changed", house.rita.pk, "admin")
    assert change.what["recycle_months"] == [was, 9]
    text = shown(rita, reason)
    assert "Rita Olsen (admin) Changed" in text
    assert f"Comes back after, months: {was} → 9" in text
    assert "→ Sales (one to one)" in text
    assert newest(reason).pk == change.pk  # looking changes nothing


def test_whose_change_it_was_is_not_kept_for_the_next_who_writes(house, client_of):
    client_of(house.rita).post(
        f"/team/{house.ana.pk}/away/", {"first": "2199-01-01", "last": "2199-01-01", "delegate": "", "note": "x"}
    )
    by_page = newest(Absence.objects.get())

    Absence.objects.update(note="y")

    by_hand = newest(Absence.objects.get())
    assert (by_page.actor_id, by_page.door, by_page.kind) == (house.rita.pk, "page", "added")
    assert (by_hand.actor_id, by_hand.door, by_hand.what) == (None, "command", {"note": ["x", "y"]})


def test_a_team_tells_who_joined_and_left_and_with_what_weight(house, client_of):
    member, rita = Membership.objects.get(user=house.ana), client_of(house.rita)
    member.weight = 50
    member.save()
    member.delete()

    text = shown(rita, house.north)

    assert "Membership of Ana Berg changed Weight: 100 → 50" in text
    assert "Membership of Ana Berg removed" in text
    assert "Membership of Ben Ito added" in text


def test_a_person_tells_what_was_changed_on_them_but_no_password(house, client_of):
    house.ana.name, house.ana.password, house.ana.last_login = "Ana Sol", "another", clock.now()
    house.ana.save()

    change = newest(house.ana)

    assert change.what == {"name": ["Ana Berg", "Ana Sol"], "password": [None, None]}
    text = shown(client_of(house.rita), house.ana)
    assert "Full name: Ana Berg → Ana Sol" in text
    assert "Password: changed, not shown" in text
    assert "another" not in text


def test_who_signs_in_is_no_change(house):
    before = Change.objects.count()

    User.objects.filter(pk=house.ana.pk).update(last_login=clock.now())

    assert Change.objects.count() == before


def test_an_account_tells_its_owners_by_name_and_a_manager_of_others_does_not_see_it(house, client_of):
    account = AccountFactory(name="Alder")
    rita = client_of(house.rita)
    fields = {"name": "Alder AS", "website": "", "country": "", "segment": "", "region": "", "opportunity_owner": house.eva.pk,
              "domains-TOTAL_FORMS": "0", "domains-INITIAL_FORMS": "0"}  # fmt: skip

    assert rita.post(f"/admin/accounts/account/{account.pk}/change/", fields).status_code == 302

    text = shown(rita, account)
    assert "Name: Alder → Alder AS" in text
    assert "Opportunity owner: – → Eva Lund" in text
    assert client_of(house.hugo).get(f"/admin/accounts/account/{account.pk}/history/").status_code == 404


def test_who_a_lead_is_tells_what_stood_there_before_until_they_are_erased(house, client_of):
    lead = put(None, "working", owner=house.ana, at=clock.now() - timedelta(hours=2))
    was = {name: getattr(lead, name) for name in ("first_name", "last_name", "email")}
    contacts.edit(lead, was | {"first_name": "Zqformer"}, was=was, by=house.ana, at=clock.now())
    contacts.edit(
        Lead.objects.get(pk=lead.pk), was, was=was | {"first_name": "Zqformer"}, by=house.cleo, at=clock.now()
    )
    cleo = client_of(house.cleo)

    assert "Cleo Marsh (page) Changed First name: Zqformer → Marta" in shown(cleo, lead)
    assert client_of(house.hugo).get(f"/admin/leads/lead/{lead.pk}/history/").status_code == 404

    erasure.erase([lead.pk], by=house.rita, at=clock.now()).whole()
    assert [c.what for c in Change.objects.all() if "Zqformer" in str(c.what)] == []


def test_the_history_of_a_lead_tells_also_what_happened_to_it(house, client_of):
    lead = put(None, "working", owner=house.ana, at=clock.now() - timedelta(hours=2))

    text = shown(client_of(house.cleo), lead)

    assert "Nothing was typed over here." in text
    assert "start: Assigned to Working, by Ana Berg (page)" in text.split("What happened, newest first")[1]
    assert "What happened" not in shown(client_of(house.rita), Reason.objects.first())


def test_the_history_of_rows_that_only_happen_tells_what_happened_to_them(house, client_of):
    at = clock.now() - timedelta(hours=2)
    meeting = booked(
        worked(house.ana), house.ana, house.eva, amount=SCHEDULED, starts_at=at + timedelta(hours=1), at=at
    )
    handing.accept(HandOff.objects.get(), by=house.eva, at=at)
    sale = meeting.opportunity
    ownership.change([sale.account], "success_owner", to=house.carl, by=house.rita, at=at)
    lead, rita = Lead.objects.get(pk=meeting.lead_id), client_of(house.rita)

    def happened(row) -> str:
        return shown(rita, row).split("What happened, newest first")[1]

    assert "meeting book, by Ana Berg (page)" in happened(meeting)
    assert "hand off accepted, by Eva Lund (page)" in happened(HandOff.objects.get())
    assert "stage open, by Ana Berg (page)" in happened(sale)
    assert "owner success owner: – to Carl Voss, by Rita Olsen (page)" in happened(sale.account)
    assert "start: Assigned to Working, by Ana Berg (page)" in happened(Cycle.objects.filter(lead=lead).first())
    assert "touch, by Ana Berg (page)" in happened(Touch.objects.filter(lead=lead).first())
    assert "Nothing yet." in happened(AccountFactory())


def test_what_happened_takes_as_many_queries_for_three_changes_of_hands_as_for_one(house, client_of):
    account, rita = AccountFactory(), client_of(house.rita)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            shown(rita, account)
        return len(queries)

    ownership.change([account], "success_owner", to=house.carl, by=house.rita, at=clock.now())
    shown(rita, account)
    one = asked()
    for person in (house.ana, house.ben):
        ownership.change([account], "success_owner", to=person, by=house.cleo, at=clock.now())

    assert asked() == one


def test_a_history_takes_as_many_queries_for_three_changes_as_for_one_and_goes_back_by_key(house, client_of):
    reason, rita = Reason.objects.first(), client_of(house.rita)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            shown(rita, reason)
        return len(counted)

    for order in (901, 902):
        Reason.objects.filter(pk=reason.pk).update(order=order)
    queries()
    one = queries()
    for order in range(1_000, 1_200):
        Reason.objects.filter(pk=reason.pk).update(order=order)

    assert queries() == one
    page = rita.get(f"/admin/accounts/reason/{reason.pk}/history/").content.decode()
    older = re.search(r"\?before=(\d+)", page).group(1)
    assert page.count('<tr><th scope="row">') == 100
    assert "1098 → 1099" not in page
    assert "1098 → <b>1099</b>" in rita.get(
        f"/admin/accounts/reason/{reason.pk}/history/?before={older}"
    ).content.decode().replace("&rarr;", "→")
    assert shown(rita, reason, before="x") == shown(rita, reason)


def test_every_table_in_the_admin_that_can_be_changed_there_keeps_a_history():
    from django.contrib import admin

    from accounts.admin.base import ReadOnlyAdmin

    changed = {m._meta.db_table for m, a in admin.site._registry.items() if not isinstance(a, ReadOnlyAdmin)}
    # Lines of ledgers: each says by whom, and is never changed.
    assert changed - KEPT == {"leads_credit", "reporting_exchangerate"}
    assert {table for table in KEPT if table not in {m._meta.db_table for m in apps.get_models()}} == set()
