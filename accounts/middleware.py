"""What holds for every request: the reader's time zone, and an answer in our words to a wrong method."""

from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.utils import timezone


def in_their_zone(get_response):
    """Show every time in the zone of whoever looks (TIME-3), and leave no zone behind."""

    def middleware(request):
        if request.user.is_authenticated:
            with timezone.override(request.user.zone):
                return get_response(request)
        return get_response(request)

    return middleware


def say_which_method(get_response):
    """Answer 405 with a page of ours; the header that names the right methods stays."""

    def middleware(request):
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            page = render(request, "405.html", status=405)
            page["Allow"] = response["Allow"]
            return page
        return response

    return middleware
