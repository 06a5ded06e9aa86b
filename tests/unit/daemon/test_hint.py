"""The quick way to the plugin of a driver that has just started."""

import json
import socket

import pytest
from fake_driver import PLUGIN
from rig import BAD_PLUGINS, rows


def hint(driver, app_id="app-1", port=None):
    """Let Spark's metrics point to the plugin."""
    name = f"{app_id}.driver.plugin.{PLUGIN}.exporter.port"
    driver.gauges = {
        f"{app_id}.driver.jvm.heap.used": {"value": 1},
        name: {"value": float(port or driver.server.server_address[1])},
    }


def test_a_hint_leads_to_the_plugin_without_the_rest_api(driver, watch_target):
    """The first request there takes seconds, which a short job does not have."""
    hint(driver)
    rows(driver, 7.0)
    rig = watch_target(driver.url)
    rig.until_values({"app-1 spark_custom_rows_total": 7.0})
    driver.until_polled()

    assert {path for path, _, _ in driver.requests} == {"/metrics/json/", "/v1/snapshot"}
    (item,) = rig.store.view().applications
    assert item.record.application.run == ("app-1", "", 1000.0)
    assert "runs with the plugin" in rig.sentence()


def test_the_rest_api_confirms_what_a_hint_led_to(driver, watch_target):
    """It is the same run, so that nothing is lost when the plugin fails for a while."""
    hint(driver)
    rows(driver, 7.0)
    rig = watch_target(driver.url)
    driver.until_polled()
    driver.overrides["/v1/snapshot"] = BAD_PLUGINS["http_status"]
    driver.changed()
    rig.until_failed("plugin", "http_status", 2)
    assert rig.states() == {"app-1": "running"}
    assert rig.values() == {"app-1 spark_custom_rows_total": 7.0}
    driver.overrides.clear()
    rows(driver, 8.0)

    rig.until_values({"app-1 spark_custom_rows_total": 8.0})


@pytest.mark.parametrize("prefix", ["app-1", "my_app", "with.dots\nand lines", ""])
def test_a_metrics_namespace_does_not_hide_the_plugin(driver, watch_target, prefix):
    """What stands before the gauge's name is spark.metrics.namespace, not always the application's id."""
    hint(driver, app_id=prefix)
    if not prefix:
        driver.gauges = {name.lstrip("."): gauge for name, gauge in driver.gauges.items()}
    rows(driver, 7.0)
    rig = watch_target(driver.url)
    rig.until_values({"app-1 spark_custom_rows_total": 7.0})
    driver.until_polled()

    assert driver.count("/api/v1/applications") == 0
    assert sum(rig.collector("plugin").failures.values()) == 0
    assert [line for line in rig.lines("") if line["level"] not in ("info", "debug")] == []


def test_a_hinted_plugin_may_not_change_its_application(driver, watch_target):
    """The first answer says whose it is; another one later is a new owner of the port."""
    hint(driver)
    rows(driver, 7.0)
    rig = watch_target(driver.url)
    driver.until_polled()
    driver.changed(app_id="app-9")
    rig.until_failed("plugin", "mismatch")

    assert "app-9" not in rig.states()


def test_a_proxy_gives_no_hint(driver, watch_target):
    """Its host is not the driver's, and another plugin may listen there."""
    hint(driver)
    prefix = "/proxy/app-1"
    documents = {path: driver.rest(path) for path in ("/metrics/json/", "/api/v1/applications")}
    for path, document in documents.items():
        body = json.dumps(document).encode()
        driver.overrides[prefix + path] = lambda handler, body=body: handler.send(200, body)
    rig = watch_target(driver.url + prefix)
    rig.until_states({"app-1": "running"})

    assert driver.count(prefix + "/metrics/json/") == 0


def test_a_wrong_hint_costs_one_attempt(driver, watch_target):
    """The environment says where the plugin really is."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    hint(driver, port=closed)
    rows(driver, 7.0)
    rig = watch_target(driver.url)

    rig.until_values({"app-1 spark_custom_rows_total": 7.0})
    assert sum(rig.collector("plugin").failures.values()) == 1


@pytest.mark.parametrize(
    "gauges",
    [
        [],
        {"a": 1},
        {f"app-1.driver.plugin.{PLUGIN}.exporter.port": {"value": "4061"}},
        {f"app-1.driver.plugin.{PLUGIN}.exporter.port": {"value": 0}},
        {f"app-1.driver.plugin.{PLUGIN}.exporter.port": {"value": 70000}},
        {f"app-1.driver.plugin.{PLUGIN}.exporter.port": {"error": "broken"}},
    ],
)
def test_nonsense_in_the_metrics_is_no_hint(driver, watch_target, gauges):
    """They are Spark's, and anybody may add to them."""
    body = json.dumps({"gauges": gauges}).encode()
    driver.overrides["/metrics/json/"] = lambda handler: handler.send(200, body)
    rows(driver, 7.0)

    watch_target(driver.url).until_values({"app-1 spark_custom_rows_total": 7.0})


def test_a_rest_api_that_hangs_at_first_does_not_hide_the_plugin(driver, watch_target):
    """The hint may come while Spark still loads its REST API."""
    driver.overrides["/api/v1/applications"] = lambda _: driver.stopping.wait(60)
    rows(driver, 7.0)
    rig = watch_target(driver.url)
    driver.until(lambda: driver.count("/api/v1/applications") > 0)
    hint(driver)

    rig.until_values({"app-1 spark_custom_rows_total": 7.0})
    assert rig.collector("application").success is None
    assert [line for line in rig.lines("") if line["level"] not in ("info", "debug")] == []
