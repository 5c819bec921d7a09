"""A real Chromium before a real portal: web, worker, beat and the two sample agents."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.live import LivePortal, live_copy

CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Not longer than this folder: an event loop runs under whatever a process does while Playwright is open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePortal]:
    """The sample world with both agents at work."""
    with live_copy("sample", tmp_path_factory.mktemp("sample")) as portal:
        portal.manage("enrol_sample_agents")
        portal.start_agents()
        yield portal
        portal.stop_agents()


@pytest.fixture
def person(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A browser of somebody's own: `person()` is a visitor. Faults of scripts and refused requests fail the test."""
    opened: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(**more: object) -> Page:
        context = chromium.new_context(**{"locale": "en", "viewport": {"width": 1280, "height": 900}, **more})
        context.set_default_timeout(15_000)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda said: faults.append(f"{page.url}: {said.text}") if "Content Security" in said.text else None,
        )
        return page

    yield open_page
    for context in opened:
        context.close()
    assert faults == []
