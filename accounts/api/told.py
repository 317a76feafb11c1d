"""What one was told, and by which way each kind is to come (WORK-8). For people."""

from rest_framework import serializers
from rest_framework.response import Response

from accounts import telling
from accounts.api.fields import BIGGEST, Id, Said
from accounts.api.paging import Page, page
from accounts.api.problems import Problem
from accounts.api.resource import Forbidden, Resource
from accounts.api.schema import listed
from accounts.models import Way


class OfMessages(Resource):
    """What one was told."""

    tag = "messages"
    rights = {"GET": ""}
    for_people = True

    def enter(self, method, **kwargs):
        if self.is_client:
            raise Forbidden("Messages are for people.")
        super().enter(method, **kwargs)


class MessageOut(serializers.Serializer):
    """One message."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    lead = serializers.IntegerField(allow_null=True)
    words = serializers.CharField()
    url = serializers.CharField(allow_blank=True, help_text="The page that leads to more.")
    read_at = serializers.DateTimeField(allow_null=True)


class MessageFilter(Page):
    """Which messages."""

    unread = serializers.BooleanField(required=False, allow_null=True, default=None)


class Messages(OfMessages):
    """What one was told in the page."""

    gives, asks = {"GET": listed(MessageOut)}, {"GET": MessageFilter}

    def get(self, request):
        """List what you were told, newest first."""
        said, rows = self.asked(), telling.in_page(self.user)
        if said["unread"] is not None:
            rows = rows.filter(read_at__isnull=said["unread"])
        found, cursor = page(rows, said)
        items = [_message(told) for told in telling.said(found, self.user, self.at)]
        return Response({"items": items, "next_cursor": cursor})


def _message(told: telling.Told) -> dict:
    row = told.message
    return MessageOut({
        "id": row.pk, "kind": row.kind, "at": row.created_at, "lead": row.lead_id if told.lead and told.lead.url else None,
        "words": told.words, "url": told.url, "read_at": row.read_at,
    }).data  # fmt: skip


class Reading(Said):
    """These messages, or all up to one."""

    up_to = Id(required=False)
    only = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST), required=False, max_length=200
    )


class ReadOut(serializers.Serializer):
    """How many were new."""

    read = serializers.IntegerField()


class Reads(OfMessages):
    """Messages that were read."""

    rights, says, gives = {"POST": ""}, {"POST": Reading}, {"POST": ReadOut}

    def post(self, request):
        """Note which messages you have read: these, or all up to one."""
        return self.act(lambda said: {"read": telling.read(self.user, at=self.at, **said)})


class WayOut(serializers.Serializer):
    """One kind of message, and by which way it comes."""

    kind = serializers.CharField()
    label = serializers.CharField()
    way = serializers.ChoiceField(Way.values)
    ways = serializers.ListField(child=serializers.ChoiceField(Way.values), help_text="Those there are to choose from.")


class WaysOut(serializers.Serializer):
    """All kinds."""

    items = WayOut(many=True)


class NewWays(Said):
    """The way of each kind that is named."""

    ways = serializers.DictField(child=serializers.ChoiceField(Way.choices))


class Ways(OfMessages):
    """By which way each kind of message comes."""

    rights = {"GET": "", "POST": ""}
    says, gives = {"POST": NewWays}, {"GET": WaysOut, "POST": WaysOut}

    def get(self, request):
        """List the kinds of messages, and by which way each comes to you."""
        return Response(self._ways())

    def post(self, request):
        """Choose by which way kinds of messages come to you."""
        return self.act(self._choose)

    def _choose(self, said: dict) -> dict:
        try:
            telling.choose(self.user, said["ways"])
        except ValueError:
            raise Problem(422, "invalid", "There is no such kind, or it does not come by that way.", "ways") from None
        return self._ways()

    def _ways(self) -> dict:
        items = [
            {
                "kind": kind.code,
                "label": kind.label,
                "way": telling.way_of(self.user, kind.code),
                "ways": list(kind.ways),
            }
            for kind in telling.kinds_of(self.user)
        ]
        return WaysOut({"items": items}).data
