"""The pages that are measured, each beside the pinned floor in the same interleaved run: a round asks each once, by another person
or for another lead than the round before. A new page is one line in `PAGES`.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.test import Client
from django.test.client import ClientHandler

from accounts.models import User
from leads.models import Lead

HOST = "localhost"
HANDLER = ClientHandler(enforce_csrf_checks=False)
ROUNDS, WARM = 40, 4


@dataclass(frozen=True)
class Page:
    """One page: its name, whose it is (the beginning of their user names), and its addresses, taken in turn."""

    what: str
    who: str
    addresses: Callable[[], Sequence[str]]
    most: float | None = None  # times the floor
    most_queries: int | None = None
    most_sql: float | None = None  # times its own bare SQL, beyond the floor
    worst: float | None = None  # ms


def _leads(beginning: str, number: int = 12, **where) -> list[str]:
    step = max(1, Lead.objects.filter(**where).count() // number)
    ids = list(Lead.objects.filter(**where).order_by("pk").values_list("pk", flat=True)[::step])
    return [f"{beginning}{pk}/" for pk in ids[:number]]


def _change() -> list[str]:
    return [url + "change/" for url in _leads("/admin/leads/lead/", owner__username="rep-0")]


SEARCHES = (
    "weber", "anna lind", "kettler logistics", "carla.raman", "nordlicht-7.com", "hoshi systems 12", "+4915000000777", "000123",
    "solheim brecon", "wbeer", "anna lnid", "kettlr logistcs", "ketler", "zzyzx", "adeyemi 4",
)  # fmt: skip
PAGES = (
    Page("floor", "rep-", lambda: ["/floor/"]),
    Page("queue", "rep-", lambda: ["/queue/"], 3, 12),
    Page("lead", "rep-0", lambda: _leads("/leads/", owner__username="rep-0", status="working"), 5),
    Page("admin_list", "revops", lambda: ["/admin/leads/lead/"], 5),
    Page("admin_filter", "revops", lambda: [f"/admin/leads/lead/?status__exact={s}" for s in ("nurture", "assigned", "raw")], 5),
    Page("admin_change", "revops", _change, 5),
    Page("clock", "revops", lambda: ["/overview/"], 3),
    Page("clock_manager", "manager-", lambda: ["/overview/"], 3),
    Page("clock_boss", "boss", lambda: ["/overview/"], 5),
    Page("team", "boss", lambda: ["/team/"], 5),
    Page("meetings", "seller-", lambda: ["/meetings/"], 5),
    Page("board", "seller-", lambda: ["/opportunities/"], 5),
    Page("board_boss", "boss", lambda: ["/opportunities/"], 5),
    Page("search", "rep-", lambda: [f"/search/?q={words.replace(' ', '+').replace('+49', '%2B49')}" for words in SEARCHES],
         most_sql=3, worst=300),
)  # fmt: skip


@dataclass
class Figure:
    """What was measured of one thing, and beside which floor. `plain` are the times of its bare SQL, where it has one of its own."""

    what: str
    times: list[float] = field(default_factory=list)
    queries: int = 0
    ratio: float | None = None
    plain: list[float] = field(default_factory=list)
    size: int = 0
    asked: str = ""
    is_kept: bool | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.times, n=20, method="inclusive")[-1] if len(self.times) > 1 else self.times[0]

    def json(self) -> dict[str, object]:
        return {
            "what": self.what, "median_ms": round(self.median, 2), "p95_ms": round(self.p95, 2), "queries": self.queries,
            "ratio": None if self.ratio is None else round(self.ratio, 2),
        }  # fmt: skip


class Counter:
    """Counts statements, and keeps them when asked."""

    def __init__(self, keeps: bool = False):
        self.number, self.keeps, self.kept = 0, keeps, []

    def __call__(self, execute, sql, params, many, context):
        self.number += 1
        # What was planned before is the frame's own: who it is, and the bell.
        if self.keeps and sql.lstrip().startswith(("SELECT", "WITH")) and "$1" not in sql:
            self.kept.append((sql, params))
        return execute(sql, params, many, context)


class Hands:
    """Signed-in clients of everybody a page is for."""

    def __init__(self) -> None:
        self.clients: dict[str, list[Client]] = {}

    def of(self, who: str) -> list[Client]:
        if who not in self.clients:
            found = (
                User.objects.filter(username__startswith=who)
                if who.endswith("-")
                else User.objects.filter(username=who)
            )
            self.clients[who] = [sign_in(user) for user in found.order_by("pk")]
        return self.clients[who]


def sign_in(user: User) -> Client:
    client = Client(headers={"host": HOST})
    client.handler = HANDLER  # as a worker has it: middleware is made once, not for each of them
    client.force_login(user, "accounts.sign_in.People")
    return client


def measure(pages: Sequence[Page] = PAGES, rounds: int = ROUNDS, warm: int = WARM) -> list[Figure]:
    """Ask all pages in turn, round after round; each beside the floor of the same rounds."""
    hands, figures = Hands(), {page.what: Figure(page.what) for page in pages}
    places = [(page, hands.of(page.who), list(page.addresses())) for page in pages]
    for number in range(-warm, max(rounds, *(len(urls) for _page, _clients, urls in places))):
        for page, clients, urls in places:
            client, url = clients[number % len(clients)], urls[number % len(urls)]
            took, queries, size, sql = _ask(client, url, keeps=page.most_sql is not None)
            if number >= 0:
                figure = figures[page.what]
                figure.times.append(took)
                figure.queries, figure.size = max(figure.queries, queries), max(figure.size, size)
                if page.most_sql is not None:
                    figure.plain.append(plainly(sql))
    floor = figures["floor"]
    for page in pages:
        _compare(page, figures[page.what], floor)
    return list(figures.values())


def _compare(page: Page, figure: Figure, floor: Figure) -> None:
    figure.ratio = figure.median / floor.median
    if figure.plain:
        # What it takes beyond the floor, in times of its bare SQL.
        figure.ratio = max(0.0, figure.median - floor.median) / statistics.median(figure.plain)
        figure.asked = f"floor + {page.most_sql:g} x its SQL ({statistics.median(figure.plain):.1f} ms)" + (
            f", worst {page.worst:.0f} ms: {max(figure.times):.0f} ms" if page.worst else ""
        )
        figure.is_kept = figure.ratio <= page.most_sql and max(figure.times) <= (page.worst or max(figure.times))
    elif page.most:
        figure.asked = f"<= {page.most:g} x floor" + (f", <= {page.most_queries} queries" if page.most_queries else "")
        figure.is_kept = figure.ratio <= page.most and figure.queries <= (page.most_queries or figure.queries)


def _ask(client: Client, url: str, keeps: bool = False) -> tuple[float, int, int, list]:
    counter = Counter(keeps)
    with connection.execute_wrapper(counter):
        began = time.perf_counter()
        answer = client.get(url)
        took = (time.perf_counter() - began) * 1000
    if answer.status_code != 200:
        raise AssertionError(f"{url} answered {answer.status_code}")
    return took, counter.number, len(answer.content), counter.kept


def plainly(statements: list[tuple]) -> float:
    """Send statements as they are, and return how long the answers took: bare SQL, without objects or templates."""
    with connection.cursor() as cursor:
        began = time.perf_counter()
        for sql, params in statements:
            cursor.execute(sql, params)
            cursor.fetchall()
        return (time.perf_counter() - began) * 1000
