"""The table of rights as people read it: `docs/access.md` is this, and a test holds the two together.

After a change of the table: `./run manage shell -c "from accounts import access_words; access_words.write()"`.
"""

from pathlib import Path

from accounts.permissions import COLUMNS, ROWS, Scope

FILE = Path(__file__).resolve().parent.parent / "docs" / "access.md"
WORDS = {
    Scope.OWN: "own",
    Scope.LOST: "lost in the last 7 days",
    Scope.CREATED: "brought in, still raw",
    Scope.ENDED: "ended by themselves",
    Scope.QUEUES: "their teams' queues",
    Scope.POOLS: "queues of teams they are in",
    Scope.MEETINGS: "of own meetings",
    Scope.OPEN_MEETINGS: "of own open meetings",
    Scope.SALES: "product-led, at an own open sale",
    Scope.TEAM: "team",
    Scope.RAW: "raw",
    Scope.NURTURE: "nurture",
    Scope.PROGRAMS: "programs of reasons",
    Scope.BLANKS: "fills blanks",
    Scope.KEY: "as its key says",
    Scope.RECEIPTS: "own receipts",
    Scope.NUMBERS: "sums, no people",
    Scope.ALL: "all",
}
HEAD = """# Who may see and do what

One table for pages, admin, API and exports: `accounts/permissions.py`. This page is made from it. A dash is a no, and
what is not here nobody may. Out of scope is answered with 404, in scope but not allowed with 403. What a state or a
limit of time allows besides is asked by each process. A superuser reaches everything but what the shield forbids
everybody: to touch a lead that belongs to the product.
"""


def as_markdown() -> str:
    """Return the table as a page of the documentation. Pure."""
    head = ["", *(role.label for role in COLUMNS)]
    lines = [_line(head), _line(["---"] * len(head))]
    lines += [_line([_name(row), *(_cell(cells[role]) for role in COLUMNS)]) for row, cells in ROWS.items()]
    return HEAD + "\n" + "\n".join(lines) + "\n"


def write() -> None:
    """Write the page anew."""
    FILE.write_text(as_markdown(), encoding="utf-8")


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def _name(row: str) -> str:
    return row.replace(".", ": ").replace("_", " ")


def _cell(scope: Scope) -> str:
    return ", ".join(WORDS[part] for part in scope) or "–"
