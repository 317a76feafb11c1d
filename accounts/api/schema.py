"""What the API is, said by the API itself: each resource's lists of fields, with every answer it may give, errors included."""

from functools import cache

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_basic_type, build_parameter_type
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers

from accounts.api.fields import Said
from accounts.api.once import HEADER
from accounts.api.problems import TITLES, ProblemDetails

READING, WRITING, ONE = (400, 401, 403, 405, 429, 500), (409, 415, 422), (404,)


class Described(AutoSchema):
    """Reads a resource: `says` and `asks` what comes in, `gives` what goes out, the first line of its method what it does."""

    def get_tags(self):
        return [getattr(self.view, "tag", "") or self.path.split("/")[3]]

    def get_operation_id(self):
        parts = [part for part in self.path.removeprefix("/api/v1/").split("/") if part]
        name = "_".join("one" if part.startswith("{") else part.replace("-", "_") for part in parts)
        return f"{self.method.lower()}_{name}"

    def get_summary(self):
        return _lines(self._method())[0]

    def get_description(self):
        more = " ".join(_lines(self._method())[1:]).strip()
        row = getattr(self.view, "rights", {}).get(self.method)
        scope = getattr(self.view, "scope", lambda _m: "")(self.method)
        who = (
            f"With a key: `{scope}`."
            if scope
            else "With a key: always."
            if row == "" and not (getattr(self.view, "for_people", False) or self.method == "POST")
            else "Not with a key: for people."
        )
        return f"{more}\n\n{who}".strip()

    def _method(self):
        return getattr(self.view, self.method.lower(), None) or self.view

    def get_auth(self):
        return [{"key": []}, {"session": []}]

    def get_filter_backends(self):
        return []

    def get_override_parameters(self):
        return [self.view.asks[self.method]] if self.method in getattr(self.view, "asks", {}) else []

    def _get_parameters(self):
        found = super()._get_parameters()
        if self.method == "POST":
            says = "The same key again is the same request: it happens once, and has one answer."
            schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"}
            found.append(build_parameter_type(name=HEADER, schema=schema, location="header", description=says))
        for parameter in found:
            if parameter["in"] == "path" and parameter["schema"].get("type") == "integer":
                parameter["schema"] |= {"minimum": 1, "maximum": 2**63 - 1}
        return found

    def get_request_serializer(self):
        return getattr(self.view, "says", {}).get(self.method)

    def get_response_serializers(self):
        return None

    def _get_response_bodies(self, direction="response"):
        wanted = [*READING, *(WRITING if self.method == "POST" else ()), *(ONE if "{" in self.path else ())]
        problem = {"application/problem+json": {"schema": self.resolve_serializer(ProblemDetails(), "response").ref}}
        answers = {str(code): {"description": TITLES[code], "content": problem} for code in wanted}
        answers["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
        answers["401"]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
        given = self.view.gives.get(self.method)
        for code in self.view.statuses(self.method):
            body = {"application/json": {"schema": self._schema_of(given)}}
            answers[str(code)] = {"description": "Done" if self.method == "POST" else "Found", "content": body}
            if self.method == "POST":
                answers[str(code)]["headers"] = {
                    "Idempotency-Replayed": {
                        "schema": {"type": "string"},
                        "description": "`true`: it had happened before.",
                    }
                }
        return dict(sorted(answers.items()))

    def _schema_of(self, given):
        if given is None:
            return build_basic_type(OpenApiTypes.OBJECT)
        return self.resolve_serializer(given(), "response").ref

    def _map_basic_serializer(self, serializer, direction):
        schema = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, Said):
            schema["additionalProperties"] = False
        return schema


def _lines(thing) -> list[str]:
    return [line.strip() for line in (thing.__doc__ or "").strip().splitlines()] or [""]


@cache
def listed(item: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """Make the answer of a list: the rows, and the cursor of the page after them."""
    return type(
        f"{item.__name__}List",
        (serializers.Serializer,),
        {
            "__doc__": "One page of a list.",
            "items": item(many=True),
            "next_cursor": serializers.CharField(
                allow_null=True, help_text="Send it as `cursor` for the next page; null at the end."
            ),
        },
    )
