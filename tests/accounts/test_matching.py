"""Which company somebody belongs to (ACC-1 to ACC-3)."""

from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import connection, transaction

from accounts.matching import Company, Found, accounts_for
from accounts.models import Account, Domain, Opportunity, Product, Stage
from tests.lasting import overlapping

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FREE = Company(email="anna@gmail.com", company="Nordlicht")


def find(*rows):
    with transaction.atomic():
        return accounts_for(rows, at=AT)


def account(name, key="", domain="", **facts):
    made = Account.objects.create(name=name, name_key=key, domain=domain, created_at=AT, **facts)
    if domain:
        Domain.objects.create(name=domain, account=made)
    return made


@pytest.mark.django_db
class TestByDomain:
    def test_three_spellings_of_one_domain_make_one_account(self):
        rows = [
            Company(website="https://WWW.Sales.Example.co.uk:443/x"),
            Company(email="bob@mail.example.co.uk", company="Example Ltd"),
            Company(website="example.co.uk", country="UK"),
        ]
        found = find(*rows)
        made = Account.objects.get()
        assert {found[row] for row in rows} == {Found(made.pk)}
        assert (made.domain, made.is_guess, made.created_at) == ("example.co.uk", False, AT)
        assert list(Domain.objects.values_list("name", "kind", "account")) == [("example.co.uk", "company", made.pk)]

    def test_a_known_domain_answers_and_makes_nothing(self):
        known = account("Nordlicht", "nordlicht", "nordlicht.no")
        Domain.objects.create(name="nordlicht.com", account=known)
        rows = [Company(email="a@nordlicht.no"), Company(email="b@nordlicht.com", company="Something else")]
        assert set(find(*rows).values()) == {Found(known.pk)}
        assert Account.objects.get().name == "Nordlicht"

    def test_the_domain_of_a_merged_account_answers_with_the_winner(self):
        winner = account("Nordlicht", "nordlicht", "nordlicht.no")
        loser = account("Nordlys", "nordlys", "nordlys.no", gone_as="merged", merged_into=winner)
        assert Domain.objects.get(name="nordlys.no").account == loser
        assert find(Company(email="a@nordlys.no")) == {Company(email="a@nordlys.no"): Found(winner.pk)}

    @pytest.mark.parametrize("email", ["anna@gmail.com", "anna@mailinator.com", "anna@localhost", ""])
    def test_free_and_disposable_mail_neither_makes_nor_matches_an_account(self, email):
        assert find(Company(email=email)) == {}
        assert Account.objects.count() == 0

    def test_what_revops_says_of_a_domain_wins(self):
        Domain.objects.create(name="nordlicht.no", kind="free")
        assert find(Company(email="a@nordlicht.no")) == {}

    def test_a_website_answers_where_the_address_is_free_mail(self):
        row = Company(email="anna@gmail.com", website="www.nordlicht.no")
        assert find(row)[row].account == Account.objects.get(domain="nordlicht.no").pk

    def test_a_page_on_somebody_elses_host_is_no_domain_of_theirs(self):
        assert find(Company(email="anna@gmail.com", website="https://www.facebook.com/nordlicht")) == {}

    def test_an_account_without_a_name_is_called_by_its_domain_until_somebody_says_the_name(self):
        find(Company(email="a@xn--mller-kva.de"))
        assert Account.objects.values_list("name", "name_key").get() == ("müller.de", "")
        find(Company(email="b@müller.de", company="Müller GmbH"))
        assert Account.objects.values_list("name", "name_key").get() == ("Müller GmbH", "muller")

    def test_an_account_without_its_domain_row_is_still_the_one(self):
        lone = Account.objects.create(name="Lone", name_key="lone", domain="lone.no", created_at=AT)
        assert find(Company(email="a@lone.no")) == {Company(email="a@lone.no"): Found(lone.pk)}

    @pytest.mark.parametrize("number", [1, 300])
    def test_asks_alike_often_for_one_and_for_many(self, number, django_assert_max_num_queries):
        rows = [Company(email=f"a@firm-{n}.no", company=f"Firm {n}") for n in range(number)]
        rows += [Company(company=f"Shop {n}") for n in range(number)]
        with transaction.atomic(), django_assert_max_num_queries(8):
            found = accounts_for(rows, at=AT)
        assert len({f.account for f in found.values()}) == 2 * number


@pytest.mark.django_db
class TestByName:
    def test_the_exact_normalised_name_is_a_guess(self):
        known = account("Nordlicht AS", "nordlicht", "nordlicht.no")
        assert find(FREE) == {FREE: Found(known.pk, is_guess=True)}

    def test_a_name_beside_free_mail_finds_but_does_not_make(self):
        assert find(FREE) == {}
        assert Account.objects.count() == 0

    def test_a_name_alone_makes_an_account_marked_as_a_guess(self):
        rows = [Company(company="Nordlicht A.S."), Company(company="NORDLICHT"), Company(company="n/a")]
        found = find(*rows)
        made = Account.objects.get()
        assert found == {rows[0]: Found(made.pk, is_guess=True), rows[1]: Found(made.pk, is_guess=True)}
        assert (made.name, made.domain, made.is_guess) == ("Nordlicht A.S.", "", True)

    def test_a_domain_that_is_new_is_never_given_to_a_company_of_the_same_name(self):
        account("Apex", "apex", "apex.no")
        row = Company(email="a@apex.com", company="Apex")
        assert find(row)[row].account == Account.objects.get(domain="apex.com").pk

    def test_ties_go_to_an_open_opportunity_a_customer_a_target_the_oldest(self):
        oldest, target, customer, in_talks = (
            account("Apex", "apex", f"apex{n}.no", is_target=n == 1) for n in range(4)
        )
        product, stage = Product.objects.get(), Stage.objects.order_by("order").first()
        won = Stage.objects.get(status="won")
        talks = Opportunity.objects.create(account=in_talks, product=product, stage=stage, created_at=AT)
        sale = Opportunity.objects.create(
            account=customer, product=product, stage=won, status="won", created_at=AT, closed_at=AT
        )
        row = Company(company="Apex")
        order = [find(row)[row].account]
        talks.delete()
        order.append(find(row)[row].account)
        sale.delete()
        order.append(find(row)[row].account)
        Account.objects.filter(pk=target.pk).update(is_target=False)
        order.append(find(row)[row].account)
        assert order == [in_talks.pk, customer.pk, target.pk, oldest.pk]


def all_at_once(number, work):
    """Let this many do the work at the same moment, and hold that none of them failed."""
    said = overlapping("accounts_account", *(partial(work, n) for n in range(number)))
    assert [answer for answer in said if isinstance(answer, Exception)] == []
    return said


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
class TestRaces:
    def test_twenty_intakes_of_one_new_domain_make_one_account(self):
        all_at_once(20, lambda n: find(Company(email=f"p{n}@nordlicht.no", company="Nordlicht")))
        assert Account.objects.filter(domain="nordlicht.no").count() == 1
        assert Domain.objects.get(name="nordlicht.no").account == Account.objects.get()

    def test_without_the_databases_guard_there_would_be_many(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "DROP INDEX account_one_per_domain; ALTER TABLE accounts_domain DROP CONSTRAINT accounts_domain_name_key"
            )
        try:
            all_at_once(20, lambda n: find(Company(email=f"p{n}@nordlicht.no")))
            assert Account.objects.filter(domain="nordlicht.no").count() == 20
        finally:
            Domain.objects.all().delete()
            Account.objects.all().delete()
            with connection.cursor() as cursor:
                cursor.execute(
                    "CREATE UNIQUE INDEX account_one_per_domain ON accounts_account (domain) WHERE domain <> '' AND gone_as = '';"
                    "ALTER TABLE accounts_domain ADD CONSTRAINT accounts_domain_name_key UNIQUE (name)"
                )

    def test_twenty_intakes_of_one_new_name_make_one_account(self):
        all_at_once(20, lambda n: find(Company(company="Nordlicht", country=str(n))))
        assert Account.objects.count() == 1

    def test_those_who_take_many_domains_in_different_orders_do_not_block_each_other(self):
        domains = [Company(email=f"a@firm-{n}.no") for n in range(40)]
        all_at_once(8, lambda n: find(*(domains[n:] + domains[:n] if n % 2 else domains[::-1])))
        assert Account.objects.count() == 40
