"""A real Chromium before a running LeadOps. Without one these tests fail, and say how to get it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

# A browser complains of every answer that is no success; these are ours, and the page says why.
REFUSED = re.compile(r"status of (403|409|422)")
PATIENCE = 20_000  # ms: a busy machine is no failure
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if item.path.is_relative_to(os.path.dirname(__file__)):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    names = (os.environ.get("LEADOPS_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("No Chromium. Install it (apt-get install chromium), or name yours in LEADOPS_CHROMIUM.")
    # The loop that drives the browser lives in this thread, beside plain database calls.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as play:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE)
        browser = play.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def at_screen(chromium, shipped, live_server, house) -> Iterator[Callable[..., Page]]:
    """Return a function: who sits before which screen. What the browser complains about fails the test."""
    contexts, said = [], []

    def sit(user, *, width: int = 1440, script: bool = True, **more) -> Page:
        client = Client()
        client.force_login(user)
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 900}, java_script_enabled=script, **more
        )
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield sit
    for context in contexts:
        context.close()
    assert [text for text in said if not REFUSED.search(text)] == []
