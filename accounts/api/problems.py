"""What goes wrong, in one form for every address of the API: RFC 9457 problem details that name the field."""

import logging

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import set_rollback

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("django.request")
TITLES = {
    400: "The request cannot be read", 401: "Who are you?", 403: "Not yours to do", 404: "Not there",
    405: "Not with this method", 409: "Somebody was faster", 413: "Too long", 415: "Not in this form", 422: "That cannot be",
    429: "Too many requests", 500: "Our mistake",
}  # fmt: skip


class FieldProblem(serializers.Serializer):
    """What is wrong with one field; `field` is its path, as in `channels.0`, and empty where it is the whole."""

    field = serializers.CharField(allow_blank=True)
    detail = serializers.CharField()


class ProblemDetails(serializers.Serializer):
    """What went wrong (RFC 9457). `code` is for programs, `detail` for people; nothing was changed."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = FieldProblem(many=True)


class Problem(exceptions.APIException):
    """Raised by the API's own shells for whatever a process refused."""

    def __init__(self, status: int, code: str, detail: str, field: str = ""):
        super().__init__(detail, code)
        self.status_code, self.code, self.words, self.field = status, code, detail, field


class Unreadable(exceptions.ValidationError):
    """Something beside the body cannot be understood: a part of the address, a header."""


def answer(problem: Exception, context: dict) -> Response:
    """Return the answer to anything that was raised. What nobody thought of is logged, and says nothing of the inside."""
    set_rollback()
    if isinstance(problem, Http404):
        problem = exceptions.NotFound()
    elif isinstance(problem, PermissionDenied):
        problem = exceptions.PermissionDenied(*problem.args)
    elif not isinstance(problem, exceptions.APIException):
        request = context["request"]._request
        log.error("Internal Server Error: %s", request.path, exc_info=problem)
        got_request_exception.send(sender=None, request=request)
        return respond(500, "error", "Something went wrong on our side, and was written down.")
    headers = {}
    if getattr(problem, "auth_header", None):
        headers["WWW-Authenticate"] = problem.auth_header
    if wait := getattr(problem, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(problem, exceptions.ValidationError):
        status = 400 if isinstance(problem, Unreadable) else 422
        errors = list(_errors(problem.detail))
        said = errors[0]
        detail = f"{said['field']}: {said['detail']}" if said["field"] else said["detail"]
        return respond(status, "invalid", detail, errors)
    if isinstance(problem, Problem):
        errors = [{"field": problem.field, "detail": problem.words}] if problem.field else []
        return respond(problem.status_code, problem.code, problem.words, errors)
    status, code = problem.status_code, str(problem.get_codes()) if isinstance(problem.get_codes(), str) else "error"
    return respond(status, code, str(problem.detail), headers=headers)


def respond(status: int, code: str, detail: str, errors: list | None = None, headers: dict | None = None) -> Response:
    """Return one problem."""
    body = {
        "type": "about:blank", "title": TITLES.get(status, "It did not work"), "status": status, "code": code, "detail": detail,
        "errors": errors or [],
    }  # fmt: skip
    response = Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def _errors(detail, path: str = ""):
    """Walk what is wrong, however deep, and name each field by its path."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _errors(inner, f"{path}.{name}" if path and name != "" else str(name) or path)
    elif isinstance(detail, list) and any(isinstance(part, dict | list) for part in detail):
        for number, inner in enumerate(detail):
            if inner:
                yield from _errors(inner, f"{path}.{number}" if path else str(number))
    else:
        for words in detail if isinstance(detail, list) else [detail]:
            yield {"field": path, "detail": str(words)}
