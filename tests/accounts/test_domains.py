"""Who somebody is, read from what was typed (ACC-1, ACC-3)."""

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from accounts import domains
from accounts.domains import company_key, normalise_email, normalise_phone, readable, registrable
from accounts.models import Account, Domain


class TestRegistrable:
    @pytest.mark.parametrize(
        ("typed", "domain"),
        [
            ("https://WWW.Sales.Example.co.uk:443/x", "example.co.uk"),
            ("bob@mail.example.co.uk", "example.co.uk"),
            ("example.co.uk", "example.co.uk"),
            ("example.co.uk.", "example.co.uk"),
            ("EXAMPLE.CO.UK", "example.co.uk"),
            ("http://user:secret@www.example.co.uk/path?q=a@b#c", "example.co.uk"),
            ("//cdn.example.co.uk", "example.co.uk"),
            ("mailto:Bob@Example.co.uk", "example.co.uk"),
            ("example.co.uk:8080", "example.co.uk"),
            ("  example.co.uk\u200b ", "example.co.uk"),
            ("anna.github.io", "anna.github.io"),
            ("octocat@github.io", "github.io"),
            ("www.ruhr-uni-bochum.de", "ruhr-uni-bochum.de"),
            ("www.com", "www.com"),
            ("info@ruhr-uni-bochum.de", "ruhr-uni-bochum.de"),
            ("shop.nordlicht.no", "nordlicht.no"),
        ],
    )
    def test_is_the_same_however_it_is_typed(self, typed, domain):
        assert registrable(typed) == domain

    @pytest.mark.parametrize(
        "typed",
        [
            "www.müller.de",
            "WWW.MÜLLER.DE",
            "xn--mller-kva.de",
            "https://XN--MLLER-KVA.de/",
            "anna@mu\u0308ller.de",
            "müller。de",
        ],
    )
    def test_reads_other_scripts_and_their_ascii_form_as_one(self, typed):
        assert registrable(typed) == "xn--mller-kva.de"

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "localhost",
            "co.uk",
            "com",
            "127.0.0.1",
            "http://10.0.0.1:80/",
            "[::1]",
            "http://[2001:db8::1]/",
            "mil.lv",
            "0x7f.1",
            "a b.com",
            "-a.com",
            "a..com",
            ".",
            "@",
            "http://",
            "a" * 64 + ".com",
            "n/a",
            "1.2.3.4.5",
            "xn--\x00.de",
        ],
    )
    def test_is_empty_where_nobody_registered_anything(self, typed):
        assert registrable(typed) == ""

    def test_is_shown_in_the_script_it_is_read_in(self):
        assert readable("xn--mller-kva.de") == "müller.de"
        assert readable("example.co.uk") == "example.co.uk"

    @given(st.text(max_size=80))
    def test_takes_any_text_and_is_at_rest_after_one_reading(self, text):
        once = registrable(text)
        assert registrable(once) == once

    @given(
        st.from_regex(r"nord[a-z0-9-]{0,20}licht", fullmatch=True),
        st.sampled_from(["de", "co.uk", "com", "com.br", "no"]),
    )
    def test_answers_alike_for_host_page_and_mail(self, name, suffix):
        host = f"{name}.{suffix}"
        asked = {
            registrable(t) for t in (host, f"https://www.{host}:8443/a?b#c", f"Bob@mail.{host.upper()}", f"{host}.")
        }
        assert asked == {registrable(host)}


class TestKinds:
    def test_knows_free_and_disposable_providers(self, db):
        assert domains.kinds(["gmail.com", "mailinator.com", "nordlicht.no"]) == {
            "gmail.com": "free",
            "mailinator.com": "disposable",
            "nordlicht.no": "company",
        }

    def test_lets_what_revops_wrote_down_win(self, db, django_assert_num_queries):
        account = Account.objects.create(
            name="Mail", name_key="mail", domain="gmail.com", created_at="2026-01-01T00:00Z"
        )
        Domain.objects.create(name="gmail.com", kind="company", account=account)
        Domain.objects.create(name="nordlicht.no", kind="disposable")
        with django_assert_num_queries(1):
            said = domains.kinds(["gmail.com", "nordlicht.no", "hotmail.com"])
        assert said == {"gmail.com": "company", "nordlicht.no": "disposable", "hotmail.com": "free"}
        assert domains.kind_of("gmail.com") == "company"


class TestAddresses:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("Anna.Lind@Nordlicht.NO ", "anna.lind@nordlicht.no"),
            ("mailto:anna@nordlicht.no", "anna@nordlicht.no"),
            ("anna+demo@mail.nordlicht.no", "anna+demo@mail.nordlicht.no"),
            ("o'neill@example.ie", "o'neill@example.ie"),
            ("anna@müller.de", "anna@xn--mller-kva.de"),
            ("anna@xn--mller-kva.de", "anna@xn--mller-kva.de"),
            ("\ufeffanna@nordlicht.no", "anna@nordlicht.no"),
            ("", ""),
            ("  ", ""),
        ],
    )
    def test_are_kept_in_one_form(self, typed, kept):
        assert normalise_email(typed) == kept

    @pytest.mark.parametrize(
        "typed",
        [
            "anna@",
            "@nordlicht.no",
            "anna",
            "anna@localhost",
            "anna@nordlicht",
            "anna@@nordlicht.no",
            "anna lind@nordlicht.no",
            "anna@1.2.3.4",
            "anna@-a.no",
            "anna.@a.no",
            ".anna@a.no",
            "an..na@a.no",
            "a" * 65 + "@a.no",
            "anna@a..no",
            "anna@a.no, b@c.no",
            "anna@" + "a" * 250 + ".no",
            "Anna <anna@a.no>",
            "anna@a.n0\x00",
            "a@b.1c",
        ],
    )
    def test_say_what_is_none(self, typed):
        with pytest.raises(ValueError, match="is no address"):
            normalise_email(typed)

    def test_quote_what_was_typed(self):
        with pytest.raises(ValueError, match=r"^“anna@” is no address\.$"):
            normalise_email("anna@")

    @given(st.from_regex(domains.PLAIN, fullmatch=True))
    def test_are_judged_by_the_quick_way_as_by_the_slow(self, address):
        try:
            slow = validate_email(address, check_deliverability=False, globally_deliverable=False)
            expected = f"{slow.local_part}@{slow.ascii_domain}".lower() if len(slow.local_part) <= 64 else None
        except EmailNotValidError:
            expected = None
        try:
            found = normalise_email(address)
        except ValueError:
            found = None
        assert found == expected

    @given(st.emails())
    def test_are_at_rest_after_one_reading(self, address):
        try:
            once = normalise_email(address)
        except ValueError:
            return
        assert normalise_email(once) == once


class TestPhones:
    @pytest.mark.parametrize(
        ("typed", "country", "shown", "key"),
        [
            ("+49 151 2345-6789", "", "+4915123456789", "+4915123456789"),
            ("0049 151 23456789", "", "+4915123456789", "+4915123456789"),
            ("+49 (0) 151 23456789", "", "+4915123456789", "+4915123456789"),
            ("0151 23456789", "Germany", "+4915123456789", "+4915123456789"),
            ("0151 23456789", "DE", "+4915123456789", "+4915123456789"),
            ("0151 23456789", "Deutschland", "+4915123456789", "+4915123456789"),
            ("020 7946 0018", "UK", "+442079460018", "+442079460018"),
            ("(212) 555-0123", "USA", "+12125550123", "+12125550123"),
            ("p:+4791234567", "", "+4791234567", "+4791234567"),
            ("'+4791234567", "", "+4791234567", "+4791234567"),
            ("+49 30 123456 ext. 7", "", "+49 30 123456 ext. 7", "+4930123456"),
            ("0151 23456789", "", "0151 23456789", "015123456789"),
            ("call me", "", "call me", ""),
            ("1234", "", "1234", ""),
            ("", "", "", ""),
        ],
    )
    def test_are_shown_and_compared(self, typed, country, shown, key):
        assert normalise_phone(typed, country) == (shown, key)

    @pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
    def test_are_read_the_quick_way_as_the_slow_in_every_country(self, region):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            slow = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            typed = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
            national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
            assert normalise_phone(typed).key == slow
            assert normalise_phone(national, region).key == slow

    @given(st.text(max_size=60), st.sampled_from(["", "DE", "Brazil", "nowhere"]))
    def test_are_at_rest_after_one_reading(self, typed, country):
        once = normalise_phone(typed, country)
        assert normalise_phone(once.shown, country) == once


class TestCompanies:
    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("Nordlicht Energi A.S.", "nordlicht energi"),
            ("NORDLICHT  ENERGI as", "nordlicht energi"),
            ("Kettler GmbH & Co. KG", "kettler"),
            ("Müller & Söhne GmbH", "muller and sohne"),
            ("Procter and Gamble, Inc.", "procter and gamble"),
            ("Procter & Gamble Inc", "procter and gamble"),
            ("Ørsted A/S", "orsted"),
            ("Société Générale S.A.", "societe generale"),
            ("The Boeing Company", "boeing"),
            ("ООО «Ромашка»", "ромашка"),
            ("O'Reilly Media, Inc.", "oreilly media"),
            ("Zakłady Mięsne Sp. z o.o.", "zaklady miesne"),
            ("Adria d.o.o.", "adria"),
            ("S.A.", "sa"),
            ("AS", "as"),
            ("n/a", ""),
            ("Self-employed", ""),
            ("-", ""),
            ("", ""),
        ],
    )
    def test_are_compared_without_accents_points_and_legal_forms(self, name, key):
        assert company_key(name) == key

    @given(st.text(max_size=60))
    def test_are_compared_alike_in_any_case(self, name):
        assert company_key(name.upper()) == company_key(name.upper().casefold())
        assert company_key(f"  {name} ") == company_key(name)


def test_a_number_without_a_country_is_read_without_the_names_of_all_countries(monkeypatch):
    def never() -> dict[str, str]:
        raise AssertionError("the names of all countries take a third of a second to read")

    monkeypatch.setattr(domains, "_regions", never)
    assert domains.region_of("  ") == ""
    assert normalise_phone("912 44 777") == ("912 44 777", "91244777")
