"""Who may see and do what: one table for pages, admin, API, exports and notifications (SAFE-1).

A row is something one may do, a column is a role, a cell says how far it reaches. The
`permissions.py` of each app says which of these scopes a particular lead, account or meeting lies
in; here are only the table and the people. Default deny: a row that is not here may be done by
nobody, an empty cell reaches nothing.
"""
# ruff: noqa: E501 (a table is read along its rows)

from collections.abc import Iterable
from enum import Flag, auto

from accounts.models import Membership, Role, Team, User
from accounts.prepared import planned


class Scope(Flag):
    """How far a right reaches. Several may hold at once; NONE is false."""

    NONE = 0
    OWN = auto()  # in their own hands
    LOST = auto()  # in their hands until at most 7 days ago (ROUTE-7)
    CREATED = auto()  # still raw, and they brought it in
    ENDED = auto()  # whose last round they ended themselves
    QUEUES = auto()  # waiting in a queue of their teams
    POOLS = auto()  # waiting in a queue of a team they are a member of
    MEETINGS = auto()  # of their own meetings
    OPEN_MEETINGS = auto()  # of their own meetings, while the sale is open
    SALES = auto()  # at an account where they own an open opportunity: the shield opens (MOTION-2)
    TEAM = auto()  # of the people and teams below them
    RAW = auto()
    NURTURE = auto()
    PROGRAMS = auto()  # the program of a reason
    BLANKS = auto()  # what is empty may be filled
    KEY = auto()  # what the key of an API client says
    RECEIPTS = auto()  # what they sent themselves
    NUMBERS = auto()  # sums, and no people
    ALL = auto()


_ = Scope.NONE
OWN, LOST, CREATED, ENDED = Scope.OWN, Scope.LOST, Scope.CREATED, Scope.ENDED
QUEUES, MEETINGS, OPEN_MEETINGS = Scope.QUEUES, Scope.MEETINGS, Scope.OPEN_MEETINGS
SALES, TEAM, ALL, KEY, NUMBERS = Scope.SALES, Scope.TEAM, Scope.ALL, Scope.KEY, Scope.NUMBERS
RAW, WAITING, BLANKS = Scope.RAW, Scope.RAW | Scope.NURTURE, Scope.BLANKS
RECEIPTS, PROGRAMS = Scope.RECEIPTS, Scope.PROGRAMS
HAD, MET = OWN | LOST, MEETINGS | OPEN_MEETINGS

# Only these roles hold leads.
HOLDERS = (Role.SDR, Role.AE, Role.CSM, Role.MANAGER)

COLUMNS = (
    Role.SDR,
    Role.AE,
    Role.CSM,
    Role.MANAGER,
    Role.REVOPS,
    Role.MARKETING,
    Role.LEADERSHIP,
    Role.API,
)

# A CSM has the rights of an SDR on what is theirs, and so has an AE on leads they own. What the
# second word of a row means for one lead (its state, its hours) is the process's to say.
# fmt: off
TABLE = {
    # row                     SDR                     AE                      CSM          manager         RevOps marketing leaders  API
    "leads.see":             (HAD | QUEUES | SALES,   HAD | MEETINGS | SALES, HAD | SALES, TEAM,           ALL,   WAITING,  _,       RECEIPTS),
    "leads.create":          (CREATED,                _,                      _,           TEAM | CREATED, ALL,   RAW,      _,       KEY),
    "leads.edit_contact":    (OWN,                    OWN | OPEN_MEETINGS,    OWN,         TEAM,           ALL,   WAITING,  _,       BLANKS),
    "leads.disposition":     (OWN,                    OWN | OPEN_MEETINGS,    OWN,         TEAM,           ALL,   _,        _,       _),
    "leads.keep":            (OWN,                    OWN,                    OWN,         TEAM,           ALL,   _,        _,       _),
    "leads.qualify":         (OWN,                    OWN | OPEN_MEETINGS,    OWN,         TEAM,           ALL,   _,        _,       _),
    "leads.discard":         (_,                      _,                      _,           _,              ALL,   WAITING,  _,       _),
    "leads.set_aside":       (_,                      _,                      _,           _,              ALL,   RAW,      _,       _),
    "leads.reopen":          (_,                      _,                      _,           TEAM,           ALL,   _,        _,       _),
    "leads.take_back":       (ENDED,                  ENDED,                  ENDED,       TEAM,           ALL,   _,        _,       _),
    "leads.pull":            (Scope.POOLS,            _,                      _,           _,              _,     _,        _,       _),
    "leads.give_back":       (OWN,                    OWN,                    OWN,         TEAM,           ALL,   _,        _,       _),
    "leads.assign":          (CREATED,                _,                      _,           TEAM | CREATED, ALL,   _,        _,       _),
    "leads.hand_raise":      (HAD | QUEUES | CREATED, HAD | MEETINGS,         HAD,         TEAM | CREATED, ALL,   WAITING,  _,       KEY),
    "leads.facts":           (HAD | QUEUES,           HAD | MEETINGS,         HAD,         TEAM,           ALL,   WAITING,  _,       _),
    "leads.note":            (OWN | CREATED,          OWN,                    OWN,         TEAM | CREATED, ALL,   WAITING,  _,       _),
    "leads.task":            (OWN,                    OWN,                    OWN,         TEAM,           ALL,   _,        _,       _),
    "leads.touch":           (HAD | SALES,            HAD | SALES,            HAD | SALES, TEAM,           ALL,   _,        _,       KEY),
    "leads.opt_out":         (HAD | QUEUES | SALES,   HAD | MEETINGS | SALES, HAD | SALES, TEAM,           ALL,   WAITING,  _,       KEY),
    "leads.clear_opt_out":   (_,                      _,                      _,           _,              ALL,   _,        _,       _),
    "leads.ask_exception":   (OWN,                    OWN,                    OWN,         _,              _,     _,        _,       _),
    "leads.grant_exception": (_,                      _,                      _,           TEAM,           ALL,   _,        _,       _),
    "leads.erase":           (_,                      _,                      _,           _,              ALL,   _,        _,       _),
    "leads.import":          (_,                      _,                      _,           TEAM,           ALL,   RAW,      _,       _),
    "leads.export":          (_,                      _,                      _,           TEAM,           ALL,   WAITING,  NUMBERS, _),
    "signals.write":         (_,                      _,                      _,           _,              ALL,   _,        _,       KEY),
    "accounts.see":          (OWN,                    MET,                    OWN,         TEAM,           ALL,   ALL,      _,       KEY),
    "accounts.suggest":      (OWN,                    _,                      OWN,         _,              _,     _,        _,       _),
    "accounts.edit":         (_,                      MET,                    _,           TEAM,           ALL,   _,        _,       _),
    "accounts.ask_merge":    (_,                      _,                      _,           TEAM,           ALL,   _,        _,       _),
    "accounts.merge":        (_,                      _,                      _,           _,              ALL,   _,        _,       _),
    "meetings.see":          (OWN,                    OWN,                    OWN,         TEAM,           ALL,   _,        _,       KEY),
    "meetings.book":         (OWN,                    OWN | OPEN_MEETINGS,    OWN,         TEAM,           ALL,   _,        _,       KEY),
    "meetings.move":         (OWN,                    OWN,                    OWN,         TEAM,           ALL,   _,        _,       KEY),
    "meetings.claim":        (OWN,                    _,                      OWN,         _,              _,     _,        _,       _),
    "meetings.settle":       (_,                      _,                      _,           TEAM,           ALL,   _,        _,       _),
    "meetings.disposition":  (OWN,                    OWN,                    OWN,         TEAM,           ALL,   _,        _,       _),
    "opportunities.see":     (OWN,                    OWN,                    OWN,         TEAM,           ALL,   NUMBERS,  NUMBERS, _),
    "opportunities.change":  (OWN,                    OWN,                    OWN,         TEAM,           ALL,   _,        _,       _),
    "hand_offs.see":         (OWN,                    OWN,                    OWN,         TEAM,           ALL,   _,        _,       _),
    "hand_offs.answer":      (OWN,                    OWN,                    OWN,         TEAM,           ALL,   _,        _,       _),
    "reports.see":           (OWN,                    OWN,                    OWN,         TEAM,           ALL,   NUMBERS,  NUMBERS, KEY),
    "rules.see":             (ALL,                    ALL,                    ALL,         ALL,            ALL,   PROGRAMS, _,       _),
    "rules.change":          (_,                      _,                      _,           _,              ALL,   PROGRAMS, _,       _),
    "people.see":            (_,                      _,                      _,           TEAM,           ALL,   _,        _,       _),
    "people.change":         (_,                      _,                      _,           _,              ALL,   _,        _,       _),
    "absences.change":       (_,                      _,                      _,           TEAM,           ALL,   _,        _,       _),
    "admin.enter":           (_,                      _,                      _,           TEAM,           ALL,   _,        _,       _),
}
# fmt: on
# What an API client may is what its key says: the scope that opens each row (`accounts/api_keys.py`).
SCOPES = {
    "leads.create": "leads:write",
    "leads.edit_contact": "leads:write",
    "leads.hand_raise": "leads:write",
    "leads.touch": "touches:write",
    "leads.opt_out": "optout:write",
    "signals.write": "signals:write",
    "accounts.see": "accounts:read",
    "meetings.see": "meetings:write",
    "meetings.book": "meetings:write",
    "meetings.move": "meetings:write",
    "reports.see": "reports:read",
}
ROWS = {row: dict(zip(COLUMNS, cells, strict=True)) for row, cells in TABLE.items()}


def allowed(user, row: str) -> Scope:
    """Return how far this person's right to do this reaches. A superuser's reaches everywhere.

    Raises KeyError for a row that is not in the table: a right nobody wrote down is a mistake.
    """
    cells = ROWS[row]
    if not user.is_authenticated or not user.is_active:
        return Scope.NONE
    if user.is_superuser:
        return Scope.ALL
    keys = user.__dict__.get("key_scopes")  # of who came with a key
    if keys is not None and row in SCOPES and SCOPES[row] not in keys:
        return Scope.NONE
    return cells[Role(user.role)]


def teams_of(user: User) -> frozenset[int]:
    """Return the teams of this person, and those they manage with all below. One query, once."""
    return _reach(user)[0]


def own_teams_of(user: User) -> frozenset[int]:
    """Return the teams this person is a member of: those whose queues they may pull from."""
    return _reach(user)[1]


def people_of(user: User) -> frozenset[int]:
    """Return the people below a manager: members and managers of their teams, all the way down."""
    return _reach(user)[2]


def manager_of(person: User | None) -> User | None:
    """Return who manages a person: the manager of a line they are in, who is not themselves, or of the nearest above. Two queries."""
    teams = {team.pk: team for team in Team.objects.select_related("manager")}
    mine = (
        [teams[pk] for pk in Membership.objects.filter(user=person).values_list("team_id", flat=True)] if person else []
    )
    for team in sorted(mine, key=lambda team: (team.kind != Team.Kind.LINE, team.pk)):
        seen: set[int] = set()
        while team is not None and team.pk not in seen:
            if team.manager_id and team.manager_id != person.pk and team.manager.is_active:
                return team.manager
            seen.add(team.pk)
            team = teams.get(team.parent_id)
    return User.objects.filter(role=Role.REVOPS, is_active=True).order_by("pk").first()


def forget_reach(user: User) -> None:
    """Read the teams anew at the next question, after they changed under a user in hand."""
    user.__dict__.pop("_reach_of_user", None)


def know_reach(user: User, teams: Iterable[int], own: Iterable[int], people: Iterable[int]) -> None:
    """Say what the reach of somebody is instead of reading it: for a question that is written down about anybody."""
    user.__dict__["_reach_of_user"] = (frozenset(teams), frozenset(own), frozenset(people))


# One look at two small tables, for every request of everybody.
TEAMS = """SELECT id, parent_id, manager_id, ARRAY(SELECT user_id FROM accounts_membership m WHERE m.team_id = t.id)
  FROM accounts_team t"""


def _reach(user: User) -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """Read once for each user in hand (a request has its own): teams, own teams, people below."""
    if "_reach_of_user" not in user.__dict__:
        read_reach([user])
    return user.__dict__["_reach_of_user"]


def read_reach(users: Iterable[User]) -> None:
    """Read how far each of many reaches. One query."""
    with planned() as cursor:
        cursor.execute(TEAMS)
        rows = cursor.fetchall()
    teams = [(pk, parent, manager) for pk, parent, manager, _members in rows]
    for user in users:
        managed = _below({pk for pk, _parent, manager in teams if manager == user.pk}, teams)
        people = {manager for pk, _parent, manager in teams if pk in managed and manager}
        own = {pk for pk, _parent, _manager, members in rows if user.pk in members}
        people.update(*(members for pk, _parent, _manager, members in rows if pk in managed))
        know_reach(user, managed | own, own, people - {user.pk})


def _below(managed: set[int], teams: list[tuple[int, int | None, int | None]]) -> set[int]:
    """Add every team below these. A ring of parents, which nothing forbids, ends the walk."""
    found, wave = set(managed), set(managed)
    while wave:
        wave = {pk for pk, parent, _manager in teams if parent in wave} - found
        found |= wave
    return found
