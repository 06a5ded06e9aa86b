"""The page in a real browser, without JavaScript: what it loads, what it complains about, how it looks."""

import base64
import json
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
import uvicorn
from fake_driver import until
from scenes import NASTY, NOW, TARGET, Scene, busy

from exporter.daemon.serve import listen
from exporter.daemon.values import Address
from exporter.daemon.web import make_app
from requirements import missing

HINT = "install chromium and chromedriver, as `make tools` does on Debian"
SCREENSHOTS = Path(os.environ.get("SPARK_EXPORTER_ARTIFACTS", "artifacts"))
NO_SCRIPTS = 2
"""What Chromium's settings call blocked."""


@pytest.fixture(scope="module")
def browser():
    """Start a headless Chromium that runs no script and notes every request."""
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        missing("chromium with chromedriver", HINT)
    from selenium import webdriver  # noqa: PLC0415 - only where there is a browser
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415

    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.add_experimental_option(
        "prefs", {"profile.managed_default_content_settings.javascript": NO_SCRIPTS}
    )
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, Service(programs[1]))
    yield driver
    driver.quit()


@pytest.fixture
def serve():
    """Serve pages of scenes; return their addresses."""
    servers = []

    def start(scene, path="/metrics"):
        def show(query):
            applications = scene.store.view().applications
            return scene.landing.page(query, applications, scene.status.view(), NOW + scene.clock.now)

        app = make_app(path, lambda _form: [b""], show, str)
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False))
        listener = listen(Address("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        servers.append((server, thread, listener))
        until(lambda: server.started, "the server listens")
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield start
    for server, thread, listener in servers:
        server.should_exit = True
        thread.join()
        listener.close()


class Visit:
    """One page as the browser sees it."""

    def __init__(self, browser, address, width=1280, scheme="light"):
        browser.get_log("performance")
        browser.get_log("browser")
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        browser.get(address)
        self.browser = browser
        events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
        self.requests = {
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        }
        self.responses = [
            event["params"]["response"] for event in events if event["method"] == "Network.responseReceived"
        ]
        self.complaints = browser.get_log("browser")
        size = browser.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        self.width, self.height = size["width"], size["height"]

    def screenshot(self, name):
        """Keep the whole page as a picture."""
        clip = {"x": 0, "y": 0, "width": self.width, "height": self.height, "scale": 1}
        options = {"captureBeyondViewport": True, "clip": clip}
        data = self.browser.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
        SCREENSHOTS.mkdir(exist_ok=True)
        (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(data))

    def texts(self, selector):
        """Return what is shown of every element that a selector finds."""
        return [element.text for element in self.browser.find_elements("css selector", selector)]

    def color(self, selector, name="color"):
        """Return a colour of the first such element."""
        return self.browser.find_element("css selector", selector).value_of_css_property(name)


@pytest.fixture(scope="module")
def scene():
    """A busy application after a quarter of an hour."""
    scene = Scene()
    for step in range(1, 176):
        busy(scene, step)
        scene.point()
    scene.status.describe(TARGET, "etl (app-1) runs with the plugin", up=True, app_id="app-1")
    for source, seconds in (("application", 0.02), ("plugin", 0.004), ("executors", 0.03), ("stages", 0.07)):
        scene.status.succeeded(TARGET, source, seconds)
    scene.clock.now += 2.0
    return scene


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_it_loads_nothing_and_nothing_is_amiss(browser, serve, scene, scheme, dark):
    """One request, no complaint, and the colours that the user wants; a picture is kept."""
    address = serve(scene)
    visit = Visit(browser, address, scheme=scheme)
    visit.screenshot(f"landing-{scheme}")

    assert {url for url in visit.requests if not url.startswith("data:")} == {address}
    assert visit.complaints == []
    assert visit.responses[0]["headers"]["content-security-policy"].startswith(
        "default-src 'none'; style-src"
    )
    assert visit.texts("h2")[0].startswith("Applications")
    assert "rows_parsed per second" in " ".join(visit.texts("figcaption"))
    channels = [int(part) for part in visit.color("body", "background-color").strip("rgba()").split(",")[:3]]
    assert (sum(channels) < 3 * 128) is dark


def test_the_charts_are_drawn(browser, serve, scene):
    """As large as they are meant to be, by the style sheet in the page."""
    Visit(browser, serve(scene))
    charts = browser.find_elements("css selector", "figure svg")

    assert len(charts) >= 12
    assert {chart.size["height"] for chart in charts} == {84}
    lines = browser.find_elements("css selector", "figure svg .line")
    assert {line.value_of_css_property("fill") for line in lines} == {"none"}
    assert all(line.size["width"] > 100 for line in lines)


@pytest.mark.parametrize("width", [360, 768, 1600])
def test_it_fits_the_window(browser, serve, scene, width):
    """Wide tables move on their own, the page does not."""
    visit = Visit(browser, serve(scene), width)
    visit.screenshot(f"landing-{width}")

    assert visit.width == width


def test_the_browser_runs_no_script(browser):
    """So that the page is seen as it is without them."""
    browser.get("data:text/html,<title>as it came</title><script>document.title='changed'</script>")

    assert browser.title == "as it came"


def test_names_are_shown_and_not_run(browser, serve):
    """Nothing of what they hold becomes part of the page, nor turns a line around."""
    scene = Scene()
    for step in range(1, 9):
        busy(scene, step, NASTY, NASTY)
        scene.point()
    visit = Visit(browser, serve(scene))

    assert visit.complaints == []
    assert browser.find_elements("css selector", "script") == []
    shown = "<script>alert(1)</script>\"'&\\u202egnp.exe"
    assert visit.texts("tbody th a")[0] == shown
    browser.find_element("css selector", "tbody th a").click()
    assert browser.title == f"{shown} - Spark Exporter"
    assert visit.texts("h2")[0].startswith(shown)


def test_hundreds_of_applications(browser, serve):
    """Are a list that links lead through."""
    scene = Scene()
    for number in range(120):
        busy(scene, number + 1, f"job-{number}", f"app-{number}")
    scene.point()
    start = time.monotonic()
    visit = Visit(browser, serve(scene))
    assert time.monotonic() - start < 60
    visit.screenshot("landing-many")

    assert len(visit.texts("tbody tr")) == 50
    assert browser.find_elements("css selector", "figure") == []
    browser.find_element("link text", "Next").click()
    assert len(visit.texts("tbody tr")) == 50
    browser.find_element("link text", "Next").click()
    assert len(visit.texts("tbody tr")) == 20
