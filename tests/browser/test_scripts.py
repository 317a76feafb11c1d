"""Thirty scripts in every text field, through every door; then every page in a real browser: none runs, and the policy is never asked."""

import io
import re

import pytest
from django.contrib import admin
from playwright.sync_api import expect

from accounts import clock
from accounts.models import Absence, Account, Domain, Message, Product, Reason, Stage, Team, User
from leads import assignment, consent, dispositions, importing, notes, touches
from leads.models import Lead, Policy, Source
from tests.factories import opportunity_of, reason

pytestmark = pytest.mark.django_db(transaction=True)
RUN = "window.ran=1"
PAYLOADS = [
    f"<script>{RUN}</script>", f"</title><script>{RUN}</script>", f"'\"><script>{RUN}</script>", f"<img src=x onerror={RUN}>",
    f'"><img src=x onerror="{RUN}">', f"<svg onload={RUN}>", f"<svg/onload={RUN}//", f"javascript:{RUN}", f"JaVaScRiPt:{RUN}//",
    f"data:text/html,<script>{RUN}</script>", f'" onmouseover="{RUN}', f"' autofocus onfocus='{RUN}", f'" autofocus onfocus="{RUN}" x="',
    f"<details open ontoggle={RUN}>", f"<body onload={RUN}>", f"<iframe srcdoc='<script>{RUN}</script>'>",
    f"<a href=javascript:{RUN}>x</a>",
    f"{{{{ {RUN} }}}}", "{% debug %}", "${" + RUN + "}", f"</textarea><script>{RUN}</script>", f"</select><img src=x onerror={RUN}>",
    f"--><script>{RUN}</script><!--", f"]]><script>{RUN}</script>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f"<style>*{{background:url(javascript:{RUN})}}</style>", f"<div hx-get=/ hx-trigger=load hx-on::load={RUN}>",
    f"<button data-key=c hx-on:click={RUN}>", f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"&lt;script&gt;{RUN}&lt;/script&gt;<script>{RUN}",
]  # fmt: skip
COLUMNS = ("First name", "Last name", "Title", "Company", "Website", "Country", "Source", "Campaign", "Note")


def of(number: int, field: int) -> str:
    """Each payload stands once in each field of some row."""
    return PAYLOADS[(number + field) % len(PAYLOADS)]


def csv_of() -> str:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    header = ["Email", *COLUMNS, f"<script>{RUN}</script>"]
    rows = [[f"p{n}@firm{n}.example", *(of(n, f) for f in range(len(COLUMNS))), of(n, 9)] for n in range(len(PAYLOADS))]
    rows += [[f"no address {payload}", *[payload] * (len(COLUMNS) + 1)] for payload in PAYLOADS]
    return "\n".join(",".join(map(quoted, row)) for row in [header, *rows])


@pytest.fixture
def poisoned(house, client_of):
    """A house in which every text that somebody can write is a script."""
    at = clock.now()
    batch = importing.read(
        io.BytesIO(csv_of().encode()), f"{PAYLOADS[0]}.csv", by=house.cleo, at=at, options={"team": house.north.pk}
    )
    importing.run(batch, at)
    waiting = importing.read(io.BytesIO(csv_of().encode()), f"{PAYLOADS[3]}.csv", by=house.cleo, at=at)
    leads = list(Lead.objects.order_by("pk"))
    assert len(leads) == len(PAYLOADS)
    in_hand = leads[:24]
    for number, lead in enumerate(assignment.assign(in_hand, to=house.ana, by=house.cleo, at=at).done):
        work = {"channel": "call", "outcome": "interested", "note": of(number, 3), "by": house.ana, "at": clock.now()}
        touches.log([lead.pk], **work)
        notes.add([lead.pk], text=of(number, 4), by=house.ana, at=clock.now())
        notes.follow_up(
            [lead.pk], due_at=clock.now().replace(year=2199), by=house.ana, at=clock.now(), what=of(number, 5)
        )
    dispositions.nurture(
        in_hand[:3], reason=reason("too_small"), by=house.ana, at=clock.now(), size="3", note=PAYLOADS[5]
    )
    consent.opt_out([in_hand[3].pk], by=house.ana, at=clock.now(), channels=["sms"])
    _through_the_forms(client_of(house.ana))
    _names(house)
    for lead in in_hand[6:9]:
        opportunity_of(Lead.objects.get(pk=lead.pk), owner=house.eva)
    return {"batch": batch, "waiting": waiting, "in_hand": in_hand[4].pk, "out": in_hand[3].pk}


def _through_the_forms(ana) -> None:
    for number, payload in enumerate(PAYLOADS[:10]):
        who = dict.fromkeys(
            ("first_name", "last_name", "company", "title", "source", "campaign", "website", "country", "note"), payload
        )
        who |= {
            "token": f"token-new-{number}",
            "motion": "slg",
            "go_to_market": "inbound",
            "email": f"form{number}@form.example",
        }
        assert ana.post("/leads/new/", who).status_code == 302
        asked = who | {
            "what": "demo",
            "words": payload,
            "token": f"token-asked-{number}",
            "email": f"asked{number}@form.example",
        }
        assert ana.post("/leads/asked/", asked).status_code == 302


def _names(house) -> None:
    """What only RevOps names, in the admin."""
    for number, model in enumerate((Team, Product, Stage, Source)):
        for row in model.objects.all()[:5]:
            model.objects.filter(pk=row.pk).update(name=f"{of(row.pk, number)[:50]} {row.pk}"[:60])
    User.objects.exclude(username="root").update(name=PAYLOADS[3], email="x@x.example")
    Reason.objects.update(label=PAYLOADS[0][:80], test=PAYLOADS[3])
    Account.objects.update(name=PAYLOADS[3], website=PAYLOADS[7], segment=PAYLOADS[0][:40], region=PAYLOADS[0][:40])
    Domain.objects.create(name=f"{PAYLOADS[0]}.example", kind="free")
    Policy.objects.update(name=PAYLOADS[0][:60])
    now = clock.now()
    Absence.objects.create(
        user=house.ben, starts_at=now, ends_at=now.replace(year=2199), note=PAYLOADS[3][:200], delegate=house.ana
    )
    Message.objects.create(
        to=house.ana, kind="mention", data={"words": PAYLOADS[0]}, subject=PAYLOADS[0], dedupe_key="x", created_at=now
    )


def of_a_lead(pk: int) -> list[str]:
    acts = ("log", "nurture", "unqualify", "keep", "next", "opt-out", "assign", "exception")
    return [f"/leads/{pk}/?act={act}" for act in acts]


@pytest.mark.parametrize("who", ["ana", "cleo", "rita", "mark"])
def test_no_script_runs_on_any_page(at_screen, poisoned, house, who):
    page = at_screen(house.people[who])
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    ran = [url for url in _pages(poisoned, house, who) if _runs(page, url)]

    assert (ran, asked) == ([], [])


def _pages(poisoned, house, who: str) -> list[str]:
    """Every page this person may open, with what they see of it."""
    batch, waiting = poisoned["batch"].pk, poisoned["waiting"].pk
    seen = list(Lead.objects.visible_to(house.people[who]).order_by("pk").values_list("pk", flat=True))
    fair = Source.objects.filter(parent=None).first().pk
    pages = ["/leads/", f"/search/?q={PAYLOADS[0]}", "/search/?q=script", f"/leads/?q={PAYLOADS[3]}", "/account/"]
    pages += [f"/leads/{pk}/" for pk in (seen if who == "ana" else seen[:3])]
    if who != "mark":
        pages += ["/queue/", *of_a_lead(poisoned["in_hand"])]
    if who != "rita":
        pages += ["/leads/new/", "/leads/asked/"]
    if who in ("cleo", "rita"):
        pages += [
            "/imports/",
            f"/imports/{batch}/",
            f"/imports/{batch}/undo/",
            f"/imports/{waiting}/columns/",
            "/team/",
        ]
        pages += ["/overview/", "/campaigns/", f"/campaigns/?source={fair}", f"/team/{house.ana.pk}/leave/"]
    if who in ("rita", "mark"):
        pages += ["/audience/", "/audience/?of=plg"]
    if who == "rita":
        pages += [f"/leads/{poisoned['in_hand']}/erase/", f"/leads/{poisoned['out']}/opt-out/clear/", "/release/"]
        for model in admin.site._registry:
            base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            row = model._default_manager.order_by("pk").first()
            pages += [base, *([f"{base}{row.pk}/change/", f"{base}{row.pk}/history/"] if row else [])]
    return pages


def _runs(page, url: str) -> bool:
    answer = page.goto(url, wait_until="load")
    assert answer.status == 200, url
    return bool(page.evaluate("window.ran"))


def test_no_script_runs_in_what_comes_without_a_new_page(at_screen, poisoned, house):
    page = at_screen(house.ana)
    page.goto("/queue/")

    page.keyboard.press("/")
    page.keyboard.type("script", delay=30)
    expect(page.locator("#found a.found__row").first).to_be_visible()
    page.keyboard.press("Escape")
    for row in page.locator(".row__link").all()[:5]:
        with page.expect_response(re.compile("/queue/[0-9]+/")):
            row.click()
    page.locator("#ends a").first.click()
    expect(page.locator("#act-h")).to_be_visible()

    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.ran") is None


def test_files_that_leave_the_house_hold_no_formula_and_numbers_stay_numbers():
    from accounts.spreadsheets import csv_lines

    cells = ["=1+1", "+1+1", "-1+1", "@A1", "\t=1", "\r=1", "\n=1", "-12.5", "+4912345", "12", "a=1"]
    line = next(iter(csv_lines([cells])))

    assert line == "'=1+1,'+1+1,'-1+1,'@A1,'\t=1,\"'\r=1\",\"'\n=1\",-12.5,+4912345,12,a=1\r\n"
