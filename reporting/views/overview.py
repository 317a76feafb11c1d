"""The first page of managers and leaders: the clock, the life of leads drawn as the round it is, and the leads behind each pile (REP-7)."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import clock
from accounts.permissions import Scope, allowed
from accounts.words import DASH, count, duration
from leads import sla
from leads.models import Lead, LeadStatus
from reporting import charts, life, moves, permissions, stuck
from reporting.kept import IN_HAND
from reporting.life import Life
from reporting.questions import Question, Time
from reporting.views.asking import place, says_what_is_unclear, understood

PAGE = 50
LANE_MOVES = {
    (state, motion): [("worked", motion, "worked")] if state == "assigned" else []
    for state in IN_HAND
    for motion in charts.PLACES
}
CAME = {
    "qualified": [("now", "", "became now"), ("lost", "", "lost again")],
    "nurture": [("notnow", "", "became not now"), ("again", "", "round again")],
    "unqualified": [("never", "", "became never")],
}


@require_GET
@says_what_is_unclear
def overview(request):
    """Show the clock."""
    if not permissions.can_see_overview(request.user):
        raise PermissionDenied("The overview is for managers, RevOps, marketing and leadership.")
    now = clock.now()
    form = Time(request.GET, now, life.WEEK, ())
    understood(form, "Overview", reverse("overview"))
    period = form.period_asked()
    of = permissions.of_whom(request.user)
    found = life.of(of, period, now)
    link, to_move = _links(request.user), _move_links(request, form.said())
    faces = [_shown(charts.clock_face(found, face, link), found, to_move) for face in (charts.WIDE, charts.SMALL)]
    context = {
        "form": form, "period": period, "life": found, "faces": faces, "rows": _rows(found, link, to_move), "is_of_team": of is not None,
        "sentence": life.sentence(found, period), "worst": _worst(found, link), "now": now,
        "left_out_url": link("", "", "out") if found.left_out else "",
        "total": found.all_in_hand + sum(found.standing.values()),
    }  # fmt: skip
    return render(request, "reporting/overview.html", context)


def _links(user):
    """Return where a pile's leads are listed; nowhere for who sees no people."""
    if not permissions.sees_people(user) or not allowed(user, "leads.see") & (Scope.ALL | Scope.TEAM):
        return lambda state, motion, pile: ""
    leads, piles = reverse("leads"), reverse("overview-leads")

    def link(state: str, motion: str, pile: str) -> str:
        if pile in life.BESIDE:
            return f"{piles}?pile={pile}"
        if motion or pile == stuck.PILE:
            return f"{piles}?state={state}&motion={motion}&pile={pile}"
        return f"{leads}?state={state}"

    return link


def _move_links(request, said: dict):
    """Return where a number of moves is listed; nowhere for who sees no people."""
    if not permissions.sees_people(request.user):
        return lambda move, motion="": ""
    time = {key: value for key, value in said.items() if key in ("period", "first", "last")} or {"period": life.WEEK}
    lane = lambda motion: {"motion": motion} if motion else {}  # noqa: E731
    return lambda move, motion="": f"{reverse('overview-moves')}?{urlencode(time | {'move': move} | lane(motion))}"


def _worst(found: Life, link) -> dict | None:
    """Return the worst pile: breached before missed, then the most leads."""
    piles = [
        (charts.WEIGHT[pile], number, state, motion, pile, words)
        for state, motion in life.PILES
        for pile, number, words in found.piles(state, motion)
        if pile in charts.WEIGHT and number
    ]
    if not piles:
        return None
    _weight, number, state, motion, pile, words = max(piles)
    return {
        "number": number,
        "where": f"{charts.NAMES[state]}, {charts.PLACES[motion]}",
        "words": words,
        "url": link(state, motion, pile),
    }


def _rows(found: Life, link, to_move) -> list[dict]:
    """The same as the picture, as a table: count, what is stuck, how long they stay, what moved on."""
    rows = [
        _row(
            found,
            "Raw",
            "raw",
            found.standing["raw"],
            _stuck(found, link, "raw"),
            _moves(found, to_move, ("raw", "", "assigned")),
            link("raw", "", ""),
        )
    ]
    for (state, motion), words in (
        (("assigned", "slg"), "Assigned, Open SLG"), (("assigned", "plg"), "Assigned, Open PLG"), (("working", "slg"), "Working S"),
        (("working", "plg"), "Working P"),
    ):  # fmt: skip
        piles = found.piles(state, motion)
        late = [
            {"text": f"{count(number)} {said}", "url": link(state, motion, pile)}
            for pile, number, said in piles[1:]
            if number
        ] + _stuck(found, link, state, motion)
        rows.append(
            _row(
                found,
                words,
                f"{state}/{motion}",
                found.in_hand(state, motion),
                late,
                _moves(found, to_move, *LANE_MOVES[state, motion]),
                link(state, motion, "all"),
            )
        )
    for state, words in (("qualified", "Now"), ("nurture", "Not now"), ("unqualified", "Never")):
        waiting = _stuck(found, link, state)
        if state == "nurture" and found.due:
            waiting.append({"text": f"{count(found.due)} due within a week", "url": link("", "", "due")})
        moved = _moves(found, to_move, *CAME[state])
        rows.append(_row(found, words, state, found.standing[state], waiting, moved, link(state, "", "")))
    return rows


def _stuck(found: Life, link, state: str, motion: str = "") -> list[dict]:
    """Say how many are longer in a state than RevOps' limit for it, and where they are listed; nothing where nobody is."""
    place = f"{state}/{motion}" if motion else state
    number = found.stuck[place]
    if not number:
        return []
    return [{"text": f"{count(number)} stuck, {_over(found.limits[place])}", "url": link(state, motion, stuck.PILE)}]


def _over(days: int) -> str:
    return f"over {days} day{'s' if days != 1 else ''}"


def _moves(found: Life, to_move, *which: tuple[str, str, str]) -> list[dict]:
    """Say how many moved, and where they are listed."""
    numbers = [(moves.number_of(found, move, motion), move, motion, words) for move, motion, words in which]
    return [
        {"text": f"{count(number)} {words}", "url": to_move(move, motion) if number else ""}
        for number, move, motion, words in numbers
    ]


def _row(found: Life, label: str, state: str, number: int, stuck: list, moved: list, url: str) -> dict:
    stay, change = found.stays.get(state), found.changes[state]
    return {
        "label": label, "count": count(number), "url": url if number else "", "stuck": stuck, "moved": moved, "status": state,
        "number": number,
        "stay": duration(stay) if stay is not None else DASH, "change": f"{change:+,}".replace("-", "−") if change else DASH,
    }  # fmt: skip


def _shown(drawing: charts.Drawing, found: Life, to_move) -> dict:
    """Add the figures to the shapes of one face."""
    f = drawing.face
    texts = [
        _text(f.cx, f.cy - (14 if f.is_wide else 9), count(found.all_in_hand), "c-big", "middle"),
        _text(f.cx, f.cy - (44 if f.is_wide else 31), "in hand", "c-quiet", "middle"),
        _text(f.cx, f.cy + (34 if f.is_wide else 24), count(sum(found.kinds.values())), "c-big c-big--night", "middle"),
        _text(f.cx, f.cy + (54 if f.is_wide else 38), "not now", "c-quiet", "middle"),
    ]
    texts += _wide_texts(f, found) if f.is_wide else _small_texts(f, found)
    for text in texts:
        text["url"] = (
            to_move(text["move"]) if f.is_wide and text["move"] and found.moved(*life.TO_HAND[text["move"]]) else ""
        )
    return {"drawing": drawing, "texts": texts, "name": f.name, "box": f"0 0 {charts.n(f.w)} {charts.n(f.h)}"}


def _text(x, y, text, cls="", anchor="start", move="") -> dict:
    return {
        "x": charts.n(x),
        "y": charts.n(y),
        "text": text,
        "cls": cls,
        "anchor": anchor,
        "move": move,
        "says": moves.WORDS.get(move, ""),
    }


def _block(x, y, head, figure, rows, anchor="start", cls="", move="") -> list[dict]:
    texts = [_text(x, y, head, "c-head", anchor), _text(x, y + 31, figure, f"c-fig {cls}", anchor, move)]
    return texts + [_text(x, y + 55 + 20 * i, row, row_cls, anchor) for i, (row, row_cls) in enumerate(rows)]


def _wide_texts(f, found: Life) -> list[dict]:
    move = {name: found.moved(*pairs) for name, pairs in life.TO_HAND.items()}
    late = {
        state: {pile: number for pile, number, _w in found.piles(state, "slg")} for state in ("assigned", "working")
    }
    left, right = f.cx - f.edge - f.reach, f.cx + f.edge + f.reach
    assigned = [(f"Open SLG {count(found.in_hand('assigned', 'slg'))}", "c-slg"),
                (f"Open PLG {count(found.in_hand('assigned', 'plg'))}", "c-plg"),
                (f"{late['assigned']['over']} past limit, {late['assigned']['late']} past target", "c-over")]  # fmt: skip
    working = [(f"Working S {count(found.in_hand('working', 'slg'))}", "c-slg"),
               (f"Working P {count(found.in_hand('working', 'plg'))}", "c-plg"),
               (f"{late['working']['late']} quiet for 7 days, {late['working']['over']} leave in 3", "c-late")]  # fmt: skip
    never = [(f"{count(found.standing['unqualified'])} in all", "c-quiet")]
    return [
        *_block(330, 44, "Assigned", count(found.in_hand("assigned")), assigned, "end"),
        *_block(790, 44, "Working", count(found.in_hand("working")), working),
        *_block(left - 14, f.cy - 24, "Raw", count(found.standing["raw"]), [], "end"),
        *_block(right + 34, f.cy - 24, "Now", count(move["now"]), [(f"{move['lost']} lost again", "c-quiet")], cls="c-now", move="now"),
        *_block(right + 34, f.cy + 116, "Never", count(move["never"]), never, cls="c-never", move="never"),
        _text(left + 32, f.cy - 62, f"+{move['raw']} assigned", "c-row", move="raw"),
        _text(f.cx - f.edge - 16, f.cy + 52, f"{move['again']} round again", "c-row c-night-ink", "end", "again"),
        _text(f.cx - f.edge - 16, f.cy + 74, f"{found.due} due this week", "c-row c-due", "end"),
        _text(f.cx, 48, f"{move['worked']} worked", "c-row", "middle", "worked"),
        _text(f.cx, f.h - 22, ", ".join(f"{word} {count(found.kinds[word])}" for _k, word in life.KINDS).capitalize(), "c-row", "middle"),
    ]  # fmt: skip


def _small_texts(f, found: Life) -> list[dict]:
    move = {name: found.moved(*pairs) for name, pairs in life.TO_HAND.items()}
    y = f.cy + 84
    return [
        _text(2, 30, count(found.in_hand("assigned")), "c-fig"),
        _text(f.w - 2, 30, count(found.in_hand("working")), "c-fig", "end"),
        _text(0, f.cy - 46, "Raw", "c-quiet"),
        _text(0, f.cy - 31, count(found.standing["raw"]), "c-row"),
        _text(f.w, f.cy - 25, "Now", "c-quiet", "end"),
        _text(f.w, f.cy - 10, count(move["now"]), "c-row c-now", "end", "now"),
        _text(f.w, y - 24, "Never", "c-quiet", "end"),
        _text(f.w, y - 9, count(move["never"]), "c-row c-never", "end", "never"),
    ]


@require_GET
@says_what_is_unclear
def pile(request):
    """List the leads of one pile of the clock, by key."""
    user = request.user
    if not permissions.can_see_overview(user) or not permissions.sees_people(user):
        raise PermissionDenied("The leads behind the clock are for their managers and RevOps.")
    given = request.GET
    where, name = (given.get("state", "assigned"), given.get("motion", "slg")), given.get("pile", "over")
    now = clock.now()
    if name in life.BESIDE:
        title, words, where = *life.BESIDE[name], ("", "")
    elif name == stuck.PILE:
        title, words = _place_of_stuck(where, now)
    else:
        piles = dict(life.PILES.get(where, ())) | {"all": "all of them"}
        if where not in life.PILES or name not in piles:
            raise Http404("no such pile")
        title, words = f"{charts.NAMES[where[0]]}, {charts.PLACES[where[1]]}", piles[name]
    understood(Question(given, ("state", "motion", "pile", "after")), title, reverse("overview"))
    after = place(given, "after", title, reverse("overview"))
    found = life.pile_of(*where, name, permissions.of_whom(user), now, after, PAGE + 1)
    leads = Lead.objects.filter(pk__in=found[:PAGE]).select_related("owner", "team", "source", "cycle").order_by("pk")
    for lead in leads:
        lead.clock = sla.clock_of(lead, lead.cycle, now) if lead.cycle else None
    address = f"{request.path}?{urlencode({'state': where[0], 'motion': where[1], 'pile': name})}&after="
    context = {
        "leads": leads, "where": title, "words": words, "is_due": name == "due", "now": now,
        "pager": {"older": f"{address}{found[PAGE - 1]}"} if len(found) > PAGE else {},
    }  # fmt: skip
    return render(request, "reporting/pile.html", context)


def _place_of_stuck(where: tuple[str, str], now) -> tuple[str, str]:
    """Say where somebody is stuck, and since when they are. Raises Http404 for a state in which nobody can be. A query."""
    (state, motion), days = where, stuck.limits(now).get(f"{where[0]}/{where[1]}" if where[1] else where[0])
    if days is None:
        raise Http404("nobody is stuck there")
    title = f"{charts.NAMES[state]}, {charts.PLACES[motion]}" if motion else LeadStatus(state).label
    return title, f"stuck, {_over(days)}"
