"""Routing for RevOps: the rules and their draft, where a made-up lead would go, the last weeks under the draft."""

from datetime import timedelta
from itertools import islice

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from accounts import clock
from accounts.admin.base import RuledAdmin
from accounts.domains import registrable
from accounts.models import Account, Domain, Product, Team, User
from accounts.permissions import HOLDERS
from leads import rehearsal, routing_rules, routing_words
from leads.models import Lead, Policy, RoutingRule, Source
from leads.permissions import visible_to
from leads.refusals import Refused
from leads.routing import Ask

DAYS, EXAMPLES = timedelta(days=30), 25


def in_words(rule: RoutingRule) -> str:
    """Say what follows from a rule, as a sentence."""
    score = ""
    if rule.score_from is not None or rule.score_to is not None:
        score = f"a score from {rule.score_from or 0} to {rule.score_to if rule.score_to is not None else 100}"
    target = {True: "target accounts", False: "no target accounts", None: ""}[rule.is_target]
    criteria = [
        rule.get_motion_display().lower(), rule.get_go_to_market_display().lower(), rule.segment, rule.region,
        f"source {rule.source}" if rule.source else "", f"campaign {rule.campaign}" if rule.campaign else "", score, target,
    ]  # fmt: skip
    which = ", ".join(filter(None, criteria)) or "every lead that comes this far"
    who = f"the {rule.get_owner_role_display()}s of {rule.pool}" if rule.owner_role else str(rule.pool)
    policy = f" It is promised what “{rule.policy_name}” says." if rule.policy_name else ""
    return f"For {which}: in turn to {who}.{policy}" + (" RevOps is told." if rule.tells_revops else "")


class Standing(admin.SimpleListFilter):
    title = parameter_name = "standing"

    def lookups(self, request, model_admin):
        return [("draft", "Draft"), ("past", "No longer in force")]

    def choices(self, changelist):
        chosen = list(super().choices(changelist))
        chosen[0]["display"] = "In force"
        return chosen

    def queryset(self, request, queryset):
        if self.value() == "draft":
            return queryset.filter(valid_from__isnull=True)
        return queryset.filter(valid_from__isnull=False, valid_until__isnull=self.value() != "past")


class RuleForm(forms.ModelForm):
    """One line of the draft. What could match nobody, or promise what nobody wrote down, is refused where it is typed."""

    def clean_policy_name(self):
        name = self.cleaned_data["policy_name"]
        if name and name not in (
            names := list(Policy.objects.order_by("name").values_list("name", flat=True).distinct())
        ):
            raise forms.ValidationError(f"There is no policy “{name}”. There are: {', '.join(names) or 'none'}.")
        return name

    def clean(self):
        found = super().clean()
        least, most = found.get("score_from"), found.get("score_to")
        if least is not None and least > 100:
            self.add_error("score_from", "A score is 100 at most: this rule would match nobody.")
        elif least is not None and most is not None and most < least:
            self.add_error("score_to", "This is below the lowest score: the rule would match nobody.")
        return found


@admin.register(RoutingRule)
class RoutingRuleAdmin(RuledAdmin):
    """Rules are written as a draft, tried, and switched on all at once; those in force are only looked at."""

    see, keep = "rules.see", "rules.change"
    form = RuleForm
    fields = [
        "name", "order", ("motion", "go_to_market"), ("segment", "region"), ("source", "campaign"), ("score_from", "score_to"), "is_target",
        "pool", "owner_role", "policy_name", "tells_revops",
    ]  # fmt: skip
    list_display = ["name", "order", "what_follows", "standing"]
    list_filter = [Standing]
    list_select_related = ["pool", "source", "campaign"]
    raw_id_fields = ["source", "campaign"]
    ordering = ["order", "id"]
    actions = None
    change_list_template = "admin/leads/routingrule/change_list.html"

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request, obj=None):
        return self.reaches(request.user, self.keep) and (obj is None or obj.is_draft)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "pool":
            kwargs["queryset"] = Team.objects.filter(is_active=True).exclude(kind=Team.Kind.PRODUCT)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="what follows")
    def what_follows(self, rule):
        return in_words(rule)

    @admin.display(description="standing")
    def standing(self, rule):
        if rule.is_draft:
            return "draft"
        return "in force" if rule.valid_until is None else f"until {rule.valid_until:%d %b %Y}"

    def get_urls(self):
        mine = [
            path("try/", self.admin_site.admin_view(self.try_out), name="leads_routingrule_try"),
            path("draft/", self.admin_site.admin_view(self.draft), name="leads_routingrule_draft"),
        ]
        return mine + super().get_urls()

    def try_out(self, request):
        """Say where a made-up lead would go; nothing is kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied("Rules are RevOps'.")
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        form = TryForm(request.GET or None)
        decision, said = None, ""
        if form.is_bound and form.is_valid():
            rules = routing_rules.draft() if form.cleaned_data["draft"] else None
            try:
                decision = rehearsal.try_out(form.ask(), clock.now(), rules)
            except Refused as refusal:
                said = refusal.words
        told = _told(decision) if decision else []
        if decision:
            said = _sentence(decision)
        return self._page(request, "try", {"title": "Where would it go?", "form": form, "said": said, "lines": told})

    def draft(self, request):
        """Show 30 days under the draft beside what happened; begin one, or switch it on."""
        if not self.has_view_permission(request):
            raise PermissionDenied("Rules are RevOps'.")
        now = clock.now()
        if request.method == "POST":
            return self._change(request, now)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "POST"])
        rules = routing_rules.draft()
        replay = rehearsal.replay(now - DAYS, now, rules) if rules else None
        names = _names(replay) | {"examples": _examples(replay, request.user, now)} if replay else {}
        may = self.reaches(request.user, self.keep)
        facts = {"title": "Replay 30 days", "rules": rules, "replay": replay, "may_change": may, **names}
        return self._page(request, "draft", facts)

    def _change(self, request, now):
        if not self.reaches(request.user, self.keep):
            raise PermissionDenied("Rules are RevOps'.")
        try:
            if request.POST.get("do") == "switch_on":
                number = routing_rules.switch_on(by=request.user, at=now)
                self.message_user(request, f"{number} rules are in force from now on.")
                return HttpResponseRedirect(reverse("admin:leads_routingrule_changelist"))
            routing_rules.begin_draft(at=now)
        except Refused as refusal:
            self.message_user(request, refusal.words, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:leads_routingrule_draft"))

    def _page(self, request, name, facts):
        context = {**self.admin_site.each_context(request), "opts": self.model._meta, **facts}
        return TemplateResponse(request, f"admin/leads/routingrule/{name}.html", context)


class Newest(forms.models.ModelChoiceIterator):
    """As many choices as a person looks through; any other that is there is taken too."""

    def __iter__(self):
        return islice(super().__iter__(), 201)


class Choice(forms.ModelChoiceField):
    iterator = Newest


class TryForm(forms.Form):
    """A made-up lead."""

    go_to_market = forms.ChoiceField(choices=[("inbound", "Inbound"), ("outbound", "Outbound")])
    asks = forms.BooleanField(label="They ask for us", required=False)
    title = forms.CharField(required=False)
    domain = forms.CharField(label="Company's domain", required=False)
    segment = forms.CharField(required=False)
    region = forms.CharField(required=False)
    source = Choice(Source.objects.named(), required=False)
    campaign = Choice(Source.objects.filter(parent__isnull=False).order_by("-pk"), required=False)
    product = forms.ModelChoiceField(Product.objects.order_by("name"), label="About the product", required=False)
    named = forms.ModelChoiceField(
        User.objects.filter(is_active=True, role__in=HOLDERS).order_by("name"),
        label="An owner is named",
        required=False,
    )
    score = forms.IntegerField(min_value=0, max_value=100, required=False)
    draft = forms.BooleanField(label="By the draft", required=False)

    def clean_domain(self):
        typed = self.cleaned_data["domain"]
        self.account = None
        if typed:
            known = (
                Domain.objects.filter(name=registrable(typed) or typed, account__gone_as="")
                .select_related("account")
                .first()
            )
            if known is None:
                raise forms.ValidationError(f"No company has the domain “{typed}”.")
            self.account = Account.objects.with_relationship().get(pk=known.account_id)
        return typed

    def ask(self) -> Ask:
        f, account = self.cleaned_data, self.account
        return Ask(
            go_to_market=f["go_to_market"], segment=f["segment"] or (account.segment if account else ""),
            region=f["region"] or (account.region if account else ""), source_id=f["source"].pk if f["source"] else None,
            campaign_id=f["campaign"].pk if f["campaign"] else None, score=f["score"], title=f["title"], account=account,
            explicit=f["named"], product=f["product"], is_hand_raise=f["asks"],
        )  # fmt: skip


def _sentence(decision) -> str:
    """Say a decision that nothing has followed from: it would go, where on a lead it went."""
    instead = User.objects.filter(pk=decision.instead_of).first() if decision.instead_of else None
    said = routing_words.sentence(
        decision.trace(),
        str(decision.user or ""),
        str(decision.pool or ""),
        str(decision.rule or ""),
        str(instead or ""),
    )
    return said.replace("Went to", "Would go to", 1).replace("Waits in", "Would wait in", 1)


def _told(decision) -> list[str]:
    trace = decision.trace()
    ids = routing_words.ids(trace)
    people = {pk: str(user) for pk, user in User.objects.in_bulk(ids["people"]).items()}
    rules = {pk: str(rule) for pk, rule in RoutingRule.objects.in_bulk(ids["rules"]).items()}
    return routing_words.lines(trace, people, rules)


def _names(replay) -> dict:
    teams = Team.objects.in_bulk([pk for pk in replay.pools if pk])
    people = User.objects.in_bulk([pk for pk in replay.people if pk])
    return {
        "pools": [(str(teams.get(pk) or "No pool"), n["was"], n["would"]) for pk, n in replay.pools.items()],
        "people": [(str(people.get(pk) or "Nobody there"), n["was"], n["would"]) for pk, n in replay.people.items()],
    }


def _examples(replay, user: User, at) -> list[dict]:
    """Name the newest that would have gone to another pool, of those this person may see. Two queries beyond their teams."""
    leads = Lead.objects.filter(pk__in=[moved.lead for moved in replay.examples])
    seen = {lead.pk: lead for lead in visible_to(leads, user, at)}
    pools = Team.objects.in_bulk({pk for moved in replay.examples for pk in (moved.was_pool, moved.pool) if pk})
    rows = [
        {"lead": seen[moved.lead], "at": moved.at, "was": pools.get(moved.was_pool), "would": pools.get(moved.pool)}
        for moved in reversed(replay.examples)
        if moved.lead in seen
    ]
    return rows[:EXAMPLES]
