"""People, teams and absences in the admin: RevOps keeps them, a manager keeps the absences of their people."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from accounts.models import Absence, Membership, Role, Team, User
from tests.factories import put

pytestmark = pytest.mark.django_db
HOURS = {"time_zone": "Europe/Oslo", "work_start": "08:00", "work_end": "17:00", "work_days": ["1", "2", "3"]}


def change(row) -> str:
    return reverse(f"admin:accounts_{row._meta.model_name}_change", args=[row.pk])


def person(user: User, **facts) -> dict:
    return (
        HOURS
        | {"username": user.username, "name": user.name, "email": user.email, "role": user.role, "is_active": "on"}
        | facts
    )


def new_person(**facts) -> dict:
    return (
        HOURS
        | {"username": "ines", "name": "Ines Roth", "role": "sdr", "usable_password": "true"}
        | {"password1": "a-long-and-odd-one", "password2": "a-long-and-odd-one"}
        | facts
    )


def test_revops_adds_a_person_who_can_then_sign_in(rita, client_of, client):
    response = client_of(rita).post(reverse("admin:accounts_user_add"), new_person())
    assert response.status_code == 302
    ines = User.objects.get(username="ines")
    assert (ines.role, ines.time_zone, ines.work_days, ines.is_staff, ines.is_superuser) == (
        *("sdr", "Europe/Oslo", [1, 2, 3]),
        False,
        False,
    )
    assert client.post("/sign-in/", {"username": "ines", "password": "a-long-and-odd-one"}).status_code == 302


@pytest.mark.parametrize("role", Role.values)
def test_who_may_use_the_admin_follows_from_the_role(rita, client_of, role):
    client_of(rita).post(reverse("admin:accounts_user_add"), new_person(role=role))
    assert User.objects.get(username="ines").is_staff == (role in ("manager", "revops"))


def test_nobody_is_made_a_superuser_in_the_admin(house, client_of):
    facts = person(house.ana, is_superuser="on", is_staff="on", user_permissions=["1"], groups=["1"])
    assert client_of(house.rita).post(change(house.ana), facts).status_code == 302
    house.ana.refresh_from_db()
    assert (house.ana.is_superuser, house.ana.is_staff, house.ana.user_permissions.count()) == (False, False, 0)


def test_revops_does_not_change_a_superuser_nor_their_password(house, client_of):
    desk = client_of(house.rita)
    assert desk.post(change(house.root), person(house.root, name="Mine")).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[house.root.pk])
    facts = {"password1": "a-long-and-odd-one", "password2": "a-long-and-odd-one", "usable_password": "true"}
    assert desk.post(password, facts).status_code == 403
    house.root.refresh_from_db()
    assert (house.root.name, house.root.has_usable_password()) == ("Root", False)


def test_a_superuser_does(house, client_of):
    assert client_of(house.root).post(change(house.root), person(house.root, name="Mine")).status_code == 302
    house.root.refresh_from_db()
    assert (house.root.name, house.root.is_staff, house.root.is_superuser) == ("Mine", True, True)


def test_revops_sets_a_password(house, client_of, client):
    password = reverse("admin:auth_user_password_change", args=[house.ana.pk])
    facts = {"password1": "a-long-and-odd-one", "password2": "a-long-and-odd-one", "usable_password": "true"}
    assert client_of(house.rita).post(password, facts).status_code == 302
    assert client.post("/sign-in/", {"username": "ana", "password": "a-long-and-odd-one"}).status_code == 302


def test_a_person_with_open_leads_is_not_switched_off_before_they_are_reassigned(house, client_of):
    put(None, "working", owner=house.ana)
    put(None, "assigned", owner=house.ana)
    response = client_of(house.rita).post(change(house.ana), person(house.ana, is_active=""))
    assert response.context["adminform"].form.errors == {
        "is_active": [
            f'Ana Berg still holds 2 open leads. <a href="/team/{house.ana.pk}/leave/">Hand them over first</a>.'
        ]
    }
    house.ana.refresh_from_db()
    assert house.ana.is_active


@pytest.mark.parametrize(
    ("role", "stays"), [("marketing", True), ("leadership", True), ("revops", True), ("ae", False)]
)
def test_a_person_with_open_leads_gets_no_role_that_holds_none_before_they_are_reassigned(
    house, client_of, role, stays
):
    put(None, "working", owner=house.ana)
    response = client_of(house.rita).post(change(house.ana), person(house.ana, role=role))
    house.ana.refresh_from_db()
    assert house.ana.role == ("sdr" if stays else role)
    if stays:
        assert "Ana Berg still holds 1 open lead" in response.context["adminform"].form.errors["role"][0]


def test_a_person_without_open_leads_is_switched_off(house, client_of):
    put(None, "nurture", owner=house.ana)
    assert client_of(house.rita).post(change(house.ana), person(house.ana, is_active="")).status_code == 302
    house.ana.refresh_from_db()
    assert not house.ana.is_active


def team(row: Team, *members, **facts) -> dict:
    rows = {
        f"memberships-{i}-{name}": value
        for i, user in enumerate(members)
        for name, value in {"user": user.pk, "weight": "50", "cap_open": "", "cap_day": "", "id": ""}.items()
    }
    return (
        {
            "name": row.name,
            "kind": row.kind,
            "parent": row.parent_id or "",
            "manager": row.manager_id or "",
            "is_active": "on",
        }
        | {"memberships-TOTAL_FORMS": len(members), "memberships-INITIAL_FORMS": 0}
        | rows
        | facts
    )


def test_revops_puts_a_person_into_a_team(house, client_of):
    assert client_of(house.rita).post(change(house.south), team(house.south, house.eva)).status_code == 302
    assert Membership.objects.get(user=house.eva).weight == 50


def test_the_product_gets_no_members(house, client_of):
    product = Team.objects.get(kind="product")
    response = client_of(house.rita).post(change(product), team(product, house.ana))
    assert response.status_code == 200
    assert response.context["inline_admin_formsets"][0].formset.non_form_errors() == [
        "The product has no members: that is what keeps sellers off its leads."
    ]
    assert product.memberships.count() == 0


def test_a_team_is_not_above_itself(house, client_of):
    facts = team(house.sales, parent=house.north.pk)
    response = client_of(house.rita).post(change(house.sales), facts)
    assert response.context["adminform"].form.errors == {"parent": ["Sales cannot be above itself."]}
    house.sales.refresh_from_db()
    assert house.sales.parent is None


def away(user, **facts) -> dict:
    return {
        "user": user.pk,
        "starts_at_0": "2027-03-01",
        "starts_at_1": "00:00:00",
        "ends_at_0": "2027-03-02",
        "ends_at_1": "00:00:00",
    } | facts


def test_a_manager_notes_an_absence_of_their_people(house, client_of):
    desk = client_of(house.cleo)
    assert desk.post(reverse("admin:accounts_absence_add"), away(house.ana)).status_code == 302
    assert Absence.objects.get().user == house.ana


def test_a_manager_notes_no_absence_of_anybody_else(house, client_of):
    response = client_of(house.cleo).post(reverse("admin:accounts_absence_add"), away(house.dov))
    assert list(response.context["adminform"].form.errors) == ["user"]
    assert not Absence.objects.exists()


def test_a_manager_neither_sees_nor_changes_an_absence_of_another_team(house, client_of):
    client_of(house.hugo).post(reverse("admin:accounts_absence_add"), away(house.dov))
    row = Absence.objects.get()
    desk = client_of(house.cleo)
    assert desk.get(change(row)).status_code == 404
    assert desk.post(change(row), away(house.ana)).status_code == 404
    assert "Dov" not in desk.get(reverse("admin:accounts_absence_changelist")).content.decode()
    assert Absence.objects.get().user == house.dov


def test_two_days_away_name_who_stands_in(house, client_of):
    facts = away(house.ana, ends_at_0="2027-03-03")
    response = client_of(house.cleo).post(reverse("admin:accounts_absence_add"), facts)
    assert response.context["adminform"].form.errors == {"delegate": ["Away for two days or more: name who stands in."]}
    facts["delegate"] = house.ben.pk
    assert client_of(house.cleo).post(reverse("admin:accounts_absence_add"), facts).status_code == 302


def test_days_and_hours_are_written_so_that_nobody_takes_a_day_for_a_month(house, client_of):
    away = Absence.objects.create(
        user=house.ana,
        starts_at=datetime(2026, 3, 4, 13, 5, tzinfo=UTC),
        ends_at=datetime(2026, 3, 5, 13, 5, tzinfo=UTC),
    )
    rita = client_of(house.rita)

    listed = rita.get("/admin/accounts/absence/").content.decode()
    form = rita.get(change(away)).content.decode()
    fields = {"user": house.ana.pk, "delegate": "", "note": "", "ends_at_0": "6 Mar 2026", "ends_at_1": "09:00"}
    rita.post(change(away), fields | {"starts_at_0": "2026-03-04", "starts_at_1": "14:05"})

    assert "4 Mar 2026, 14:05" in listed  # in the zone of Berlin
    assert 'value="2026-03-04"' in form
    assert 'value="14:05"' in form
    away.refresh_from_db()
    assert away.ends_at == datetime(2026, 3, 6, 8, tzinfo=UTC)
    again = rita.post(change(away), fields | {"starts_at_0": "04/03/2026", "starts_at_1": "14:05"})
    assert "Enter a valid date" in again.content.decode()
