"""What was likely meant by words that nobody is written with (WORK-5): a letter wrong, missing or too many, two that changed places.

Called by `finding` when it found nothing, with each letter that is typed: so it looks within a time of its own, and what was not found
in that time is not found. Cheap looks come first, dear ones only where those found nobody.
"""

import contextlib
import functools
import operator
import time
from collections.abc import Iterator

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import OperationalError, connection, models, transaction
from django.db.models import Q, QuerySet

SHORTEST = 3  # letters of a word: the index knows groups of three
LIKENESS = (0.5, 0.4)  # how much of the one word must be right, of each of several
RANKED = 120  # of those who may be meant
PATIENCE = 0.15  # seconds for all looks together


class Look:
    """A look for what was meant, as long as its time lasts. Made by `patience`."""

    def __init__(self, likeness: float):
        self.ends = time.monotonic() + PATIENCE
        _set(PATIENCE, likeness, "off")

    def meant(self, rows: QuerySet, column: str, words: list[str], shown: int) -> list:
        """Read who is most like what was typed, at most so many: each word must be there about so. A query or two a look.

        Short words whose letters changed places, or with another in their middle, share no three letters with what was meant: one
        such word is put right, the others taken as they are. That any letter may stand in a place is asked last: it leaves nothing
        to look up, so another word must be what the index finds, and all of its rows are read.
        """
        alike = rows
        for word in words:
            alike = alike.filter(**{f"{column}__trigram_word_similar": word})
        ids = self._likest(alike, column, words, shown)
        for patterns, rest in _put_right(words):
            if ids:
                break
            one = [Q(**{f"{column}__written": pattern}) for pattern in patterns]
            alike = rows.filter(
                functools.reduce(operator.or_, one), *(Q(**{f"{column}__contains": word}) for word in rest)
            )
            ids = self._likest(alike, column, words, shown)
        found = rows.in_bulk(ids) if ids else {}
        return [found[pk] for pk in ids if pk in found]

    def _likest(self, alike: QuerySet, column: str, words: list[str], shown: int) -> list[int]:
        """Rank some of those who are alike; comparing is dear, so not all of very many."""
        self._hurry()
        ranked = alike.order_by().annotate(likeness=TrigramWordSimilarity(" ".join(words), column))
        some = ranked.values_list("likeness", "pk")[:RANKED]
        return [pk for _likeness, pk in sorted(some, reverse=True)[:shown]]

    def _hurry(self) -> None:
        """Leave to the next statement what is left of the time."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise OperationalError("the time for looking is over")
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_milliseconds(left)])


@contextlib.contextmanager
def patience(words: list[str]) -> Iterator[Look]:
    """Look within a time, and call alike what is half alike; what stands found when it is over stays so. Two queries."""
    with contextlib.suppress(OperationalError), transaction.atomic():
        yield Look(LIKENESS[len(words) > 1])
        _set(0, 0.6, "on")  # within a transaction of somebody else's they would stay


def _set(seconds: float, likeness: float, plans: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SET, [_milliseconds(seconds), str(likeness), plans, plans])


def _milliseconds(seconds: float) -> str:
    return str(max(1, round(seconds * 1000))) if seconds else "0"


# Only by bitmaps from the index: the planner takes comparing two texts for as cheap as comparing two numbers, and would rather do it
# for row after row of the table, ten times as long where few of them are this person's (measured).
SET = """SELECT set_config('statement_timeout', %s, true), set_config('pg_trgm.word_similarity_threshold', %s, true),
  set_config('enable_seqscan', %s, true), set_config('enable_indexscan', %s, true)"""


def _put_right(words: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """List what to look for: patterns of one short word, and the other words as they are; what the index finds first."""
    short = [
        (word, [other for other in words if other != word]) for word in words if SHORTEST < len(word) < 2 * SHORTEST
    ]
    for word, rest in short:
        yield slips(word, any_letter=False), rest
    for word, rest in short:
        if max(map(len, rest), default=0) > SHORTEST:
            yield slips(word, any_letter=True), rest


@models.TextField.register_lookup
@models.CharField.register_lookup
class Written(models.Lookup):
    """LIKE with a pattern as it is; a regular expression is not looked up in time, and nothing stops it."""

    lookup_name = "written"

    def as_sql(self, compiler, connection):
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} LIKE {right}", [*left_params, *right_params]


def slips(word: str, *, any_letter: bool) -> list[str]:
    """List patterns of a word: with any letter in the place of one, or else with two neighbours changed back. Pure."""

    def pattern(*parts: str) -> str:
        return (
            "%" + "_".join(part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for part in parts) + "%"
        )

    if any_letter:
        return [pattern(word[:i], word[i + 1 :]) for i in range(1, len(word) - 1)]
    return [pattern(word[:i] + word[i + 1] + word[i] + word[i + 2 :]) for i in range(len(word) - 1)]
