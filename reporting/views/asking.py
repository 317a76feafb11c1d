"""What a page of figures answers to a question that is not understood: no figures, and what is wrong, where (SAFE-3).

Used by every view of this package, pages and files alike.
"""

from collections.abc import Callable
from functools import wraps

from django.shortcuts import render

from reporting.questions import Question

LAST = 2**63 - 1
LOST = "That is no place in this list. Begin at its first page."


class Unclear(Exception):
    """Raised where a question is not understood: what the page is called, where it begins, and what is wrong with what."""

    def __init__(self, title: str, address: str, problems: list[dict], form: Question | None = None):
        super().__init__(title)
        self.title, self.address, self.problems, self.form = title, address, problems, form


def says_what_is_unclear(view: Callable) -> Callable:
    """Answer what is not understood with what is wrong, and the form to put it right."""

    @wraps(view)
    def answer(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except Unclear as unclear:
            context = {
                "title": unclear.title,
                "problems": unclear.problems,
                "form": unclear.form,
                "address": unclear.address,
            }
            return render(request, "reporting/unclear.html", context, status=422)

    return answer


def understood(form: Question, title: str, address: str) -> None:
    """Let a question pass, or say what is wrong with it. Raises Unclear."""
    if problems := form.problems():
        raise Unclear(title, address, problems, form)


def place(given, name: str, title: str, address: str, usual: int = 0) -> int:
    """Read from where on a list goes on. Raises Unclear."""
    text = given.get(name, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal()) or int(text[:20]) > LAST:
        raise Unclear(title, address, [{"where": "Page", "why": LOST}])
    return int(text)
