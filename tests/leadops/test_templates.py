"""A template that is put together once says what it said node by node, whatever it is given."""

from datetime import UTC, datetime

import pytest
from django.template import Context, Engine, Template, engines
from django.template.base import TextNode
from django.template.loader_tags import IncludeNode
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from leadops.templates import Inlined, Loader, read_all

PARTS = {
    "icon": '{# which #}<i class="{{ icon }}"></i>',
    "button": '{% load words %}<b>{% include "icon" %}{{ label }}{% if quiet %} quiet{% endif %}{% if key %} {{ key|upper }}{% endif %}',
    "own": '{% with icon="mine" %}{% include "icon" %}{% endwith %}{% for icon in icons %}{{ icon }}{% endfor %}',
    "named": '{% url "queue" as icon %}{{ icon }}',
    "turns": "{% cycle 'odd' 'even' %}",
    "static": '{% load static %}{% static "a" as label %}{{ label }}',
    "again": '{{ icon }}{% if more %}{% include "again" with more="" icon="last" %}{% endif %}',
    "frame": 'A{% block top %}{% include "icon" with icon="top" %}{% endblock %}{# nothing #}Z',
    "empty": "{# says nothing #}",
}
PAGES = {
    "in so many words": '{% include "icon" with icon="phone" %}{% include "icon" with icon="a<b" %}',
    "from the page": '{% include "icon" with icon=icon %}{% include "icon" with icon=none %}',
    "through another": '{% include "button" with icon="mail" label="Mail" key="m" %}',
    "partly": '{% include "button" with icon="mail" label=icon %}{{ label }}',
    "by what is passed, not by the page": '{% include "button" with label="" key="" only %}{% include "button" with quiet="" %}',
    "where a name is taken": '{% include "own" with icon="given" %}{% include "named" with icon="given" %}',
    "where a name is given for a while": '{% include "named" %}{% include "static" %}{{ icon }} {{ label }}',
    "in a loop": '{% for icon in icons %}{% include "icon" %}{% include "turns" %}{% endfor %}',
    "within itself": '{% include "again" with icon="first" more="yes" %}',
    "in a frame": '{% extends "frame" %}{% block top %}{{ block.super }}{% include "icon" with icon="own" %}{% endblock %}',
    "all kinds of things": "{{ n }} {{ f }} {{ at }} {{ yes }} {{ none }} {{ missing }} {{ safe }} {{ later }} {{ icons }}",
    "as it is": '{% autoescape off %}{{ icon }}{% include "icon" with icon="a<b" %}{{ n }}{% endautoescape %}',
    "which one": "{% include name %}{% include 'empty' %}",
    "files": "{% load static %}{% static 'leadops/icon.svg' %}{% static 'a&b' as there %}{{ there }}{% static name %}",
    "this way or that": '{% if icon == "x" %}{% include "icon" with icon="x" %}{% elif none %}B{% else %}{% include "icon" %}{% endif %}',
    "a part of its own": "{% partialdef mine inline %}{% include 'icon' with icon='in' %}{% endpartialdef %}{% partial mine %}",
}


def drawn(loader: str, page: str) -> str:
    words = PARTS | {"page": PAGES[page]}
    engine = Engine(
        loaders=[(loader, [("django.template.loaders.locmem.Loader", words)])],
        libraries={"words": "accounts.templatetags.words", "static": "django.templatetags.static"},
    )
    given = {
        "icon": 'x"<',
        "icons": ["one", "two", "three"],
        "name": "icon",
        "label": "Label",
        "n": 1_234_567,
        "f": 1234.5,
        "yes": True,
    }
    given |= {
        "at": datetime(2026, 10, 14, 9, tzinfo=UTC),
        "safe": mark_safe("<b>"),
        "later": gettext_lazy("<Save>"),
        "none": None,
    }
    template = engine.get_template("page")
    return "".join(template.render(Context(given)) for _ in range(2))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_put_together_says_what_it_said_before(page):
    assert drawn("leadops.templates.Loader", page) == drawn("django.template.loaders.cached.Loader", page)


def made(**templates):
    engine = Engine(loaders=[("leadops.templates.Loader", [("django.template.loaders.locmem.Loader", templates)])])
    assert isinstance(engine.template_loaders[0], Loader)
    return engine.get_template("page").nodelist


def test_what_is_the_same_each_time_is_one_piece():
    page = made(page='<p>{# why #}{% include "icon" with icon="phone" %}</p>', icon="<i>{{ icon }}</i>")

    assert [(type(node), node.s) for node in page] == [(TextNode, "<p><i>phone</i></p>")]


def test_what_depends_on_the_page_is_drawn_there():
    page = made(page='<p>{% include "icon" with icon=icon %}</p>', icon="<i>{{ icon }}</i>")

    assert [type(node) for node in page] == [TextNode, Inlined, TextNode]


def test_while_errors_are_looked_for_nothing_is_put_together():
    parts = {"page": '<p>{# why #}{% include "icon" %}</p>', "icon": "<i></i>"}
    engine = Engine(
        debug=True, loaders=[("leadops.templates.Loader", [("django.template.loaders.locmem.Loader", parts)])]
    )

    assert [type(node) for node in engine.get_template("page").nodelist] == [TextNode, IncludeNode, TextNode]


def test_a_worker_begins_with_every_template_of_ours_read():
    engine = engines["django"].engine
    loader = engine.template_loaders[0]
    loader.reset()

    read_all()

    ours = {str(file.relative_to(folder)) for folder in engine.dirs for file in folder.rglob("*.html")}
    assert len(ours) > 100
    assert {template.name for template in loader.get_template_cache.values() if isinstance(template, Template)} >= ours
