"""A whole scrape: which series there are, and that the same state gives the same bytes."""

import re

import orjson
from fake_driver import Plugin, executor, metric, words
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter._version import __version__
from exporter.daemon import catalogue
from exporter.daemon.access.file import Reload
from exporter.daemon.builtin import shorten
from exporter.daemon.control.refused import Refused
from exporter.daemon.decode import Decoder
from exporter.daemon.discovery.found import FILE, KUBERNETES
from exporter.daemon.discovery.health import Health
from exporter.daemon.exposition import Format
from exporter.daemon.fleet import Found
from exporter.daemon.frame import FrameBuilder
from exporter.daemon.limits import Limits
from exporter.daemon.model import Application
from exporter.daemon.process import ProcessSamples
from exporter.daemon.render import Scrape, render
from exporter.daemon.state.memory import Memory
from exporter.daemon.status import Status
from exporter.daemon.store import Store

TARGET = "http://driver:4040"


def everything(known):
    """Return a frame with a sample of every metric of applications, those of the store itself left out."""
    builder = FrameBuilder(catalogue.load())
    for name, entry in catalogue.load().entries.items():
        if entry.scope == "daemon" or name in known:
            continue
        labels = ["1"] * len(entry.key_labels)
        if entry.family.type == "histogram":
            builder.add_histogram(name, ["0.1", "+Inf"], [2.0, 1.0], 0.7, *labels[:-1])
        else:
            builder.add(name, 1.0, *labels)
    return builder.frame()


def busy_scrape(*, final=True):
    """Return a scrape in which everything there is shows that the state of the application allows."""
    plugin = Plugin()
    plugin.metrics = [metric("rows")]
    plugin.series, plugin.totals = [[0]], [5.0]
    plugin.executors = [
        executor("1", [0], [3.0]),
        executor("2", [0], [2.0], state="removed", removed=1006.0, reason="Command exited with code 137"),
    ]
    plugin.final = final
    now = 2000.0
    store, status = Store(900.0, Limits(1000), lambda: 5.0, lambda: now), Status()
    application = Application("app-1", "etl-2026-11-22", "2", "4.3.0", "spark", 1000.0)
    store.publish(TARGET, application, Decoder().decode(orjson.dumps(words(plugin.answer()))))
    (item,) = store.view().applications
    frame = everything({*item.about.columns, "spark_app_end_timestamp_seconds"})
    store.put(TARGET, application, "jobs", frame._replace(drops={"duplicate": 2}))
    status.found(TARGET, KUBERNETES)
    status.describe(TARGET, "runs", up=True, app_id="app-1", endpoint="http://driver:4061")
    status.succeeded(TARGET, "application", 0.25)
    status.failed(TARGET, "plugin", 0.5, "timeout")
    process = ProcessSamples(catalogue.load()).read()
    counts = {"state_failures": Memory().failures, "control_refused": Refused().counts}
    health = Health(FILE)
    health.succeeded("targets.json")
    counts["found"] = Found({FILE: 1}, {FILE: health.last_success}, {FILE: health.errors})
    counts["web_config"] = Reload(successful=True, last_success=1000.0)
    return Scrape(store.view(), status.view(), 900.0, Limits(1000), process, **counts)


def text(scrape, form=Format.TEXT):
    return render(scrape, catalogue.load(), form).decode()


def names(scrape):
    return set(re.findall(r"^# TYPE (\S+) ", text(scrape), re.MULTILINE))


def test_every_metric_of_the_catalogue_is_published_and_no_other():
    """The catalogue is neither ahead of the code nor behind it."""
    found = names(busy_scrape(final=False)) | names(busy_scrape())

    assert found == {*catalogue.load().entries, "spark_custom_rows_total", "spark_executor_custom_rows_total"}


def test_what_stays_after_the_end_is_in_the_catalogue():
    """Counters stay, gauges go unless they say otherwise, and those that say zero are zero."""
    entries = catalogue.load().entries
    gone = {name for name, entry in entries.items() if entry.ended == "drop" and entry.scope != "daemon"}
    found = text(busy_scrape())

    assert gone
    assert names(busy_scrape(final=False)) & gone == gone
    assert names(busy_scrape()) & gone == set()
    zero = [name for name, entry in entries.items() if entry.ended == "zero"]
    values = {line.rpartition(" ")[2] for line in found.splitlines() if line.startswith(tuple(zero))}
    assert values == {"0.0"}


def test_the_same_state_gives_the_same_bytes():
    """Rendering changes nothing."""
    scrape = busy_scrape()

    assert text(scrape) == text(scrape)


def test_the_series_about_an_application():
    """To the byte: the application, its executors, and what the plugin says about itself."""
    published = text(busy_scrape()).splitlines()
    lines = [line for line in published if 'app_id="app-1",app_name' in line]
    about = 'app_id="app-1",app_name="etl"'
    info = 'spark_version="4.3.0",spark_user="spark",attempt_id="2",original_name="etl-2026-11-22"'

    assert lines[:4] == [
        f"spark_app_info{{{about},{info}}} 1.0",
        f"spark_app_up{{{about}}} 0.0",
        f'spark_app_state{{{about},state="waiting"}} 0.0',
        f'spark_app_state{{{about},state="running"}} 0.0',
    ]
    assert set(lines) >= {
        f'spark_app_state{{{about},state="completed"}} 1.0',
        f"spark_app_state_timestamp_seconds{{{about}}} 1010.0",
        f"spark_app_start_timestamp_seconds{{{about}}} 1000.0",
        f"spark_app_end_timestamp_seconds{{{about}}} 1010.0",
        f"spark_app_attempts{{{about}}} 2.0",
        f'spark_executor_info{{{about},executor_id="2",host="10.0.0.7"}} 1.0',
        f'spark_executor_up{{{about},executor_id="2"}} 0.0',
        f'spark_executor_removed_timestamp_seconds{{{about},executor_id="2"}} 1006.0',
        f'spark_executor_removed_info{{{about},executor_id="2",reason="Command exited with code 137"}} 1.0',
        f'spark_executor_tasks_ended_total{{{about},executor_id="1"}} 8.0',
        f'spark_exporter_plugin_info{{{about},version="0.1.0"}} 1.0',
        f'spark_exporter_plugin_last_report_timestamp_seconds{{{about},executor_id="1"}} 1009.0',
        f'spark_exporter_plugin_reports_total{{{about},executor_id="1"}} 17.0',
        f'spark_exporter_plugin_samples_total{{{about},executor_id="1"}} 20.0',
        f'spark_exporter_plugin_sample_seconds_total{{{about},executor_id="1"}} 0.004',
        f'spark_exporter_plugin_dropped_total{{{about},executor_id="1",reason="series_limit"}} 0.0',
        f'spark_exporter_series_dropped_total{{{about},reason="budget"}} 0.0',
        f"spark_custom_rows_total{{{about}}} 5.0",
        f'spark_executor_custom_rows_total{{{about},executor_id="1"}} 3.0',
        f'spark_executor_custom_rows_total{{{about},executor_id="2"}} 2.0',
    }


def test_the_series_about_an_application_that_runs():
    """Levels are there as well, and the executors are up."""
    lines = set(text(busy_scrape(final=False)).splitlines())
    about = 'app_id="app-1",app_name="etl"'

    assert lines >= {
        f"spark_app_up{{{about}}} 1.0",
        f'spark_app_state{{{about},state="running"}} 1.0',
        f"spark_app_state_timestamp_seconds{{{about}}} 1000.0",
        f'spark_executor_up{{{about},executor_id="1"}} 1.0',
        f'spark_executor_up{{{about},executor_id="2"}} 0.0',
        f'spark_exporter_plugin_segments{{{about},executor_id="1"}} 2.0',
    }
    assert not any(line.startswith("spark_app_end_timestamp_seconds") for line in lines)


def test_the_series_about_the_daemon():
    """Targets, collectors, failures by reason, limits."""
    target = f'target="{TARGET}"'
    info = 'discovery="kubernetes",app_id="app-1",endpoint="http://driver:4061"'
    assert set(text(busy_scrape()).splitlines()) >= {
        f'spark_exporter_build_info{{version="{__version__}"}} 1.0',
        f"spark_exporter_target_up{{{target}}} 1.0",
        f"spark_exporter_target_info{{{target},{info}}} 1.0",
        f'spark_exporter_scrape_collector_success{{{target},collector="application"}} 1.0',
        f'spark_exporter_scrape_collector_success{{{target},collector="plugin"}} 0.0',
        f'spark_exporter_scrape_collector_duration_seconds{{{target},collector="plugin"}} 0.5',
        f'spark_exporter_source_attempts_total{{{target},collector="plugin"}} 1.0',
        f'spark_exporter_source_failures_total{{{target},collector="plugin",reason="timeout"}} 1.0',
        f'spark_exporter_source_failures_total{{{target},collector="plugin",reason="invalid"}} 0.0',
        'spark_exporter_applications{state="completed"} 1.0',
        'spark_exporter_applications{state="running"} 0.0',
        "spark_exporter_retention_seconds 900.0",
        'spark_exporter_state_failures_total{reason="write"} 0.0',
        'spark_exporter_control_refused_total{reason="token_wrong"} 0.0',
        "spark_exporter_application_series_limit 1000.0",
        "spark_exporter_series_limit 1000000.0",
        "spark_exporter_applications_limit 1000.0",
        "spark_exporter_label_length_limit 200.0",
        'spark_app_name_runs_total{app_name="etl"} 1.0',
        f'spark_exporter_samples_dropped_total{{{target},collector="jobs",reason="duplicate"}} 2.0',
    }


def test_both_parsers_accept_a_whole_scrape():
    """Built-in families included."""
    scrape = busy_scrape()
    by_text = {family.name: family for family in parse_text(text(scrape))}
    by_openmetrics = {family.name: family for family in parse_openmetrics(text(scrape, Format.OPENMETRICS))}

    assert by_openmetrics["spark_app"].type == "info"
    assert by_text["spark_app_info"].type == "gauge"
    assert by_openmetrics["spark_exporter_plugin_sample_seconds"].unit == "seconds"
    assert all(family.documentation.endswith(".") for name, family in by_text.items() if "custom" not in name)


def test_a_removal_reason_is_one_short_line():
    """Spark may put a stack trace there."""
    assert shorten("Command exited\n\twith code 137") == "Command exited with code 137"
    assert shorten("x" * 500) == "x" * 197 + "..."
