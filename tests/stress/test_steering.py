"""What goes wrong while a real application is steered; what it has written down itself is the truth."""

import contextlib
import json
import os
import random
import re
import signal
import socket
import threading

import pytest

from connect_server import ConnectServer
from running import until
from steered import TOKEN, Steered, command, finished, notes, stopped, table

pytestmark = [pytest.mark.spark, pytest.mark.timeout(420)]
TRIED_PORTS = 16


def taken_ports(stack):
    """Take as many ports in a row as the plugin tries; return the first."""
    for first in range(20_000, 60_000, TRIED_PORTS):
        with contextlib.suppress(OSError), contextlib.ExitStack() as attempt:
            for port in range(first, first + TRIED_PORTS):
                attempt.enter_context(socket.create_server(("127.0.0.1", port)))
            stack.push(attempt.pop_all())
            return first
    raise AssertionError("no ports in a row are free")


@pytest.fixture(scope="module")
def steered(tmp_path_factory):
    """The application that all tests share, and none may hurt. Every port that its plugin tries is taken."""
    with contextlib.ExitStack() as stack:
        application = Steered(tmp_path_factory.mktemp("steered"), taken_ports(stack))
        stack.callback(application.kill)
        yield application
        application.stop()


def test_executors_are_killed_in_the_middle_of_a_delivery(steered):
    """One before it has the event, one while it handles it: failed. Those that come next know all values."""
    version = steered.set("threshold=25")
    former = steered.executors()
    deaf, doomed = sorted(former, key=int)
    with stopped(former[deaf]):
        event = steered.post(type="die", target="executors", payload={"executor": doomed}).json()["id"]
        until(lambda: steered.noted(event) == [doomed], "the event is being handled")
        os.kill(former[deaf], signal.SIGKILL)

    code, output, errors = steered.run("events", "show", event, "--wait=120s")
    assert (code, table(output[output.index("JVM") :])) == (1, {deaf: "failed", doomed: "failed"})
    assert f"2 of 2 JVMs have not handled event {event}" in errors
    reasons = {one["id"]: one["error"] for one in steered.event(event)["recipients"]}
    for name in former:
        assert reasons[name].startswith(f"executor {name} was removed: ")

    later = steered.executors()
    assert later.keys().isdisjoint(former)
    firsts = {one["jvm"]: one["first"] for one in steered.notes() if "first" in one}
    assert {firsts[name] for name in later} == {25}
    config = steered.config()
    assert (config["version"], config["values"]["threshold"]) == (version, 25)
    assert steered.noted(event) == [doomed]
    gone = steered.post(type="note", target=f"executor:{deaf}")
    assert (gone.status_code, gone.json()) == (409, {"error": f"executor {deaf} was removed"})


def test_an_executor_that_never_acknowledges(steered):
    """It has expired there, and was never handled; the others have it, and the next event reaches all."""
    executors = steered.executors()
    silent, other = sorted(executors)
    with stopped(executors[silent]):
        words = ("note", "--target=executors", "--ttl=5s", "--wait=120s", "--format=json")
        code, output, errors = steered.run("events", "send", *words)
        event = json.loads(output)
        expected = {silent: "expired", other: "handled"}
        assert {one["id"]: one["state"] for one in event["recipients"]} == expected
        complaint = f"1 of 2 JVMs have not handled event {event['id']}: {silent} (expired)"
        assert (code, errors) == (1, f"spark-exporter: {complaint}\n")
    code, output, _ = steered.run("events", "send", "note", "--target=all", "--wait=120s")
    assert (code, table(output)) == (0, dict.fromkeys(["driver", silent, other], "handled"))
    assert steered.noted(event["id"]) == [other]
    assert steered.states(event["id"]) == expected


def test_what_is_said_of_an_event_is_what_has_happened(steered):
    """An executor stands still at any moment, longer than the event lives: handled is what it has handled."""
    executors = steered.executors()
    name = min(executors)
    sent = []

    def settled():
        """Say whether the driver has given the latest event up, or knows that it has arrived."""
        return steered.states(sent[-1], 1)[name] != "accepted"

    for _ in range(6):
        sent.append(steered.post(type="note", target=f"executor:{name}", ttl_seconds=0.5).json()["id"])
        # Any moment of a report interval, so that this happens before, in and after the delivery.
        threading.Event().wait(random.uniform(0, 0.25))
        with stopped(executors[name]):
            until(settled, "the driver has settled the event for now")
    code, _, errors = steered.run("events", "send", "note", f"--target=executor:{name}", "--wait=120s")
    assert (code, errors) == (0, "")
    for event in sent:
        (state,) = steered.states(event).values()
        assert (state, steered.noted(event)) in (("handled", [name]), ("expired", [])), steered.event(event)


def test_a_driver_that_stands_still(steered):
    """The command says that it does not know; repeated with its key, it is handled once in each JVM."""
    executors = steered.executors()
    words = ("events", "send", "note", "--key=still", "--target=all", "--wait=120s")
    with stopped(steered.driver):
        code, output, errors = steered.run(*words)
        assert (code, output) == (1, "")
        assert errors.endswith("; whether it was done is not known\n")
    code, output, errors = until(lambda: (run := steered.run(*words))[0] == 0 and run, "the driver is back")
    assert (table(output), errors) == (dict.fromkeys(["driver", *executors], "handled"), "")
    event = re.search(r"event ([0-9a-f]{16})", output)[1]
    assert steered.noted(event) == sorted(["driver", *executors])
    listed = steered.ask("GET", f"/{steered.app_id}/events").json()["events"]
    assert [one["id"] for one in listed if one["idempotency_key"] == "still"] == [event]


def test_a_daemon_is_restarted_before_an_event_is_acknowledged(steered):
    """Who waits for the outcome gets it from the next daemon, which has all values as well."""
    version = steered.set("threshold=31", 'limits={"a": [1, 0.5]}')
    waiting = steered.start("events", "send", "hold", "until=released", "--target=driver", "--wait=120s")
    accepted = waiting.stdout.readline()
    event = re.search(r"has accepted event ([0-9a-f]{16}) for 1 JVM\.", accepted)[1]
    until(lambda: steered.noted(event) == ["driver"], "the driver handles the event")
    steered.daemon.process.kill()
    steered.daemon.wait()
    assert waiting.poll() is None
    steered.start_daemon(steered.daemon.url.removeprefix("http://"))
    until(steered.found, "the next daemon has found the plugin")
    config = steered.config()
    values = config["values"]
    assert (config["version"], values["threshold"], values["limits"]) == (version, 31, {"a": [1, 0.5]})
    assert steered.run("config", "get", "threshold") == (0, "31\n", "")
    (steered.work / "released").touch()

    code, output, errors = finished(waiting)
    assert (code, table(output), errors) == (0, {"driver": "handled"}, "")
    assert output.endswith('{"held": true}\n')
    assert steered.noted(event) == ["driver"]
    code, output, _ = steered.run("events", "show", event, "--wait=120s")
    assert code == 0
    assert "handled" in output


def test_the_same_event_sent_many_times(steered):
    """Sent by many at once with one key, it is accepted once, and each JVM handles it once."""
    executors = steered.executors()
    barrier = threading.Barrier(8)
    answers = []

    def send():
        barrier.wait(60)
        answers.append(steered.post(type="note", idempotency_key="again", payload={"n": 1}, target="all"))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert sorted(one.status_code for one in answers) == [200] * 7 + [202]
    (event,) = {one.json()["id"] for one in answers}
    code, output, _ = steered.run(
        "events", "send", "note", "n=1", "--key=again", "--target=all", "--wait=120s"
    )
    assert (code, table(output)) == (0, dict.fromkeys(["driver", *executors], "handled"))
    assert event in output
    assert steered.noted(event) == sorted(["driver", *executors])
    code, _, errors = steered.run("events", "send", "note", "n=2", "--key=again", "--target=all")
    assert code == 1
    assert "again" in errors or event in errors


def test_two_writers(steered):
    """Each round exactly one of them wins; tasks see winners' values alone, in their order."""
    steered.executors()
    start = steered.set("threshold=1000")
    winners = []
    for number in range(5):
        values = [2_000 + 2 * number, 2_001 + 2 * number]
        condition = f"--if-version={start + number}"
        writers = [steered.start("config", "set", f"threshold={value}", condition) for value in values]
        ends = [finished(writer) for writer in writers]
        assert sorted(end[0] for end in ends) == [0, 1], ends
        winner = next(place for place, end in enumerate(ends) if end[0] == 0)
        refusal = f"the configuration has version {start + number + 1}, not {start + number}"
        assert ends[1 - winner][2] == f"spark-exporter: {refusal}\n"
        winners.append(values[winner])
    config = steered.config()
    assert (config["version"], config["values"]["threshold"]) == (start + 5, winners[-1])

    def everywhere():
        seen = {}
        for one in steered.notes():
            if one.get("value", 0) >= 2_000 and one["jvm"] != "driver":
                seen.setdefault(one["jvm"], []).append(one["value"])
        return seen if [values[-1] for values in seen.values()] == [winners[-1]] * 2 else None

    for values in until(everywhere, "both tasks see the last value").values():
        assert values == [value for value in winners if value in values]


@pytest.mark.parametrize("token", [None, "wrong-horse-battery"])
def test_a_token_that_is_missing_or_wrong(steered, token):
    """The commands say so and end with 3; daemon and driver change nothing."""
    before = steered.config()
    for words in (("config", "set", "threshold=1"), ("events", "send", "note"), ("config", "get")):
        code, output, errors = steered.run(*words, token=token)
        assert (code, output) == (3, "")
        assert "token" in errors
        assert (token or TOKEN) not in errors
    assert steered.config()["version"] == before["version"]


def test_a_daemon_with_another_token(steered, start_daemon, tmp_path):
    """It is told so by the driver; the command names the cause."""
    other = tmp_path / "token"
    other.write_text("wrong-horse-battery\n")
    before = steered.config()["version"]
    daemon = start_daemon(steered.ui, arguments=[f"--token-file={other}"])

    def refused():
        ended = finished(command(daemon, "config", "set", "test", "threshold=1", token="wrong-horse-battery"))
        return ended if "token" in ended[2] else None

    code, output, errors = until(refused, "the command names the cause")
    assert (code, output) == (1, "")
    assert TOKEN not in errors
    assert steered.config()["version"] == before


@pytest.fixture
def server(tmp_path):
    """A Spark Connect server that can be steered."""
    (tmp_path / "token").write_text(TOKEN + "\n")
    conf = {
        "spark.exporter.tokenFile": str(tmp_path / "token"),
        "spark.exporter.interval": "200ms",
        "spark.exporter.events.allow": "config,custom,log-level,sql-conf,cancel",
    }
    program = ConnectServer(tmp_path / "server", conf)
    yield program
    program.kill_group()


def test_spark_connect(server, start_job, start_daemon, tmp_path):
    """Values and events reach a client's functions on the server's executors, and the server's driver."""
    work = tmp_path / "work"
    work.mkdir()
    daemon = start_daemon(server.ui, arguments=[f"--token-file={tmp_path / 'token'}"])
    app_id = server.said(r"Connected to Spark cluster with app ID (app-[0-9-]+)")

    def run(*words):
        return finished(command(daemon, *words[:2], app_id, *words[2:]))

    until(lambda: run("config", "get")[0] == 0, "the daemon has found the plugin")
    assert run("config", "set", "threshold=11", "--wait=120s")[0] == 0
    job = start_job("remote_steering.py", server.remote, work)

    def began():
        assert job.process.poll() is None, job.errors[-3000:]
        return {one["jvm"] for one in notes(work)} == {"0", "1"}

    until(began, "a function runs on each executor")
    assert {one["jvm"]: one["first"] for one in notes(work)} == {"0": 11, "1": 11}

    code, output, _ = run("config", "set", "threshold=12", "--wait=120s")
    assert (code, table(output)) == (0, {"driver": "2", "0": "2", "1": "2"})
    until(
        lambda: {one["jvm"] for one in notes(work) if one.get("value") == 12} == {"0", "1"},
        "the functions see the new value",
    )
    code, output, _ = run("events", "send", "note", "--target=executors", "--wait=120s")
    assert (code, table(output)) == (0, {"0": "handled", "1": "handled"})
    event = re.search(r"event ([0-9a-f]{16})", output)[1]
    assert sorted(one["jvm"] for one in notes(work) if one.get("event") == event) == ["0", "1"]

    # The driver of a server runs no Python of the client, but has loggers.
    storage = ("level=DEBUG", "logger=org.apache.spark.storage.BlockManager")
    code, output, _ = run("events", "send", "log-level", *storage, "--wait=120s")
    assert (code, table(output)) == (0, dict.fromkeys(["driver", "0", "1"], "handled"))
    # The session of a client has settings of its own, which nobody but the client could reach.
    words = ("key=spark.sql.shuffle.partitions", "value=7", "--wait=120s", "--format=json")
    code, output, errors = run("events", "send", "sql-conf", *words)
    assert (code, errors) == (0, "")
    (recipient,) = json.loads(output)["recipients"]
    assert (recipient["id"], recipient["state"]) == ("driver", "handled")
    assert recipient["result"]["former"] == {"spark.sql.shuffle.partitions": "200"}
    assert recipient["result"]["sessions"] >= 2
    (work / "go").touch()
    assert job.hear("ended") == ["0", "1"]
    job.tell("setting")
    assert job.hear("partitions") == "7"
    job.tell("query")
    assert job.hear("total") == sum(range(1_000))
    job.tell("tag")
    # Its job has the tag as the server has made it unique.
    cancel = ("events", "send", "cancel", "tag=nightly", "--wait=60s")
    until(lambda: run(*cancel)[0] == 0, "the query runs, and is cancelled")
    assert job.hear("cancelled") is True
    executors = (tmp_path / "server" / "spark-home" / "work").glob("*/*/stderr")
    for log in (server.log, *executors):
        until(lambda log=log: " DEBUG BlockManager" in log.read_text(), f"{log} has what is new")
    assert TOKEN not in server.errors
    job.tell("stop")
    assert job.wait() == 0
