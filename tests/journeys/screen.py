"""Somebody who knows nothing but what is on the screen: follows links and presses buttons by their words, fills fields by their labels."""

from html.parser import HTMLParser
from urllib.parse import urljoin

from django.test import Client

VOID = {"input", "meta", "link", "br", "img", "use", "circle", "path"}


class _Page(HTMLParser):
    """The links, the labels and the forms of a page, with the words that people read or hear."""

    def __init__(self, html: str):
        super().__init__()
        self.links, self.labels, self.forms, self.words = [], {}, [], []
        self.open, self.form, self.select = [], None, None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.form = {
                "action": given.get("action", ""),
                "method": given.get("method", "get"),
                "fields": [],
                "buttons": [],
            }
            self.forms.append(self.form)
        if tag in ("input", "select", "textarea") and self.form is not None:
            field = given | {"tag": tag, "options": [], "text": ""}
            field["labels"] = [element["words"] for element in self.open if element["tag"] == "label"]
            self.form["fields"].append(field)
            self.select = field if tag != "input" else None
        if tag == "option" and self.select is not None:
            self.select["options"].append(given | {"words": []})
        if tag not in VOID:
            self.open.append({"tag": tag, "words": [], **given})

    def handle_endtag(self, tag):
        if tag not in [element["tag"] for element in self.open]:
            return  # of one that closes itself
        while self.open:
            element = self.open.pop()
            self._closed(element)
            if element["tag"] == tag:
                break
        if tag == "form":
            self.form = None

    def _closed(self, element):
        words = element.get("aria-label") or said(element["words"])
        if element["tag"] == "a" and element.get("href"):
            self.links.append((words, element["href"]))
        elif element["tag"] == "label" and element.get("for"):
            self.labels[element["for"]] = words
        elif element["tag"] == "button" and self.form is not None:
            self.form["buttons"].append(element | {"says": words})
        elif element["tag"] in ("select", "textarea"):
            self.select = None

    def handle_data(self, data):
        self.words.append(data)
        if self.select is not None and self.select["options"]:
            self.select["options"][-1]["words"].append(data)
        for element in self.open:
            element["words"].append(data)


def said(words: list[str]) -> str:
    return " ".join("".join(words).split())


class Screen:
    def __init__(self, client: Client):
        self.client, self.url = client, "/"
        self.go("/")

    def go(self, url: str) -> "Screen":
        return self._show(self.client.get(urljoin(self.url, url), follow=True))

    def click(self, words: str) -> "Screen":
        """Follow the link that is called so, or whose words begin or end so."""
        fits = (lambda said: said == words, lambda said: said.startswith(words), lambda said: said.endswith(words))
        found = [url for fit in fits for said, url in self.page.links if fit(said)]
        assert found, f"no link {words!r} among {[said for said, _url in self.page.links]}"
        return self.go(found[0])

    def press(self, words: str, ticks: tuple[str, ...] = (), **typed: str) -> "Screen":
        """Press a button, its form filled: boxes ticked by their words, fields by their labels (`Last_day_away="2026-10-02"`)."""
        form, button = next(
            ((form, b) for form in self.page.forms for b in form["buttons"] if b["says"] == words), (None, None)
        )
        assert form, f"no button {words!r} among {[b['says'] for f in self.page.forms for b in f['buttons']]}"
        data = self._filled(form, set(ticks), {name.replace("_", " "): value for name, value in typed.items()})
        if button.get("name"):
            data[button["name"]] = [button.get("value", "")]
        url = urljoin(self.url, button.get("formaction") or form["action"] or self.url)
        if form["method"] == "get":
            return self._show(self.client.get(url.partition("?")[0], data, follow=True))
        return self._show(self.client.post(url, data, follow=True))

    def _filled(self, form: dict, ticks: set[str], typed: dict[str, str]) -> dict[str, list[str]]:
        data, left = {}, set(ticks) | set(typed)
        for field in form["fields"]:
            words = self._called(field)
            kind, value = field.get("type", ""), field.get("value", "")
            if kind in ("checkbox", "radio"):
                hit = next((tick for tick in ticks if words.startswith(tick)), None)
                left.discard(hit)
                if hit is None and "checked" not in field:
                    continue
                value = field.get("value", "on")
            elif label := next((label for label in typed if words.startswith(label)), None):
                left.discard(label)
                value = self._choice(field, typed[label]) if field["tag"] == "select" else typed[label]
            elif field["tag"] == "select":
                value = next((o.get("value", "") for o in field["options"] if "selected" in o), "")
            data.setdefault(field.get("name", ""), []).append(value or "")
        assert not left, f"not on the screen: {left} among {[self._called(f) for f in form['fields']]}"
        return data

    def _called(self, field: dict) -> str:
        around = said(field["labels"][0]) if field["labels"] else ""
        return field.get("aria-label") or self.page.labels.get(field.get("id", "")) or around

    def _choice(self, field: dict, words: str) -> str:
        found = [o["value"] for o in field["options"] if said(o["words"]).startswith(words)]
        assert found, f"no choice {words!r} among {[said(o['words']) for o in field['options']]}"
        return found[0]

    def _show(self, response) -> "Screen":
        assert response.status_code < 400, (response.status_code, said(_Page(response.content.decode()).words)[:2000])
        self.url = response.redirect_chain[-1][0] if response.redirect_chain else response.request["PATH_INFO"]
        if not response.redirect_chain and response.request.get("QUERY_STRING"):
            self.url += f"?{response.request['QUERY_STRING']}"
        self.page = _Page(response.content.decode())
        return self

    @property
    def words(self) -> str:
        return said(self.page.words)
