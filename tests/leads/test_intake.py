"""The one way in (IN-1, IN-2, ruling 7)."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, Batch, Domain, Event
from leads import consent, erasure
from leads.intake import Bad, Taken, make_row, take
from leads.models import Identity, Lead, LeadStatus, Note, Signal, Source, Task
from tests.lasting import overlapping

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
ANNA = {
    "email": "anna@nordlicht.no",
    "first_name": "Anna",
    "last_name": "Lind",
    "company": "Nordlicht AS",
    "source": "fair",
}

pytestmark = pytest.mark.django_db


def bring(*people, at=AT, by=None, door="import", **defaults):
    return take([make_row({**person}, **defaults) for person in people], by=by, at=at, door=door)


def results(taken):
    return [one.result for one in taken]


def whole():
    """Hold now what the database holds at the end of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


class TestSomebodyNew:
    def test_becomes_a_raw_lead_with_account_source_signal_and_record(self):
        taken = bring(
            {**ANNA, "phone": "+49 151 23456789", "title": "Head", "campaign": "Hannover", "country": "Norway"}
        )
        whole()
        lead = Lead.objects.get()
        assert taken == [Taken("created", lead.pk)]
        assert (lead.status, lead.status_since, lead.created_at, lead.recorded_at) == ("raw", AT, AT, AT)
        assert (lead.motion, lead.go_to_market, lead.version, lead.owner, lead.team) == (
            "slg",
            "outbound",
            0,
            None,
            None,
        )
        assert (lead.name, lead.title, lead.phone, lead.country) == ("Anna Lind", "Head", "+4915123456789", "Norway")
        assert lead.search == "anna lind nordlicht as anna@nordlicht.no +4915123456789"
        assert (lead.account.name, lead.account.domain) == ("Nordlicht AS", "nordlicht.no")
        assert (lead.source.name, lead.source.parent, lead.campaign.name, lead.campaign.parent) == (
            "fair", None, "Hannover", lead.source,
        )  # fmt: skip
        assert set(lead.identities.values_list("kind", "system", "value", "is_live")) == {
            ("email", "", "anna@nordlicht.no", True),
            ("phone", "", "+4915123456789", True),
        }
        signal = lead.signals.get()
        assert (signal.kind, signal.key, signal.at) == ("import", "import|fair|Hannover|", AT)
        event = Event.objects.get()
        assert (event.kind, event.lead_id, event.account_id, event.door) == (
            "signal",
            lead.pk,
            lead.account_id,
            "import",
        )
        assert event.data == {"signal": signal.pk, "kind": "import", "new": True}

    def test_keeps_when_they_came_and_when_we_learnt_it_apart(self):
        bring({**ANNA, "created_at": AT - 300 * DAY})
        lead = Lead.objects.get()
        assert (lead.created_at, lead.status_since, lead.recorded_at) == (AT - 300 * DAY, AT - 300 * DAY, AT)
        assert lead.signals.values_list("at", "recorded_at").get() == (AT - 300 * DAY, AT)
        assert Event.objects.values_list("at", "recorded_at").get() == (AT - 300 * DAY, AT)

    def test_never_came_later_than_now(self):
        bring({**ANNA, "created_at": AT + timedelta(hours=5)})
        assert Lead.objects.get().created_at == AT

    def test_without_address_phone_and_id_is_refused(self):
        with pytest.raises(Bad, match="needs an address, a phone or an external id"):
            make_row({"first_name": "Anna", "company": "Nordlicht"})
        with pytest.raises(Bad, match=r"^“call me” is no phone number"):
            make_row({"phone": "call me"})

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("email", "anna@", "“anna@” is no address."),
            ("first_name", "x" * 101, "has 101 characters; at most 100 fit."),
            ("motion", "both", "“both” is not one of: slg, plg."),
            ("company", "A\x00B", "has a NUL character in it."),
            ("note", "x" * 10_001, "has 10,001 characters; a note holds 10,000."),
            ("created_at", datetime(2026, 1, 1), "is no moment with its time zone."),  # noqa: DTZ001
        ],
    )
    def test_with_a_field_that_cannot_be_is_refused_and_the_field_named(self, field, value, words):
        with pytest.raises(Bad) as bad:
            make_row({"external_id": "1", field: value})
        assert (bad.value.field, bad.value.words) == (field, words)

    def test_of_a_form_is_inbound_and_of_a_list_outbound_unless_said(self):
        bring({"external_id": "1"}, {"external_id": "2", "go_to_market": "Inbound"})
        bring({"external_id": "3"}, kind=Signal.Kind.FORM, door="api")
        assert list(Lead.objects.order_by("pk").values_list("go_to_market", flat=True)) == [
            "outbound",
            "inbound",
            "inbound",
        ]

    def test_waits_in_the_queue_of_the_team_unless_they_are_the_products(self, north):
        bring({"external_id": "1"}, {"external_id": "2", "motion": "PLG"}, team=north)
        assert list(Lead.objects.order_by("pk").values_list("motion", "team")) == [("slg", north.pk), ("plg", None)]

    @pytest.mark.parametrize(
        "text", ['O\'Neill \\ "the" {1,2} \\N NULL', "a\tb\nc", "\x1f\x1e|", "Zoë 漢字 😀", "\\.", "%s {}"]
    )
    def test_keeps_any_text_as_it_was_written(self, text):
        bring(
            {"external_id": text, "first_name": text, "source": text, "campaign": text, "note": text, "company": text}
        )
        whole()
        lead, line = Lead.objects.get(), " ".join(text.replace("\x1f", " ").replace("\x1e", " ").split())
        assert (lead.first_name, lead.company, lead.identities.get().value) == (line, line, line)
        assert (lead.source.name, lead.campaign.name) == (line, line)
        assert lead.notes.get().text == text.replace("\x1f", "").replace("\x1e", "").strip()

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.dictionaries(
            st.sampled_from(["first_name", "company", "campaign", "note", "words", "what"]), st.text(max_size=60)
        )
    )
    def test_of_any_text_is_taken_or_refused_and_never_fails(self, texts):
        with transaction.atomic():
            try:
                row = make_row({"external_id": "1", **texts}, kind=Signal.Kind.FORM)
            except Bad:
                return
            assert results(take([row], by=None, at=AT, door="api")) == ["created"]
            lead = Lead.objects.get()
            assert (lead.first_name, lead.company) == (row.first_name, row.company)
            assert lead.signals.get().words == row.words
            transaction.set_rollback(True)


class TestSomebodyKnown:
    def test_told_again_changes_nothing_and_says_so(self):
        bring(ANNA)
        before = (Event.objects.count(), Signal.objects.count(), list(Lead.objects.values()))
        assert results(bring({**ANNA, "email": " ANNA@Nordlicht.no"}, at=AT + DAY)) == ["unchanged"]
        assert (Event.objects.count(), Signal.objects.count(), list(Lead.objects.values())) == before

    def test_has_blanks_filled_and_nothing_overwritten(self):
        bring({"email": "anna@nordlicht.no", "first_name": "Anna"})
        taken = bring({**ANNA, "first_name": "Änne", "phone": "+4915123456789"}, at=AT + DAY)
        lead = Lead.objects.get()
        assert taken == [Taken("updated", lead.pk)]
        assert (lead.first_name, lead.last_name, lead.company, lead.phone) == (
            "Anna",
            "Lind",
            "Nordlicht AS",
            "+4915123456789",
        )
        assert lead.search == "anna lind nordlicht as anna@nordlicht.no +4915123456789"
        assert (lead.version, lead.created_at, lead.recorded_at) == (0, AT, AT)
        assert Event.objects.order_by("-pk")[0].data["filled"] == ["last_name", "company", "phone"]

    def test_filled_without_a_new_signal_is_on_record_too(self):
        bring({"email": "anna@nordlicht.no"})
        bring({"email": "anna@nordlicht.no", "title": "Head"}, at=AT + DAY)
        newest = Event.objects.order_by("-pk")[0]
        assert (newest.kind, newest.at, newest.data) == ("filled", AT + DAY, {"filled": ["title"]})
        assert Signal.objects.count() == 1

    def test_from_another_source_keeps_the_first_and_gets_another_signal(self):
        bring(ANNA)
        assert results(bring({**ANNA, "source": "webinar"})) == ["updated"]
        lead = Lead.objects.get()
        assert (lead.source.name, lead.signals.count()) == ("fair", 2)

    def test_at_another_time_is_another_signal(self):
        bring({**ANNA, "created_at": AT - 9 * DAY})
        assert results(bring({**ANNA, "created_at": AT - 8 * DAY})) == ["updated"]
        assert results(bring({**ANNA, "created_at": AT - 9 * DAY})) == ["unchanged"]

    def test_is_found_by_address_before_external_id(self):
        one, two = bring({"email": "anna@nordlicht.no"}, {"external_id": "7"}, system="crm")
        both = bring({"email": "anna@nordlicht.no", "external_id": "7"}, system="crm")
        assert [t.lead for t in both] == [one.lead]
        assert Identity.objects.get(kind="external").lead_id == two.lead

    def test_is_found_by_external_id_of_the_same_system_only(self):
        known = bring({"external_id": "7"}, system="crm")[0].lead
        assert bring({"external_id": "7", "email": "anna@nordlicht.no"}, system="crm")[0].lead == known
        assert results(bring({"external_id": "7"}, system="shop")) == ["created"]
        assert Lead.objects.get(pk=known).email == "anna@nordlicht.no"

    def test_with_a_further_address_is_known_by_both(self):
        known = bring({"external_id": "7", "email": "anna@nordlicht.no"})[0].lead
        assert results(bring({"external_id": "7", "email": "lind@nordlicht.no"})) == ["updated"]
        assert bring({"email": "lind@nordlicht.no"})[0] == Taken("unchanged", known)
        assert Lead.objects.get().email == "anna@nordlicht.no"

    def test_who_was_merged_is_found_as_the_winner(self):
        winner, loser = (t.lead for t in bring({"email": "anna@nordlicht.no"}, {"email": "lind@nordlicht.no"}))
        Lead.objects.filter(pk=loser).update(gone_as="merged", merged_into=winner)
        assert bring({"email": "lind@nordlicht.no", "title": "Head"})[0] == Taken("updated", winner)
        assert Lead.objects.get(pk=winner).title == "Head"

    def test_who_opted_out_stays_opted_out(self, rita):
        lead = bring(ANNA)[0].lead
        consent.opt_out([lead], by=rita, at=AT)
        assert results(bring({**ANNA, "title": "Head", "source": "list"}, at=AT + DAY)) == ["updated"]
        assert Lead.objects.get().opted_out_at == AT

    def test_who_was_erased_is_not_brought_back(self, rita):
        lead = bring({**ANNA, "external_id": "7", "phone": "+4915123456789"}, system="crm")[0].lead
        erasure.erase([lead], by=rita, at=AT).whole()
        told = [ANNA, {"external_id": "7", "email": "new@nordlicht.no"}, {"phone": "+49 151 23456789"}]
        taken = bring(*told, {"email": "ben@kettler.de"}, system="crm")
        assert [(t.result, t.words) for t in taken[:3]] == [
            ("rejected", "This person asked to be erased and is not brought back.")
        ] * 3
        assert taken[3].result == "created"
        assert Lead.objects.filter(gone_as="").count() == 1

    def test_in_hand_does_not_become_stale(self, ana, cleo, north):
        from leads import assignment

        lead = bring(ANNA, team=north)[0].lead
        seen = assignment.assign([lead], to=ana, by=cleo, at=AT).lead.version
        bring({**ANNA, "title": "Head", "source": "list"}, at=AT + DAY)
        assert Lead.objects.values_list("version", "status", "owner").get() == (seen, "assigned", ana.pk)


class TestPhones:
    def test_find_whoever_has_nothing_better(self):
        known = bring({"phone": "+49 151 23456789", "email": "anna@nordlicht.no"})[0].lead
        assert bring({"phone": "0151 23456789", "country": "Germany"})[0].lead == known

    def test_do_not_find_who_has_an_address_or_id(self):
        bring({"phone": "+49 151 23456789"})
        people = [
            {"phone": "+49 151 23456789", "email": "anna@nordlicht.no"},
            {"phone": "+49 151 23456789", "external_id": "7"},
        ]
        assert results(bring(*people)) == ["created", "created"]

    def test_of_a_switchboard_are_shared_by_people_of_different_names(self):
        anna, ben = bring(
            {"phone": "+4930123456", "first_name": "Anna", "email": "anna@nordlicht.no"},
            {"phone": "+4930123456", "first_name": "Ben", "email": "ben@nordlicht.no"},
        )
        again = bring({"phone": "+4930123456", "first_name": "BEN"}, {"phone": "+4930123456", "first_name": "Cleo"})
        assert again[0].lead == ben.lead
        assert (again[1].result, Lead.objects.count()) == ("created", 3)
        assert anna.lead not in {t.lead for t in again}

    def test_without_a_country_find_the_same_digits(self):
        assert results(bring({"phone": "0151 234567"})) == ["created"]
        assert results(bring({"phone": "0151-234567"})) == ["unchanged"]


class TestManyAtOnce:
    def test_rows_of_one_person_are_folded_in_their_order(self):
        taken = bring(
            {"email": "anna@nordlicht.no", "source": "fair"},
            {"email": "anna@nordlicht.no", "source": "fair", "title": "Head"},
            {"email": "anna@nordlicht.no", "source": "fair", "title": "Other"},
            {"email": "anna@nordlicht.no", "source": "list"},
        )
        whole()
        lead = Lead.objects.get()
        assert taken == [Taken(r, lead.pk) for r in ("created", "updated", "unchanged", "updated")]
        assert (lead.title, lead.source.name, lead.signals.count()) == ("Head", "fair", 2)

    def test_two_who_turn_out_to_be_one_stay_two_until_somebody_merges_them(self):
        taken = bring({"email": "a@b.no"}, {"external_id": "7"}, {"email": "a@b.no", "external_id": "7"})
        assert [t.lead for t in taken] == [taken[0].lead, taken[1].lead, taken[0].lead]

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "email": st.sampled_from(["a@x.no", "b@x.no", "c@y.no"]), "external_id": st.sampled_from(["1", "2"]),
                    "phone": st.sampled_from(["+4915123456789", "+4915123456780"]), "first_name": st.sampled_from(["Anna", "Ben"]),
                    "title": st.sampled_from(["Head", "Chief"]), "source": st.sampled_from(["fair", "list"]),
                },
            ).filter(lambda p: p.keys() & {"email", "external_id", "phone"}),
            max_size=9,
        )
    )  # fmt: skip
    def test_end_as_if_they_had_come_one_by_one(self, people):
        def end(*groups):
            with transaction.atomic():
                said = [t.result for group in groups for t in bring(*group)]
                names = ("email", "first_name", "title", "phone", "search", "source__name", "account__domain")
                state = (
                    sorted(Lead.objects.values_list(*names), key=repr),
                    sorted(Identity.objects.values_list("kind", "value", "lead__email", "lead__phone"), key=repr),
                    sorted(Signal.objects.values_list("key", "lead__email", "lead__phone"), key=repr),
                )
                transaction.set_rollback(True)
            return said, state

        assert end(people) == end(*([person] for person in people))

    @pytest.mark.parametrize("number", [1, 200])
    def test_ask_the_database_alike_often(self, number, django_assert_max_num_queries):
        people = [{**ANNA, "email": f"p{n}@firm-{n}.no", "external_id": str(n), "note": "x"} for n in range(number)]
        with django_assert_max_num_queries(40):
            bring(*people)
        with django_assert_max_num_queries(30):
            assert set(results(bring(*people))) == {"unchanged"}

    def test_of_none_is_nothing(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert take([], by=None, at=AT, door="import") == []


class TestSources:
    def test_a_blank_one_is_none_and_not_the_word_unknown(self):
        bring({"external_id": "1", "source": " "}, {"external_id": "2", "source": "unknown"})
        assert list(Lead.objects.order_by("pk").values_list("source__name", flat=True)) == [None, "unknown"]

    def test_campaigns_of_one_name_are_kept_apart_by_source(self):
        bring(*({"external_id": str(n), "source": s, "campaign": "spring"} for n, s in enumerate(["web", "fair", ""])))
        parents = set(Source.objects.filter(name="spring").values_list("parent__name", flat=True))
        assert parents == {"web", "fair", ""}

    def test_are_made_once(self):
        for n in range(2):
            bring({"external_id": str(n), "source": "web", "campaign": "spring"})
        assert Source.objects.count() == 2


class TestAccounts:
    def test_free_mail_makes_none(self):
        bring({"email": "anna@gmail.com", "company": "Nordlicht"})
        assert (Lead.objects.get().account, Account.objects.count()) == (None, 0)

    def test_a_company_of_the_same_name_is_a_guess_and_says_so(self):
        bring(ANNA)
        bring({"email": "ben@gmail.com", "company": "NORDLICHT"})
        lead = Lead.objects.get(email="ben@gmail.com")
        assert lead.account == Account.objects.get()
        assert Event.objects.get(lead_id=lead.pk).data["guess"] is True

    def test_is_found_later_when_more_is_known(self):
        bring({"external_id": "7"})
        assert Lead.objects.get().account is None
        bring({"external_id": "7", "email": "anna@nordlicht.no"})
        assert Lead.objects.get().account.domain == "nordlicht.no"

    def test_the_same_list_twice_changes_nothing_though_an_account_appeared_meanwhile(self):
        people = [{"email": "ben@gmail.com", "company": "Nordlicht"}, ANNA]
        bring(*people)
        assert results(bring(*people)) == ["unchanged", "unchanged"]


class TestIntoHands:
    def test_a_named_owner_gets_the_lead(self, ana, cleo, north):
        taken = bring(ANNA, by=cleo, owner=ana, team=north)
        whole()
        lead = Lead.objects.get()
        assert taken == [Taken("created", lead.pk)]
        assert (lead.status, lead.owner, lead.team, lead.cycle.trigger, lead.cycle.came_team) == (
            "assigned",
            ana,
            None,
            "manager",
            north,
        )

    def test_who_names_themselves_gets_the_lead(self, ana):
        bring(ANNA, by=ana, owner=ana, kind=Signal.Kind.FORM, door="page")
        assert Lead.objects.values_list("status", "owner", "cycle__trigger").get() == ("assigned", ana.pk, "own")

    def test_an_owner_who_may_not_is_told_and_the_lead_waits(self, dov, cleo, north):
        taken = bring(ANNA, by=cleo, owner=dov, team=north)
        lead = Lead.objects.get()
        assert (taken[0].result, lead.status, lead.team) == ("created", "raw", north)
        assert taken[0].words != ""

    def test_a_lead_in_hand_stays_where_it_is(self, ana, ben, rita):
        bring(ANNA, by=rita, owner=ana)
        bring({**ANNA, "source": "list"}, by=rita, owner=ben)
        assert Lead.objects.get().owner == ana

    def test_without_an_owner_everybody_waits_raw(self):
        bring(ANNA)
        assert Lead.objects.values_list("status", "cycle").get() == (LeadStatus.RAW, None)

    def test_who_asks_for_us_is_assigned_at_once(self, house, north):
        taken = bring({**ANNA, "what": "demo", "words": "Call me"}, kind=Signal.Kind.HAND_RAISE, team=north, door="api")
        whole()
        lead = Lead.objects.get()
        assert taken == [Taken("created", lead.pk)]
        assert (lead.status, lead.cycle.trigger, lead.go_to_market) == ("assigned", "action", "inbound")
        assert lead.owner in (house.ana, house.ben)
        assert lead.signals.values_list("kind", "what", "words").get() == ("hand_raise", "demo", "Call me")

    def test_who_asks_again_in_an_open_round_starts_a_clock_of_its_own(self, house, north):
        asks = {**ANNA, "what": "demo"}
        bring({**asks, "created_at": AT}, kind=Signal.Kind.HAND_RAISE, team=north, door="api")
        bring({**asks, "created_at": AT + DAY}, at=AT + DAY, kind=Signal.Kind.HAND_RAISE, team=north, door="api")
        whole()
        assert Lead.objects.get().cycles.count() == 1
        assert Task.objects.get(kind="hand_raise").began_at == AT + DAY

    def test_asking_the_same_twice_is_asking_once(self, house, north):
        asks = {**ANNA, "what": "demo", "created_at": AT}
        for _ in range(2):
            taken = bring(asks, kind=Signal.Kind.HAND_RAISE, team=north, door="api")
        assert results(taken) == ["unchanged"]
        assert (Signal.objects.count(), Task.objects.filter(kind="hand_raise").count()) == (1, 0)


class TestNotes:
    def test_are_kept_once(self, rita):
        for _ in range(2):
            bring({**ANNA, "note": "Met at the fair.\nCall her."}, by=rita)
        note = Note.objects.get()
        assert (note.text, note.by, note.at) == ("Met at the fair.\nCall her.", rita, AT)
        assert Event.objects.get(kind="note").data == {"note": note.pk}


class TestBatches:
    def test_are_named_on_every_signal(self, rita):
        batch = Batch.objects.create(name="people.csv", created_at=AT)
        take([make_row(ANNA)], by=rita, at=AT, door="import", batch=batch)
        assert Signal.objects.values_list("batch", "by").get() == (batch.pk, rita.pk)

    def test_the_application_may_do_all_this(self, as_application, house, north):
        with as_application(), transaction.atomic():
            bring({**ANNA, "note": "x", "phone": "+4915123456789"}, team=north)
            bring({**ANNA, "title": "Head", "source": "list"})
        assert Lead.objects.get().signals.count() == 2


def all_at_once(number, work):
    """Let this many do the work at the same moment, and hold that none of them failed."""
    said = overlapping("leads_identity", *(partial(work, n) for n in range(number)))
    assert [answer for answer in said if isinstance(answer, Exception)] == []
    return said


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
class TestRaces:
    def test_twenty_who_tell_of_one_person_make_one_lead_one_signal_one_account(self):
        said = all_at_once(20, lambda n: results(bring(ANNA))[0])
        assert sorted(said) == ["created"] + ["unchanged"] * 19
        counts = [m.objects.count() for m in (Lead, Identity, Signal, Event, Account, Domain)]
        assert counts == [1, 1, 1, 1, 1, 1]

    def test_twenty_who_tell_of_one_phone_make_one_lead(self):
        said = all_at_once(20, lambda n: results(bring({"phone": "+4915123456789"}))[0])
        assert sorted(said) == ["created"] + ["unchanged"] * 19
        assert Lead.objects.count() == 1

    def test_without_the_databases_guard_there_would_be_many(self):
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX identity_of_one_lead")
        try:
            # Without source and company, whose own guards would make them wait for each other.
            all_at_once(20, lambda n: bring({"email": "anna@gmail.com"}))
            assert Lead.objects.count() == 20
        finally:
            for model in (Event, Signal, Identity, Lead):
                model.objects.all().delete()
            with connection.cursor() as cursor:
                cursor.execute(
                    "CREATE UNIQUE INDEX identity_of_one_lead ON leads_identity (kind, system, value)"
                    " WHERE is_live AND kind IN ('email', 'external')"
                )

    def test_two_lists_of_the_same_people_in_different_orders_end_as_one_after_the_other(self):
        people = [
            {**ANNA, "email": f"p{n}@firm-{n % 9}.no", "external_id": str(n), "source": f"s{n % 5}"} for n in range(60)
        ]
        said = all_at_once(4, lambda n: results(bring(*(people[n * 7 :] + people[: n * 7])[:: -1 if n % 2 else 1])))
        assert sorted(r for one in said for r in one) == ["created"] * 60 + ["unchanged"] * 180
        counts = [m.objects.count() for m in (Lead, Identity, Signal, Event, Account)]
        assert counts == [60, 120, 60, 60, 9]
