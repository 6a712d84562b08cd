"""The page in a real browser: it filters, opens, counts, and asks nothing of the network."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from untag.finding import Status
from untag.reports import View
from untag.reports.html import HtmlForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from untag.report import Report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="no chromium with chromedriver on this machine"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = str(BROWSER)
    for flag in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}", "--window-size=1280,1000",
    ):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=DRIVER)
    made = webdriver.Chrome(options=options, service=service)
    yield made
    made.quit()


@pytest.fixture
def browser(driver: Any, report: Report, tmp_path: Any) -> Any:
    """The sample report, freshly opened."""
    path = tmp_path / "report.html"
    path.write_text("".join(HtmlForm().write(report, View())), encoding="utf-8")
    driver.set_window_size(1280, 1000)
    driver.get(path.as_uri())
    driver.execute_script("try { localStorage.clear() } catch {}")
    driver.get(path.as_uri())
    return driver


def visible(browser: Any) -> list[str]:
    script = "return [...document.querySelectorAll('.finding')].filter(e => e.checkVisibility()).map(e => e.id)"
    return list(browser.execute_script(script))


def status(browser: Any) -> str:
    return str(browser.find_element("id", "status").text)


def tick(browser: Any, name: str, value: str) -> None:
    browser.find_element("css selector", f"input[name={name}][value={value}]").click()


def count(browser: Any, name: str, value: str) -> int:
    label = (
        f"return document.querySelector('input[name={name}][value={value}]').parentNode.querySelector('.n').textContent"
    )
    return int(browser.execute_script(label))


def settle(browser: Any) -> None:
    browser.execute_async_script("setTimeout(arguments[0], 150)")


def keys(browser: Any, *what: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(browser).send_keys(*what).perform()


def test_shows_what_is_shown_and_counts_it(browser: Any, report: Report) -> None:
    assert len(visible(browser)) == len(report.shown)
    assert status(browser) == f"Showing {len(report.shown)} of {len(report.findings)} findings"


def test_filters_by_facets_and_counts_follow(browser: Any, report: Report) -> None:
    high = sum(f.severity.word == "high" for f in report.shown)
    critical = sum(f.severity.word == "critical" for f in report.shown)
    tick(browser, "severity", "high")
    assert len(visible(browser)) == high
    assert count(browser, "severity", "critical") == critical, "a value's own facet does not narrow its count"
    assert count(browser, "purpose", "capability") == high
    tick(browser, "severity", "critical")
    assert len(visible(browser)) == high + critical
    tick(browser, "purpose", "targeting")
    assert len(visible(browser)) == 1
    browser.find_element("css selector", "#filters [type=reset]").click()
    assert len(visible(browser)) == len(report.findings), "everything, hidden and accepted ones too"


def test_hidden_and_accepted_ones_are_a_click_away(browser: Any, report: Report) -> None:
    tick(browser, "status", "shown")
    tick(browser, "status", "accepted")
    assert len(visible(browser)) == sum(f.status is Status.ACCEPTED for f in report.findings)


def test_filters_by_language_and_confidence(browser: Any) -> None:
    tick(browser, "language", "ru")
    (only,) = visible(browser)
    assert "национальность" in browser.find_element("id", only).text
    tick(browser, "confidence", "certain")
    assert visible(browser) == []
    assert browser.find_element("id", "none").is_displayed()


def test_searches_all_text(browser: Any) -> None:
    keys(browser, "/")
    assert browser.switch_to.active_element.get_attribute("id") == "q"
    keys(browser, "net_face uyghurs")
    settle(browser)
    (only,) = visible(browser)
    assert "EM_NATION_TYPE" in browser.find_element("id", only).text
    from selenium.webdriver.common.keys import Keys

    keys(browser, Keys.ESCAPE)
    settle(browser)
    assert len(visible(browser)) > 1


def test_the_map_filters_by_path(browser: Any, report: Report) -> None:
    browser.find_element("xpath", "//a[@class='node'][contains(., 'schema.sql')]").click()
    assert len(visible(browser)) == sum(f.place.chain == ("db/schema.sql",) for f in report.shown)
    assert "schema.sql" in browser.find_element("id", "path").text
    browser.find_element("css selector", "#path button").click()
    assert len(visible(browser)) == len(report.shown)


def test_moves_and_opens_by_keys(browser: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    first, second = visible(browser)[:2]
    keys(browser, "j")
    assert browser.switch_to.active_element.get_attribute("id") == first
    keys(browser, "j")
    assert browser.switch_to.active_element.get_attribute("id") == second
    opened = "return [...document.activeElement.querySelectorAll('details')].map(d => d.open)"
    keys(browser, Keys.ENTER)
    assert browser.execute_script(opened) == [True, True]
    keys(browser, Keys.ENTER)
    assert browser.execute_script(opened) == [False, False]
    keys(browser, "k")
    assert browser.switch_to.active_element.get_attribute("id") == first


def test_evidence_for_and_against_opens(browser: Any) -> None:
    article = browser.find_element("id", visible(browser)[1])
    assert "the archive also holds a demo" not in article.text
    article.find_element("css selector", ".evidence > summary").click()
    assert "the archive also holds a demo" in article.text
    assert "emAge" in article.text


def test_copies_a_command(browser: Any) -> None:
    article = browser.find_element("id", visible(browser)[0])
    article.find_element("css selector", ".check > summary").click()
    button = article.find_element("css selector", ".cmd button")
    button.click()
    settle(browser)
    assert button.text in {"Copied", "Selected"}


def test_theme_goes_round(browser: Any) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    button = browser.find_element("id", "theme")
    button.click()
    light = browser.execute_script(ground)
    button.click()
    dark = browser.execute_script(ground)
    assert (button.text, light != dark) == ("Theme: dark", True)
    button.click()
    assert button.text == "Theme: system"


def test_text_and_ground_contrast(browser: Any) -> None:
    """WCAG AA for every text colour on the ground it is used on, in both themes."""
    pairs = [("ink", "bg"), ("ink", "card"), ("soft", "bg"), ("soft", "card"), ("soft", "well"), ("link", "bg")]
    pairs += [("link", "card"), ("mark-ink", "mark"), ("ink", "near"), ("ink", "note-bg")]
    pairs += [(name, f"{name}-bg") for name in ("critical", "high", "medium", "low", "note")]
    for _ in range(2):
        browser.find_element("id", "theme").click()
        for front, back in pairs:
            value = "return getComputedStyle(document.documentElement).getPropertyValue('--' + arguments[0]).trim()"
            one, two = (_luminance(browser.execute_script(value, name)) for name in (front, back))
            ratio = (max(one, two) + 0.05) / (min(one, two) + 0.05)
            assert ratio >= 4.5, (front, back, ratio, browser.find_element("id", "theme").text)


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_nothing_is_wider_than_the_window(browser: Any, width: int) -> None:
    # A headless window does not get narrower than 500; the device's width does.
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    try:
        browser.refresh()
        wide = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_print_opens_everything(browser: Any, report: Report) -> None:
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert len(visible(browser)) == len(report.findings)
    assert browser.execute_script("return document.querySelectorAll('details:not([open])').length") == 0
    browser.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert browser.execute_script("return document.querySelectorAll('details:not([open])').length") > 0
    assert len(visible(browser)) == len(report.shown)
    tick(browser, "severity", "critical")
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert len(visible(browser)) == 2, "a choice is printed as chosen"


def test_reads_without_javascript(browser: Any, report: Report) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.refresh()
        body = browser.find_element("tag name", "body").text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert "EM_NATION_TYPE" in body
    assert "Showing" not in body
    assert "Show everything" not in body


def test_asks_nothing_and_complains_of_nothing(browser: Any) -> None:
    browser.get_log("performance")
    browser.get_log("browser")
    browser.refresh()
    keys(browser, "j", "/", "race")
    settle(browser)
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not re.match(r"file:.*/report\.html|data:", url)] == []
    assert browser.get_log("browser") == []
    assert browser.execute_script("return document.scripts.length") == 1, "no text of the input became a script"
    assert browser.execute_script("return document.querySelectorAll('img').length") == 0


def test_five_thousand_findings_are_searched_and_counted(driver: Any, report: Report, tmp_path: Any) -> None:
    from msgspec.structs import replace

    from untag.place import Place

    many = tuple(
        replace(f, key=f"k1:{n * 100 + m:016x}", place=replace(f.place, chain=(f"d{n % 40}/e{n % 7}/f{n}.c",)))
        for n in range(334)
        for m, f in enumerate(report.findings)
    )[:5000]
    assert isinstance(many[0].place, Place)
    path = tmp_path / "report.html"
    path.write_text("".join(HtmlForm().write(replace(report, findings=many), View())), encoding="utf-8")
    driver.get(path.as_uri())
    search = "q.value = %r; document.getElementById('filters').dispatchEvent(new Event('submit', {cancelable: true}));"
    driver.execute_script("const q = document.getElementById('q');" + search % "nation")
    some = status(driver)
    driver.execute_script("const q = document.getElementById('q');" + search % "")
    assert some != status(driver)
    assert status(driver).endswith("of 5,000 findings")
