"""The built-in events in a real application: what they do, and what they say of it."""

import re

import pyspark
import pytest
import requests

from plugin.following import endpoint, jobs, python_path
from running import until

pytestmark = pytest.mark.spark
TOKEN = "correct-horse"
ALL = "config,custom,log-level,report-interval,sql-conf,uncache,cancel,stop-query,gc"


class Application:
    """A running application that is steered over its driver's endpoint."""

    def __init__(self, job):
        """Wait until it serves."""
        self.job = job
        self.ui = job.hear("ui")
        self.ready = job.hear("ready")
        self.endpoint = endpoint(self.ui)
        self.headers = {"Authorization": f"Bearer {TOKEN}"}

    def event(self, type_, **payload):
        """Send an event to the driver; return the state, and the result or the error."""
        body = {"type": type_, "payload": payload, "target": "driver"}
        answer = requests.post(f"{self.endpoint}/v1/events", json=body, headers=self.headers, timeout=60)
        assert answer.status_code == 202, answer.text
        url = f"{self.endpoint}/v1/events/{answer.json()['id']}"
        event = requests.get(url, params={"wait": 60}, headers=self.headers, timeout=90).json()
        (recipient,) = event["recipients"]
        return recipient["state"], recipient["error"] or recipient["result"]

    def running(self, kind):
        """Return what runs of the jobs or the stages, as Spark's REST API has it."""
        found = requests.get(f"{self.ui}/api/v1/applications", timeout=30).json()
        status = {"jobs": "running", "stages": "active"}[kind]
        url = f"{self.ui}/api/v1/applications/{found[0]['id']}/{kind}"
        return requests.get(url, params={"status": status}, timeout=30).json()

    def slow_job(self, number):
        """Return the number of a job in a group, and of its stage, once a task of it runs."""

        def find():
            for one in self.running("jobs"):
                if one.get("jobGroup") == f"group-{number}" and one["numActiveTasks"]:
                    return one["jobId"], max(one["stageIds"])
            return None

        return until(find, f"the job of group-{number} runs")


def check_declaration(app):
    """What JVM code has declared counts at the door, and it reads what is set."""
    url = f"{app.endpoint}/v1/config"
    found = requests.get(url, headers=app.headers, timeout=30).json()
    assert found["declared"] == {"threshold": {"type": "int", "minimum": 0}}
    refused = requests.patch(url, json={"threshold": -1}, headers=app.headers, timeout=30)
    assert (refused.status_code, refused.json()) == (422, {"error": "threshold: -1 is not an int >= 0"})
    assert requests.patch(url, json={"threshold": 25}, headers=app.headers, timeout=30).status_code == 200
    app.job.tell("read")
    assert app.job.hear("values") == [25, 1]


def check_settings(app):
    """Runtime settings change, all or none; static ones are refused in Spark's own words."""
    partitions, zone = "spark.sql.shuffle.partitions", "spark.sql.session.timeZone"
    state, result = app.event("sql-conf", key=partitions, value=7)
    assert (state, result) == ("handled", {"former": {partitions: "3"}, "sessions": 1})
    state, error = app.event("sql-conf", settings={partitions: 9, "spark.sql.warehouse.dir": "/x"})
    assert state == "failed"
    assert "spark.sql.warehouse.dir" in error
    assert "odify the value of" in error
    state, error = app.event("sql-conf", settings={partitions: 9, zone: "no such zone"})
    assert state == "failed"
    assert "no such zone" in error
    assert app.event("sql-conf", settings={zone: "UTC"})[0] == "handled"
    assert app.event("sql-conf", key=partitions)[1].startswith('"value" is missing; expected {"key": ')
    assert app.event("sql-conf", settings={})[1].startswith("settings must be an object that is not empty")
    assert app.event("sql-conf", key="a", value=[1])[1].startswith("a value is [1]; expected ")


def check_cache(app):
    """One table, then all of them; what there is not fails."""
    assert app.event("uncache", table="second") == ("handled", {"uncached": 1})
    state, error = app.event("uncache", table="fourth")
    assert state == "failed"
    assert "fourth" in error
    app.job.tell("look")
    assert app.job.hear("settings") == ["7", "UTC"]
    assert app.job.hear("cached") == ["first", "third"]


def check_queries(app):
    """By name or id, in whatever session."""
    orders, clicks = app.ready
    state, result = app.event("stop-query", name="orders")
    assert state == "handled", result
    assert (result["id"], result["name"]) == (orders, "orders")
    assert app.event("stop-query", name="orders") == ("failed", 'no running query has the name "orders"')
    assert app.event("stop-query", id=clicks)[1]["name"] == "clicks"
    assert app.event("stop-query", id=clicks) == ("failed", f'no running query has the id "{clicks}"')
    assert app.event("stop-query")[1].startswith("there are 0 fields; expected exactly one of")


def check_cancel(app):
    """A job by its number, its group, its stage, or a tag: of the context, or of the session in Spark 4."""
    in_sessions = pyspark.__version__ >= "4"
    for number, by in enumerate(("job", "group", "tag", "stage", "tag")):
        job, stage = app.slow_job(number)
        tag = f"session-tag-{number}" if in_sessions and number == 4 else f"tag-{number}"
        value = {"job": job, "group": f"group-{number}", "tag": tag, "stage": stage}[by]
        done = {"stages": [stage]} if by == "stage" else {"jobs": [job]}
        tags = [f"session-tag-{number}"] * in_sessions + [f"tag-{number}"]
        assert app.event("cancel", tag="x") == (
            "failed",
            'no job with the tag "x" is running; those that run have '
            + ", ".join(f'"{one}"' for one in tags),
        )
        assert app.event("cancel", **{by: value}) == ("handled", done)
        assert app.job.hear(f"ended-{number}") is True
        app.job.tell("next")
    assert app.event("cancel", job=job)[1] == f"job {job} is not running"
    assert app.event("cancel", stage=stage)[1] == f"stage {stage} is not running"
    assert app.event("cancel", group="x")[1] == 'no job of the group "x" is running'
    assert app.event("cancel", tag="x")[1] == 'no job with the tag "x" is running; none that runs has a tag'
    assert app.event("cancel", job=1, stage=2)[1].startswith("there are 2 fields; expected exactly one of")
    assert app.event("cancel", job="1")[1].startswith('"job" is "1"; expected exactly one of')


def check_jvm(app):
    """Log level, garbage, and how often it reports, which the snapshot then says, too."""
    assert app.event("log-level", level="info", logger="org.apache.spark", **{"for": "1m"})[0] == "handled"
    assert app.event("gc")[0] == "handled"
    assert app.event("report-interval", interval="500ms") == (
        "handled", {"seconds": 0.5, "former_seconds": 2.0},
    )  # fmt: skip
    snapshot = requests.get(f"{app.endpoint}/v1/snapshot", headers=app.headers, timeout=30).json()
    assert snapshot["application"]["report_interval"] == 0.5
    assert snapshot["messages"] == []


def check_audit(app):
    """A line for each, under PySpark's root level, which is WARN; nobody can switch that off from outside."""
    assert app.event("log-level", level="OFF", logger="io.sparkexporter.audit")[0] == "failed"
    assert app.event("log-level", level="OFF", logger="io.sparkexporter", **{"for": "1m"})[0] == "handled"
    assert app.event("log-level", level="ERROR", **{"for": "1m"})[0] == "handled"
    for _ in range(3):
        assert app.event("gc")[0] == "handled"
    line = re.compile(r" INFO \S*audit: event id=.* type=gc .*handled=1")
    until(lambda: len(line.findall(app.job.errors)) == 4, "the audit log has them and the one before")
    # What Spark itself says at INFO when it starts.
    assert "Running Spark version" not in app.job.errors


def test_built_in_events_do_what_they_say(start_job):
    """All of them in one application."""
    conf = {"spark.exporter.events.allow": ALL}
    env = python_path() | {"SPARK_EXPORTER_TOKEN": TOKEN}
    app = Application(start_job(jobs("actions.py"), conf=conf, env=env))
    check_declaration(app)
    check_settings(app)
    check_cache(app)
    assert app.job.hear("active") == ["orders", "clicks"]
    check_queries(app)
    assert app.event("uncache") == ("handled", {"uncached": 2})
    check_cancel(app)
    check_jvm(app)
    check_audit(app)
    app.job.tell("stop")
    assert app.job.wait() == 0
