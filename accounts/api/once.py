"""What is asked twice happens once (`Idempotency-Key`), and every post of a client leaves a receipt that it may look at again."""

import hashlib
import json
import re
import secrets
from collections.abc import Callable

from django.core.files import File
from django.db import transaction

from accounts import receipts
from accounts.api.problems import Problem, Unreadable

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
OURS = "api:"


def key_of(request) -> str:
    """Return the idempotency key of a request, '' for none. Raises Unreadable for what is no key."""
    given = request.headers.get(HEADER)
    if given is None:
        return ""
    if not KEY.fullmatch(given):
        raise Unreadable({HEADER: ["1 to 255 letters, digits and signs, no spaces."]})
    return given


def receipt_key(user, given: str) -> str:
    """Return the key of the row that keeps an answer. Each client and person has keys of their own. Pure."""
    return OURS + hashlib.sha256(f"{user.pk}:{given}".encode()).hexdigest()[:40]


def _digest(value) -> str:
    """Name what JSON cannot say: of a file its content."""
    if isinstance(value, File):
        found = hashlib.sha256()
        for chunk in value.chunks():
            found.update(chunk)
        value.seek(0)
        return f"{value.name} {found.hexdigest()}"
    return str(value)


def _said(request) -> str:
    """Return what a request says: where, how, and its body."""
    what = [request.method, request.path, request.data]
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=_digest).encode()).hexdigest()


def before(request) -> tuple[int, dict] | None:
    """Return what this very request was answered before, None where it was not. One query, none without a key.

    Asked before the rights are: an act may take away the right to it (a lead given back, a person erased), and who did not hear of it
    asks again. It was theirs to read then, and is in their receipts.
    """
    given = key_of(request)
    kept = given and receipts.found(receipt_key(request.user, given), request.user)
    return (kept["status"], kept["answer"]) if kept and kept["said"] == _said(request) else None


def once(request, at, effect: Callable[[], tuple[int, dict]]) -> tuple[int, dict, bool]:
    """Let an effect happen once under its key: return status, answer, and whether it had happened before.

    Whoever asks at the same moment waits, and gets the one answer. What is refused leaves no receipt: mend it, and ask again with
    the same key. The first answer is what was kept, so the same bytes come again. Raises Problem (422) for another request under a key
    that was used. Three queries beside those of the effect.
    """
    given = key_of(request)
    key = receipt_key(request.user, given) if given else OURS + secrets.token_hex(20)
    said = _said(request)
    with transaction.atomic():
        if not receipts.claim(key, user=request.user, at=at):
            kept = receipts.first_answer(key, request.user)
            if kept["said"] != said:
                raise Problem(422, "key_reused", "Another request was made with this key. Use a new one.", HEADER)
            return kept["status"], kept["answer"], True
        status, answer = effect()
        facts = {"said": said, "method": request.method, "path": request.path, "status": status, "answer": answer}
        kept = receipts.keep(key, facts)
    return status, kept["answer"], False
