"""Of whoever asks: who they are, what their key opens, and the receipts of what they sent."""

from datetime import datetime

from django.db.models import Q
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.fields import Said, Word
from accounts.api.once import OURS
from accounts.api.paging import PAGE, Page, read, write
from accounts.api.problems import Unreadable
from accounts.api.resource import Forbidden, Resource
from accounts.api.schema import listed
from accounts.forms import MeForm
from accounts.models import Receipt


class MeOut(serializers.Serializer):
    """Who asks."""

    username = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    time_zone = serializers.CharField()
    scopes = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="Of a key; null for a person."
    )


class NewMe(Said):
    """What a person sets for themselves."""

    name = Word(max_length=150, allow_blank=False)
    time_zone = Word(max_length=60, allow_blank=False)
    keys_on = serializers.BooleanField(required=False, help_text="Single keys on the pages.")


class Me(Resource):
    """Who asks."""

    rights, says, gives = {"GET": "", "POST": ""}, {"POST": NewMe}, {"GET": MeOut, "POST": MeOut}

    def enter(self, method, **kwargs):
        if method == "POST" and self.is_client:
            raise Forbidden("RevOps changes what an API client is called.")

    def get(self, request):
        """Say who you are, and what your key opens."""
        return Response(self._facts())

    def post(self, request):
        """Change your name, your time zone, or the single keys. For people."""
        return self.act(self._change)

    def _change(self, said: dict) -> dict:
        form = MeForm({name: getattr(self.user, name) for name in MeForm.Meta.fields} | said, instance=self.user)
        if not form.is_valid():
            raise serializers.ValidationError({field: list(words) for field, words in form.errors.items()})
        form.save()
        return self._facts()

    def _facts(self) -> dict:
        scopes = sorted(self.user.key_scopes) if self.is_client else None
        facts = {name: getattr(self.user, name) for name in ("username", "name", "role", "time_zone")}
        return facts | {"scopes": scopes}


class ReceiptOut(serializers.Serializer):
    """One post that was answered, kept for two days."""

    id = serializers.CharField()
    at = serializers.DateTimeField()
    path = serializers.CharField()
    status = serializers.IntegerField()
    answer = serializers.DictField(help_text="What was answered.")


def receipt(row: Receipt) -> dict:
    facts = {name: row.data[name] for name in ("path", "status", "answer")}
    return ReceiptOut(facts | {"id": row.key.removeprefix(OURS), "at": row.at}).data


class Receipts(Resource):
    """What was sent by whoever asks, and what they were answered. Nobody sees another's."""

    rights, gives, asks = {"GET": ""}, {"GET": listed(ReceiptOut)}, {"GET": Page}

    def get(self, request):
        """List the receipts of your own posts, newest first; they are kept for two days."""
        said = self.asked()
        rows = Receipt.objects.filter(user=self.user, key__startswith=OURS)
        if "cursor" in said:
            rows = rows.filter(_after(read(said["cursor"])))
        limit = said.get("limit", PAGE)
        found = list(rows.order_by("-at", "key")[: limit + 1])
        last = found[limit - 1] if len(found) > limit else None
        cursor = write([last.at.isoformat(), last.key]) if last else None
        return Response({"items": [receipt(row) for row in found[:limit]], "next_cursor": cursor})


def _after(key: list) -> Q:
    try:
        moment, last = datetime.fromisoformat(key[0]), str(key[1])
        if moment.tzinfo is None or len(key) != 2 or "\x00" in last:
            raise ValueError(key)
    except (TypeError, ValueError, IndexError):
        raise Unreadable({"cursor": ["This cursor is none of ours. Begin without one."]}) from None
    return Q(at__lt=moment) | Q(at=moment, key__gt=last)


class OneReceipt(Resource):
    """One receipt of one's own."""

    rights, gives = {"GET": ""}, {"GET": ReceiptOut}

    def get(self, request, key):
        """Read one receipt."""
        row = Receipt.objects.filter(user=self.user, key=OURS + key).first()
        if row is None:
            raise NotFound("There is no such receipt of yours. They are kept for two days.")
        return Response(receipt(row))
