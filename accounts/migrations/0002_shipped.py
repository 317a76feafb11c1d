"""What LeadOps ships with: reasons, stages, the product's own team. RevOps changes them in the admin (LIFE-4, ACC-9)."""

from django.db import migrations

SIZE, PRE, BACK = "size", "pre", "back"

# code, label, kind or "", test, months, program, flags
NURTURE = [
    (
        "budget_later",
        "Budget not available for 6+ months",
        "marketing",
        "They named a date or a quarter more than 6 months away.",
        6,
        "marketing",
    ),
    (
        "missing_feature",
        "Missing key feature",
        "marketing",
        "They named a feature we do not have and will not buy without it.",
        6,
        "both",
    ),
    (
        "reevaluating",
        "Re-evaluating internal processes",
        "marketing",
        "A reorganisation or review of theirs must end first.",
        6,
        "marketing",
    ),
    (
        "bought_competitor",
        "Recently bought a competitor",
        "marketing",
        "They signed with somebody else within 12 months.",
        6,
        "marketing",
    ),
    (
        "wrong_person",
        "Right account, wrong person",
        "marketing",
        "Their role cannot buy or use it; the company could.",
        6,
        "marketing",
        PRE,
    ),
    (
        "not_in_purchase",
        "Not part of the purchase",
        "marketing",
        "Others at the company decide, and are talking to us.",
        6,
        "marketing",
        PRE,
    ),
    ("no_for_now", "Said no for now", "marketing", "They said no, and not never.", 12, "marketing"),
    (
        "rep_abandoned",
        "No response (rep abandoned)",
        "remarket",
        "All steps done and no answer on any channel.",
        6,
        "marketing",
    ),
    ("unresponsive", "Unresponsive", "remarket", "Answered once, then silent through all steps.", 6, "marketing"),
    ("too_small", "Too small", "remarket", "Below the size we sell to; write the size.", 6, "marketing", PRE, SIZE),
    ("wrong_use_case", "Wrong use case", "remarket", "What they want to do, the product does not do.", 6, "marketing"),
    (
        "unaware",
        "Unaware they took action",
        "remarket",
        "They do not know of the form, download or visit.",
        6,
        "marketing",
    ),
]
NEVER = [
    ("not_a_prospect", "Not a prospect", "Student, job seeker, vendor, competitor.", PRE),
    ("incompatible", "Incompatible systems", "Runs on systems we cannot work with.", PRE, BACK),
    ("left_company", "No longer at organisation", "Bounced as unknown, or the company says so.", PRE, BACK),
    ("false_identity", "False identity", "Name, address or number is made up.", PRE),
]
SYSTEM = [
    ("kept", "Kept by its rep", "nurture", "sales", None, "sales"),
    ("not_now_intake", "Not now at intake", "nurture", "marketing", 6, "marketing"),
    ("auto_abandoned", "Auto-abandoned", "nurture", "remarket", 6, "marketing"),
    ("no_show_limit", "No-show limit", "nurture", "remarket", 6, "marketing"),
    ("opportunity_lost", "Opportunity lost", "nurture", "marketing", 6, "both"),
    ("not_activated", "Not activated", "nurture", "remarket", None, "marketing"),
    ("stopped_using", "Stopped using", "nurture", "remarket", None, "marketing"),
    ("opted_out", "Opted out", "unqualified", "", None, ""),
]
LOSS = [
    ("lost_price", "Price", "They chose by price; the figure is known.", "opportunity_lost"),
    ("lost_competitor", "Chose a competitor", "They signed with somebody else.", "bought_competitor"),
    ("lost_feature", "Missing key feature", "They named the feature.", "missing_feature"),
    ("lost_no_decision", "No decision", "The project stopped; nobody was chosen.", "opportunity_lost"),
    ("lost_gone", "Company closed or contact made up", "There is nobody to sell to.", "false_identity"),
]
EXCEPTION = [
    ("legal", "Legal or compliance question", "Legal must answer before anybody may write."),
    ("partner", "Belongs to a partner", "A partner registered it first."),
    ("duplicate_check", "Possible duplicate", "Somebody must decide which record it is."),
]
STAGES = [
    ("Meeting booked", 1, "open", 10, ""),
    ("Meeting completed", 2, "open", 20, "The meeting was held and the AE says: qualified."),
    ("Pipeline", 3, "open", 40, "Compelling event, clear need, systems in place, timeline, size."),
    ("Proposal", 4, "open", 60, "A proposal with a price was sent."),
    ("Negotiation", 5, "open", 80, "They said yes to the proposal in principle."),
    ("Won", 6, "won", 100, ""),
    ("Lost", 7, "lost", 0, ""),
    ("Not qualified", 8, "not_qualified", 0, ""),
    ("Merged", 9, "merged", 0, ""),
]


def ship(apps, schema_editor):
    Reason = apps.get_model("accounts", "Reason")
    Stage = apps.get_model("accounts", "Stage")
    Team = apps.get_model("accounts", "Team")
    Product = apps.get_model("accounts", "Product")
    rows = []
    for order, (code, label, kind, test, months, program, *flags) in enumerate(NURTURE, 1):
        rows.append(
            Reason(code=code, label=label, disposition="nurture", nurture_kind=kind, test=test, recycle_months=months, program=program,
                   is_prequalification=PRE in flags, asks_size=SIZE in flags, order=order * 10)
        )  # fmt: skip
    for order, (code, label, test, *flags) in enumerate(NEVER, 1):
        rows.append(
            Reason(
                code=code,
                label=label,
                disposition="unqualified",
                test=test,
                is_prequalification=PRE in flags,
                may_return=BACK in flags,
                order=order * 10,
            )
        )
    for order, (code, label, disposition, kind, months, program) in enumerate(SYSTEM, 1):
        rows.append(
            Reason(code=code, label=label, disposition=disposition, nurture_kind=kind, recycle_months=months, program=program, is_system=True,
                   may_return=code == "opted_out", order=500 + order * 10)
        )  # fmt: skip
    for order, (code, label, test) in enumerate(EXCEPTION, 1):
        rows.append(Reason(code=code, label=label, disposition="exception", test=test, order=order * 10))
    Reason.objects.bulk_create(rows)
    becomes = {r.code: r for r in Reason.objects.all()}
    Reason.objects.bulk_create(
        Reason(code=code, label=label, disposition="loss", test=test, becomes=becomes[then], order=order * 10)
        for order, (code, label, test, then) in enumerate(LOSS, 1)
    )
    Stage.objects.bulk_create(
        Stage(
            name=name,
            order=order,
            status=status,
            probability=p,
            entry_criteria=criteria,
            is_qualifying=order == 2,
            is_pipeline=order == 3,
        )
        for name, order, status, p, criteria in STAGES
    )
    Team.objects.create(name="Product", kind="product")
    Product.objects.create(name="LeadOps")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
