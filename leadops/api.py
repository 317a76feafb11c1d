"""The API as a whole: its addresses, its description for programs (OpenAPI), and the pages on which people read it."""

from functools import cache

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.urls import include, path, register_converter
from django.urls.converters import PathConverter
from django.views.decorators.http import require_GET
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.once import HEADER
from accounts.api.resource import Nowhere, Resource
from accounts.models import ApiScope

DOORS = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of an API client: `./run manage create_api_client`."},
    "session": {
        "type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME,
        "description": "Whoever is signed in to the pages; what changes something sends the form token too, as `X-CSRFToken`.",
    },
}  # fmt: skip


@cache
def described() -> dict:
    """Return the description of every address. Made once in the life of a process."""
    found = SchemaGenerator(urlconf=None).get_schema(request=None, public=True)
    found.setdefault("components", {})["securitySchemes"] = DOORS
    return found


class Schema(Resource):
    """The description of the API, as OpenAPI."""

    schema = None
    rights, gives = {"GET": ""}, {"GET": serializers.Serializer}

    def get(self, request):
        """Describe every address and every answer."""
        return Response(described())


@cache
def _resources() -> dict[str, list[dict]]:
    """Return the addresses of each resource, as people read them. Made once in the life of a process."""
    found = described()
    tags: dict[str, list] = {}
    for where, methods in found["paths"].items():
        for method, said in methods.items():
            tags.setdefault(said["tags"][0], []).append(_shown(where, method, said, found["components"]["schemas"]))
    return dict(sorted(tags.items()))


@require_GET
def page(request):
    """Show the API to a person: how to begin, and every address by its resource."""
    context = {"tags": _resources().items(), "scopes": ApiScope.choices, "key_header": HEADER}
    return render(request, "api.html", context)


@require_GET
def resource(request, tag: str):
    """Show one resource: what each of its addresses takes and answers."""
    tags = list(_resources())
    if tag not in tags:
        raise Http404("no such resource")
    place = tags.index(tag)
    context = {
        "tag": tag, "entries": _resources()[tag], "key_header": HEADER,
        "before": tags[place - 1] if place else "", "after": tags[place + 1] if place + 1 < len(tags) else "",
    }  # fmt: skip
    return render(request, "api_resource.html", context)


def _shown(where: str, method: str, said: dict, known: dict) -> dict:
    body = next(iter(said.get("requestBody", {}).get("content", {}).values()), {}).get("schema", {})
    answers, asks = [], said.get("parameters", ())
    for code, answer in said["responses"].items():
        shape = next(iter(answer.get("content", {}).values()), {}).get("schema", {})
        answers.append(
            {"code": code, "says": answer["description"], "fields": _fields(shape, known) if code < "300" else []}
        )
    return {
        "id": said["operationId"], "method": method.upper(), "where": where, "summary": said.get("summary", ""),
        "more": [part for part in said.get("description", "").split("\n\n") if part],
        "asks": [_field(p["name"], p["schema"] | {"description": p.get("description", "")}, p.get("required")) for p in asks],
        "takes": _fields(body, known), "answers": answers,
    }  # fmt: skip


def _fields(shape: dict, known: dict) -> list[dict]:
    shape = known.get(shape.get("$ref", "").rpartition("/")[2], shape)
    must = shape.get("required", ())
    return [_field(name, inner, name in must) for name, inner in shape.get("properties", {}).items()]


def _field(name: str, shape: dict, must: bool) -> dict:
    of = shape.get("type") or shape.get("$ref", "").rpartition("/")[2] or "one of several"
    of = " or ".join(of) if isinstance(of, list) else of
    if of == "array":
        inner = shape.get("items", {})
        of = f"list of {inner.get('$ref', '').rpartition('/')[2] or inner.get('type', 'anything')}"
    return {
        "name": name,
        "of": shape.get("format", of),
        "must": must,
        "says": shape.get("description", ""),
        "one_of": shape.get("enum", ()),
    }


class Anything(PathConverter):
    """Whatever follows, line breaks too: `path` stops at them, and a page would answer a program."""

    regex = r"[\s\S]+"


register_converter(Anything, "anything")

urlpatterns = [
    path("", page, name="api"),
    path("about/<str:tag>/", resource, name="api-resource"),
    path("schema/", Schema.as_view(), name="api-schema"),
    path("v1/", include("leads.api.urls")),
    path("v1/", include("meetings.api.urls")),
    path("v1/", include("reporting.api.urls")),
    path("v1/", include("accounts.api.urls")),
    path("<anything:rest>", Nowhere.as_view(rights={"GET": "", "POST": ""}), name="api-nowhere"),
]
