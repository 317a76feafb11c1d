"""Templates put together once: what is the same on every page is drawn when a template is read, not each time it is shown.

The loader of all templates (`settings.TEMPLATES`). It writes out the addresses of files, leaves out comments, puts an included template
in the place of its `include`, and fills in what that passes on in so many words: of the forty icons of a page only those that
depend on something are still drawn. A fifth of a page's drawing went into this (measured). What a template says stays the same; with
`DEBUG`, where an error points at its line, nothing is done.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from html import escape
from pathlib import Path

from django.conf import settings
from django.template import Node, NodeList, Template, TemplateSyntaxError, engines
from django.template.base import FilterExpression, TextNode, VariableNode, render_value_in_context
from django.template.defaulttags import (
    CommentNode,
    CsrfTokenNode,
    CycleNode,
    ForNode,
    IfChangedNode,
    IfNode,
    LoadNode,
    PartialDefNode,
    ResetCycleNode,
    TemplateLiteral,
    URLNode,
    WithNode,
)
from django.template.library import SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode, construct_relative_path
from django.template.loaders import base, cached
from django.templatetags.static import StaticNode
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

Given = Mapping[str, str]
# What remembers something for as long as its own template is drawn, or is found there by its name.
BOUND = (ExtendsNode, BlockNode, PartialDefNode, CycleNode, IfChangedNode, ResetCycleNode)
# What gives nothing a name, or keeps the names it gives to itself.
PLAIN = (TextNode, VariableNode, IfNode, ForNode, WithNode, CsrfTokenNode, IncludeNode)
_reading = threading.local()


class Said(VariableNode):
    """What a page says most: a text or a number, without asking first whether it is a moment or needs a language."""

    def render(self, context):
        value = self.filter_expression.resolve(context)
        kind = type(value)
        if kind is SafeString:
            return value
        if kind is str:
            return escape(value) if context.autoescape else value
        return str(value) if kind is int else render_value_in_context(value, context)


class Inlined(Node):
    """What an `include` stood for: the nodes of the other template, and what it passes on to them."""

    def __init__(self, nodelist: NodeList, extra_context: dict[str, FilterExpression], isolated_context: bool):
        self.nodelist, self.extra_context, self.isolated_context = nodelist, extra_context, isolated_context

    def render(self, context):
        values = {name: value.resolve(context) for name, value in self.extra_context.items()}
        if self.isolated_context:
            return self.nodelist.render(context.new(values))
        with context.push(**values):
            return self.nodelist.render(context)


class _PutTogether(base.Loader):
    def get_template(self, template_name, skip=None):
        template, names = super().get_template(template_name, skip), _reading.__dict__.setdefault("names", set())
        if not self.engine.debug and template_name not in names:
            names.add(template_name)
            try:
                put_together(template)
            finally:
                names.remove(template_name)
        return template


class Loader(cached.Loader, _PutTogether):
    """Reads each template once a process, and keeps it put together."""


def read_all() -> None:
    """Read every template of ours, so that no page waits for it. One that is wrong says so on its own page."""
    for engine in engines.all():
        for folder in map(Path, engine.dirs):
            for file in sorted(folder.rglob("*.html")):
                with suppress(TemplateSyntaxError):
                    engine.engine.get_template(str(file.relative_to(folder)))


def put_together(template: Template) -> None:
    """Draw what is the same each time, in place: others may hold on to a block or a part."""
    for nodelist in list(_lists(template.nodelist)):
        nodelist[:] = _folded(nodelist, template, {})


def _lists(nodelist: NodeList) -> Iterator[NodeList]:
    """Name this list and all within it, the innermost first."""
    for node in nodelist:
        for inner in _inner(node):
            yield from _lists(inner)
    yield nodelist


def _inner(node: Node) -> list[NodeList]:
    if isinstance(node, IfNode):
        return [nodelist for _condition, nodelist in node.conditions_nodelists]
    return [value for value in vars(node).values() if isinstance(value, NodeList)]


def _folded(nodes: Iterable[Node], template: Template, given: Given) -> NodeList:
    """Return these nodes as few as can be: words beside words are one, and what is given in so many words is filled in."""
    found = NodeList()
    for node in nodes:
        for part in _parts(node, template, given):
            if isinstance(part, TextNode) and found and isinstance(found[-1], TextNode):
                found[-1] = TextNode(found[-1].s + part.s)
            elif not isinstance(part, TextNode) or part.s:
                found.append(part)
    return found


def _parts(node: Node, template: Template, given: Given) -> Iterable[Node]:
    if isinstance(node, (CommentNode, LoadNode)):
        return ()
    if isinstance(node, StaticNode):
        return (_address(node),)
    if isinstance(node, IncludeNode):
        return _included(node, template, given)
    if isinstance(node, VariableNode):
        return (_shown(node, given),)
    if not given:
        return (node,)
    if isinstance(node, Inlined):
        return _inline(node, node.nodelist, template, given)
    if isinstance(node, IfNode):
        return _chosen(node, template, given)
    return (node,)


def _shown(node: VariableNode, given: Given) -> Node:
    text = _said(node.filter_expression, given)
    if text is not None:
        return TextNode(text)
    # Numbers are grouped only where that is switched on for all of them.
    return node if type(node) is not VariableNode or settings.USE_THOUSAND_SEPARATOR else Said(node.filter_expression)


def _address(node: StaticNode) -> Node:
    path = _said(node.path, {})
    if path is None or node.varname is not None:
        return node
    try:
        return TextNode(conditional_escape(node.handle_simple(path)))
    except ValueError:  # the files are not there yet: the page says which, when it is drawn
        return node


def _included(node: IncludeNode, template: Template, given: Given) -> Iterable[Node]:
    """Put the other template in the place of its `include`, unless which one it is, or what it says, is only known on the page."""
    name = _said(node.template, {})
    name = name and construct_relative_path(node.origin.template_name, name)
    if not name or name in _reading.__dict__.get("names", ()):
        return (node,)
    other = template.engine.get_template(name)
    if any(isinstance(inner, BOUND) for inner in _all(other.nodelist)):
        return (node,)
    return _inline(node, other.nodelist, template, given)


def _inline(node: IncludeNode | Inlined, nodes: NodeList, template: Template, given: Given) -> Iterable[Node]:
    passed = {name: _filled(value, given) for name, value in node.extra_context.items()}
    said = {name: value.var for name, value in passed.items() if _said(value, {}) is not None}
    known = said if node.isolated_context else {n: v for n, v in given.items() if n not in passed} | said
    if known and not _is_set_within(nodes, known):
        nodes = _folded(nodes, template, known)
    if all(isinstance(inner, TextNode) for inner in nodes):
        return nodes
    if not passed and not node.isolated_context and not any(map(_may_set, _all(nodes))):
        return nodes
    return (Inlined(nodes, passed, node.isolated_context),)


def _chosen(node: IfNode, template: Template, given: Given) -> Iterable[Node]:
    """Decide what is known; of the rest keep the question."""
    left = []
    for condition, nodelist in node.conditions_nodelists:
        known = _said(condition.value, given) if type(condition) is TemplateLiteral else None
        if known is not None and not known:
            continue
        is_last = condition is None or bool(known)
        left.append((None if is_last else condition, _folded(nodelist, template, given)))
        if is_last:
            break
    if not left:
        return ()
    return left[0][1] if left[0][0] is None else (IfNode(left),)


def _said(value: FilterExpression, given: Given) -> str | None:
    """Return what an expression says in so many words; None for what is only known on the page."""
    if value.filters:
        return None
    if value.is_var:
        return given.get(value.token)
    return value.var if isinstance(value.var, str) else None


def _filled(value: FilterExpression, given: Given) -> FilterExpression:
    text = _said(value, given)
    if text is None or not value.is_var:
        return value
    filled = object.__new__(FilterExpression)
    filled.token, filled.filters, filled.var, filled.is_var = value.token, [], text, False
    return filled


def _all(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        for nodelist in _inner(node):
            yield from _all(nodelist)


def _may_set(node: Node) -> bool:
    """Whether a tag might give something a name that would stand outside of its own template: `{% url ... as name %}`."""
    if isinstance(node, URLNode):
        return node.asvar is not None
    if isinstance(node, SimpleNode):
        return node.target_var is not None or bool(node.takes_context)
    return not isinstance(node, (*PLAIN, Inlined))


def _is_set_within(nodes: Iterable[Node], names: Given) -> bool:
    """Whether a tag might give one of these names to something else on the way: `{% url ... as name %}`."""
    return any(value in names for node in _all(nodes) for value in vars(node).values() if isinstance(value, str))
