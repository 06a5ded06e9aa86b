"""What the check says about each thing that can be wrong with a driver and its plugin, and its exit code."""

import pytest
from check_rig import SOURCES, sources
from fake_driver import PLUGIN, executor
from fake_history import FakeHistory

from exporter._version import __version__

OFF = (
    "ok     Live configuration and events are off, as the plugin has no token "
    "(spark.exporter.tokenFile, or SPARK_EXPORTER_TOKEN in the driver)."
)


def test_all_is_well(check):
    """Every line says so, and the exit code is 0."""
    assert check() == (
        0,
        [
            'ok     URL is the UI of Spark 4.3.0, application "etl" (app-1).',
            f"ok     The plugin is loaded, version {__version__}, and answers at URL.",
            f"ok     This command has the same version, {__version__}.",
            "ok     1 of 1 executors report; the oldest last report is 1.5 s old.",
            "ok     Nothing was dropped.",
            OFF,
            *SOURCES,
            sources("processes"),
            "Nothing is broken; 1 hint.",
        ],
    )


def test_control_is_on(check, driver):
    """If the plugin has a token, with which it is asked here, too."""
    delivery = {"bounds": [], "counts": [0], "sum": 0}
    driver.plugin.control = {"version": 0, "events": [], "delivery": delivery}
    code, lines = check(token="tok-en")

    assert code == 0
    assert "ok     Live configuration and events are on; the daemon needs the same token." in lines
    assert OFF not in lines
    assert not [line for line in lines if "tok-en" in line]


def test_local_mode_has_the_driver_only(check, driver):
    """Which runs the tasks."""
    driver.live_executors = ["driver"]
    code, lines = check()

    assert code == 0
    assert "ok     The driver, alone so far, reports; the oldest last report is 1.0 s old." in lines


@pytest.fixture
def history():
    """A history server."""
    server = FakeHistory()
    yield server
    server.die()


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 applications"), (1, "1 application"), (1001, "more than 1000 applications")]
)
def test_a_history_server(check, history, count, shown):
    """Nothing is wrong with it: it is told from a driver, and what is to be read is counted."""
    history.add("running", -1)
    for number in range(count):
        history.add(f"app-{number}", 5000 + number)

    assert check(url=history.url) == (
        0,
        [
            f"ok     {history.url} is a Spark history server.",
            f"ok     {shown} ended in the last 24 hours; the daemon reads each once.",
            "Nothing is broken.",
        ],
    )


def test_a_history_server_that_lists_nothing_sensible(check, history):
    """That is wrong."""
    history.apps = None
    code, lines = check(url=history.url)

    assert code == 1
    assert lines == [
        "wrong  " + lines[0].removeprefix("wrong  "),
        "       The history server's log says more.",
        "1 thing is broken.",
    ]


def test_a_history_server_that_lists_something_else(check, history):
    """It is wrong, too, and the others are counted."""
    history.add("good", 5000)
    history.add("odd", 6000)
    history.apps["odd"]["name"] = None

    assert check(url=history.url) == (
        1,
        [
            f"ok     {history.url} is a Spark history server.",
            "ok     1 application ended in the last 24 hours; the daemon reads each once.",
            (
                "wrong  The daemon leaves out entries of the list that are no applications: 1, such as "
                "odd: application.name: expected a string, found None."
            ),
            "       The history server's log says more.",
            "1 thing is broken.",
        ],
    )


def test_nothing_listens(check, start_driver):
    """The remedy is to look for the right port."""
    gone = start_driver()
    gone.die()
    code, lines = check(url=gone.url)

    assert code == 1
    assert lines == [
        f"wrong  {gone.url}/api/v1/applications: nothing listens there.",
        "       Is the application running, with spark.ui.enabled=true, and is this its port?",
        "1 thing is broken.",
    ]


def test_something_else_listens(check, driver):
    """The remedy is to give the URL of a driver's UI."""
    driver.overrides["/api/v1/applications"] = lambda handler: handler.send(200, b"<html>")
    code, lines = check()

    assert code == 1
    assert lines[0].endswith("does not answer with JSON: is it the UI of a Spark driver?")
    assert lines[1] == "       Give the URL of a driver's UI, such as http://127.0.0.1:4040."


def test_the_application_has_ended(check, driver):
    """Nothing more can be said."""
    driver.completed = True

    assert check()[1][1] == "wrong  The application has ended."
    assert check()[0] == 1


def test_the_plugin_published_no_endpoint(check, driver):
    """The remedy is in the driver's log."""
    driver.conf = {"spark.plugins": PLUGIN}

    assert check()[1][1] == "wrong  The plugin is configured, but it published no endpoint."
    assert check()[0] == 1


def test_the_token_is_missing(check, driver):
    """The remedy is to give it."""
    driver.overrides["/v1/snapshot"] = lambda handler: handler.send(401, b"")
    code, lines = check()

    assert code == 1
    assert lines[1] == "wrong  URL/v1/snapshot answers 401: it wants a token or a login."
    assert "--token-file or SPARK_EXPORTER_TOKEN" in lines[2]
    assert "spark.exporter.tokenFile, spark.exporter.token or SPARK_EXPORTER_TOKEN" in lines[2]


def test_the_token_is_sent(check, driver):
    """To the plugin."""
    check(token="secret")

    assert {
        headers.get("Authorization") for path, _, headers in driver.requests if path == "/v1/snapshot"
    } == {"Bearer secret"}


def test_another_host_gets_no_token(check, driver, start_driver):
    """A driver may say that its plugin listens anywhere."""
    elsewhere = start_driver(host="127.0.0.2")
    driver.conf["spark.exporter.endpoint"] = elsewhere.url
    check(token="secret")

    (sent,) = [headers["Authorization"] for path, _, headers in elsewhere.requests if path == "/v1/snapshot"]
    assert sent.startswith("SparkExporter ")


def test_the_versions_differ(check, driver):
    """Both are named."""
    driver.plugin.version = "9.9.9"
    code, lines = check()

    assert code == 1
    assert f"wrong  This command has version {__version__}, the plugin 9.9.9." in lines


def test_an_executor_is_silent(check, driver):
    """Because it never reported, or not for a while; the driver's list says who should."""
    driver.live_executors = ["driver", "1", "2", "3"]
    driver.plugin.executors.append(executor("2", reported=900.0))
    code, lines = check()

    assert code == 1
    assert "wrong  1 of 3 executors report; the oldest last report is 1.5 s old. Silent: 2, 3." in lines


def test_a_removed_executor_is_not_missed(check, driver):
    """It need not report any more."""
    driver.plugin.executors.append(executor("2", state="removed", reported=900.0))

    assert check()[0] == 0


def test_what_was_dropped_has_a_remedy(check, driver):
    """Each reason its own; the executors are added up."""
    for name in ("2", "3"):
        known = executor(name, state="removed")
        known["stats"]["dropped"] = {"series_limit": 2.0, "invalid_value": 0.0}
        driver.plugin.executors.append(known)
    code, lines = check()

    assert code == 1
    at = lines.index("wrong  Dropped: 4 by series_limit.")
    assert lines[at + 1] == (
        "       Use fewer label values, or raise spark.exporter.maxSeries or maxApplicationSeries."
    )


def test_what_no_setting_would_keep_is_no_fault(check, driver):
    """A data source's metrics may be of a kind that does not add up."""
    driver.plugin.executors[0]["stats"]["dropped"] = {"unreadable_sql_metric": 3.0}
    code, lines = check()

    assert code == 0
    at = next(place for place, line in enumerate(lines) if "3 by unreadable_sql_metric" in line)
    assert not lines[at].startswith("wrong")
    assert "do not add up" in lines[at + 1]


def test_the_list_of_executors_cannot_be_read(check, driver):
    """Spark's own answer may be broken, too."""
    driver.overrides["/api/v1/applications/app-1/executors"] = lambda handler: handler.send(
        200, b'[{"id": 1}]'
    )
    code, lines = check()

    assert code == 1
    assert "wrong  executors.id: expected a string, found 1." in lines


def test_a_name_cannot_drive_the_terminal(check, driver):
    """It is the user's, and may hold anything."""
    driver.app["name"] = "a\x1b[2Jb\nwrong\u202ec é"

    assert check()[1][0] == (
        r'ok     URL is the UI of Spark 4.3.0, application "a\x1b[2Jb\nwrong\u202ec é" (app-1).'
    )


@pytest.mark.parametrize("endpoint", ["http://a..b:4061", "http://127.0.0.1:99999"])
def test_an_endpoint_that_is_none(check, driver, endpoint):
    """A sentence quotes it."""
    driver.conf["spark.exporter.endpoint"] = endpoint
    code, lines = check()

    assert code == 1
    assert lines[1] == (
        f"wrong  the driver publishes '{endpoint}', which is not a URL at which it could be asked."
    )
