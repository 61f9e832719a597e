"""Reports in a browser without a window: nothing is asked for, nothing is logged, and they can be read on a phone."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import funnelsim as fs
from funnelsim.report.page import html_report
from tests.report.hostile import HARMLESS, HOSTILE

pytestmark = pytest.mark.system

PHONE, DESK = 390, 1280


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver

    found = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in found:
        pytest.fail("chromium and chromedriver are needed: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = str(found[0])
    profile = tmp_path_factory.mktemp("profile")
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(found[1])))
    driver.get("about:blank")  # in place of the page it begins with, which asks for things of its own
    time.sleep(1)
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Callable[[str, int], Any]:
    """Return what opens a page at a width, in the driver."""

    def open_page(page: str, width: int) -> Any:
        path = tmp_path / "report.html"
        path.write_text(page, "utf-8")
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        for kind in ("browser", "performance"):
            browser.get_log(kind)
        browser.get(path.as_uri())
        return browser

    return open_page


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    trunk = fs.load("scenarios/trunk.yaml")
    compared = fs.compare({"base": trunk, "two_weeks": trunk.variant("two_weeks")}, replications=20)
    return {"one": html_report(compared.results["base"]), "compared": html_report(compared)}


def requests_of(driver: Any) -> list[str]:
    return [
        line["message"]
        for line in driver.get_log("performance")
        if '"Network.requestWillBeSent"' in line["message"] and '"url":"data:,' not in line["message"]
    ]


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("which", ["one", "compared"])
def test_it_can_be_read(pages: dict[str, str], opened: Callable[[str, int], Any], which: str, width: int) -> None:
    driver = opened(pages[which], width)
    assert driver.get_log("browser") == []
    assert len(requests_of(driver)) == 1  # the page itself
    wide = driver.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width
    beyond = driver.execute_script(
        "return [...document.querySelectorAll('main *:not(svg *)')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert beyond == []
    small = driver.execute_script(
        "return [...document.querySelectorAll('main p, main td, main th, main li')]"
        ".filter(e => e.offsetParent && parseFloat(getComputedStyle(e).fontSize) < 12).length"
    )
    assert small == 0
    widths = driver.execute_script("return [...document.querySelectorAll('figure svg')].map(e => e.clientWidth)")
    assert min(widths) > 0.8 * min(width, 400)


def test_landmarks_and_alternative_texts_are_told(pages: dict[str, str], opened: Callable[[str, int], Any]) -> None:
    """As the browser hands them to a reader of the screen."""
    driver = opened(pages["one"], DESK)
    nodes = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    told = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node.get("ignored")]
    roles = [role for role, _ in told]
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert roles.count(landmark) == 1, landmark
    images = [name for role, name in told if role in ("img", "image")]
    assert len(images) == 4
    assert all(len(name) > 20 for name in images)
    assert ("region", "The answer") in told


def test_a_page_that_asks_for_something_would_be_found(
    pages: dict[str, str], opened: Callable[[str, int], Any]
) -> None:
    driver = opened(pages["one"].replace("</main>", "<img src='http://127.0.0.1:9/x.png'></main>"), DESK)
    assert driver.get_log("browser") != []


@pytest.mark.parametrize("compared", [False, True], ids=["one", "compared"])
def test_no_text_adds_an_element(
    page_with: Callable[[str, bool], str], opened: Callable[[str, int], Any], compared: bool
) -> None:
    def counted(text: str) -> int:
        driver = opened(page_with(text, compared), PHONE)
        assert driver.get_log("browser") == [], text
        assert len(requests_of(driver)) == 1, text
        assert driver.title != "broken", text
        assert driver.execute_script("return document.documentElement.scrollWidth") <= PHONE, text
        return int(driver.execute_script("return document.querySelectorAll('*:not(svg *)').length"))

    usual = counted(HARMLESS)
    for text in HOSTILE:
        assert counted(text) == usual, text
