"""What a body or a query may say: listed field by field; anything else is refused by name (mass assignment is impossible)."""

from collections.abc import Mapping
from datetime import UTC

from rest_framework import serializers

BIGGEST = 2**63 - 1


class Said(serializers.Serializer):
    """What somebody may say. A field that is not listed is an error, not ignored: whoever sends it believes that it does something."""

    def to_internal_value(self, data):
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"": ["This must be an object with fields."]})
        errors = {name: ["There is no such field here."] for name in data if name not in self.fields}
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as problem:
            raise serializers.ValidationError(dict(problem.detail) | errors) from None
        if errors:
            raise serializers.ValidationError(errors)
        return value


class Moment(serializers.DateTimeField):
    """A moment with its time zone, in this century or the next."""

    default_error_messages = {
        "zone": "A moment needs its time zone, as in 2026-11-22T09:30:00Z.",
        "far": "That is no moment we can reckon with.",
    }

    def enforce_timezone(self, value):
        if value.tzinfo is None:
            self.fail("zone")
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            self.fail("far")
        if not 2000 <= value.year <= 2200:
            self.fail("far")
        return value


class Id(serializers.IntegerField):
    """The number of a row."""

    def __init__(self, **more):
        super().__init__(**({"min_value": 1, "max_value": BIGGEST} | more))


class Word(serializers.CharField):
    """A text of one line, or several."""

    def __init__(self, **more):
        super().__init__(**({"required": False, "allow_blank": True, "max_length": 300} | more))

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)
