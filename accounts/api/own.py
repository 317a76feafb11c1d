"""Of whoever asks: who they are, what their key opens, and the receipts of what they sent."""

from datetime import datetime

from django.db.models import Q
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.once import OURS
from accounts.api.paging import PAGE, Page, read, write
from accounts.api.problems import Unreadable
from accounts.api.resource import Resource
from accounts.api.schema import listed
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


class Me(Resource):
    """Who asks."""

    rights, gives = {"GET": ""}, {"GET": MeOut}

    def get(self, request):
        """Say who you are, and what your key opens."""
        user = self.user
        scopes = sorted(user.key_scopes) if self.is_client else None
        facts = {name: getattr(user, name) for name in ("username", "name", "role", "time_zone")}
        return Response(facts | {"scopes": scopes})


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
