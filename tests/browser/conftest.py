"""A real Chromium, and pages in it that must not complain."""

import pytest
from playwright.sync_api import expect, sync_playwright

FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
FLAGS += " --disable-quic --no-first-run"

expect.set_options(timeout=30_000)  # as long as clicks wait: a busy machine is slow


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def visit(browser):
    """Open a page; whatever the browser complains of or fetches elsewhere fails the test at its end."""
    complaints, contexts = [], []

    def visit(path, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda request: note_request(request.url))
        page.goto(path.as_uri())
        return page

    def note_request(url):
        if not url.startswith(("file:", "data:image/svg+xml")):
            complaints.append(f"request: {url}")

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []
