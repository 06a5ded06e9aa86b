"""spark-exporter events: what it sends, what it prints, and how it ends."""

import json

import pytest
from fake_daemon import event, recipient

PATH = "/app-1/events"
EVENT = f"{PATH}/9f86d081884c7d65"
ACCEPTED = event(recipient("driver", "accepted"), recipient("1", "accepted"))
HANDLED = event(recipient("driver", result={"rows": 3}), recipient("1"))


def test_send_is_accepted(daemon, run):
    """Without --wait that is enough."""
    daemon.put("POST", PATH, (202, ACCEPTED))
    ran = run("events", "send", "etl", "reload", "table=prices", "rows=25")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "etl (app-1) has accepted event 9f86d081884c7d65 for 2 JVMs.\n"
        "JVM     STATE     RESULT\n"
        "driver  accepted\n"
        "1       accepted\n"
    )
    assert daemon.bodies("POST") == [
        {"type": "reload", "payload": {"table": "prices", "rows": 25}, "ttl_seconds": 60.0}
    ]
    assert daemon.requests[-1][2]["Spark-Exporter-Actor"] == "alice@laptop"


def test_send_with_everything(daemon, run):
    """Each flag is a field."""
    daemon.put("POST", PATH, (202, event(recipient("3", "accepted"))))
    payload = '{"n": 12345678901234567890123, "deep": [1]}'
    ran = run(
        "events",
        "send",
        "etl",
        "reload",
        *("--payload", payload, "--target=executor:3", "--key=k-1", "--ttl=1h"),
    )

    assert ran.out.startswith("etl (app-1) has accepted event 9f86d081884c7d65 for 1 JVM.\n")
    assert daemon.bodies("POST") == [
        {
            "type": "reload",
            "payload": json.loads(payload),
            "target": "executor:3",
            "ttl_seconds": 3600.0,
            "idempotency_key": "k-1",
        }
    ]


def test_send_waits_until_it_is_handled(daemon, run):
    """Exit code 0 when every JVM has; the results are shown."""
    daemon.put("POST", PATH, (202, ACCEPTED))
    daemon.put("GET", EVENT, ACCEPTED, HANDLED)
    ran = run("events", "send", "etl", "reload", "--wait", "10s", "table=prices")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1:] == [
        "JVM     STATE    RESULT",
        'driver  handled  {"rows": 3}',
        "1       handled",
    ]
    assert daemon.bodies("POST")[0]["payload"] == {"table": "prices"}
    assert daemon.requests[-1][1].startswith("/api/v1/applications/app-1/events/9f86d081884c7d65?wait=")


def test_send_that_failed_somewhere(daemon, run):
    """Exit code 1 as soon as all are done, and who has not handled it."""
    daemon.put("POST", PATH, (202, ACCEPTED))
    failed = recipient("10", "failed", error="ValueError: \x1b[31mno")
    daemon.put("GET", EVENT, event(failed, recipient("driver"), recipient("2", "expired")))
    ran = run("events", "send", "etl", "reload", "--wait=30s")

    assert ran.code == 1
    assert ran.out.splitlines()[2:] == [
        "driver  handled",
        "2       expired",
        r"10      failed   ValueError: \x1b[31mno",
    ]
    assert ran.err == (
        "spark-exporter: 2 of 3 JVMs have not handled event 9f86d081884c7d65: 2 (expired), 10 (failed)\n"
    )


def test_send_that_is_not_handled_in_time(daemon, run):
    """Exit code 1, and how far it has come."""
    daemon.put("POST", PATH, (202, ACCEPTED))
    daemon.put("GET", EVENT, event(recipient("driver"), recipient("1", "delivered")))
    ran = run("events", "send", "etl", "reload", "--wait=50ms")

    assert ran.code == 1
    assert ran.err == (
        "spark-exporter: after 0.05 s, 1 of 2 JVMs have not handled event 9f86d081884c7d65: 1 (delivered)\n"
    )


def test_sent_a_second_time(daemon, run):
    """With the same key the answer is the first event, which may be done."""
    daemon.put("POST", PATH, (200, HANDLED))
    ran = run("events", "send", "etl", "reload", "--key=k-1", "--wait=30s")

    assert ran.code == 0
    assert [method for method, _, _, _ in daemon.requests] == ["GET", "POST"]


def test_show(daemon, run):
    """One line about the event, then one for each JVM."""
    daemon.put("GET", EVENT, event(recipient("driver"), recipient("1", "failed", error="no")))
    ran = run("events", "show", "etl", "9f86d081884c7d65")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "EVENT             TYPE    TARGET  ACCEPTED              BY            STATE\n"
        "9f86d081884c7d65  reload  all     2025-11-22 14:31:50Z  alice@laptop  1 handled, 1 failed\n"
        "JVM     STATE    RESULT\n"
        "driver  handled\n"
        "1       failed   no\n"
    )


def test_show_waits(daemon, run):
    """With the exit code of the outcome; an event that is not there is not waited for."""
    daemon.put("GET", EVENT, ACCEPTED, HANDLED)
    assert run("events", "show", "etl", "9f86d081884c7d65", "--wait=30s").code == 0
    daemon.put("GET", EVENT, event(recipient("1", "failed", error="no")))
    assert run("events", "show", "etl", "9f86d081884c7d65", "--wait=30s").code == 1

    ran = run("events", "show", "etl", "0000000000000000", "--wait=1h")
    assert (ran.code, ran.err) == (1, "spark-exporter: nothing at /app-1/events/0000000000000000\n")


def test_list(daemon, run):
    """The newest first, as the driver has them."""
    second = event(recipient("driver", "expired"), id="0000000000000001", type="gc", actor=None)
    daemon.put("GET", PATH, {"events": [HANDLED, second]}, {"events": []})

    assert run("events", "list", "etl").out == (
        "EVENT             TYPE    TARGET  ACCEPTED              BY            STATE\n"
        "9f86d081884c7d65  reload  all     2025-11-22 14:31:50Z  alice@laptop  2 handled\n"
        "0000000000000001  gc      all     2025-11-22 14:31:50Z  -             1 expired\n"
    )
    assert run("events", "list", "etl").out == "There are no events.\n"


def test_json_for_programs(daemon, run):
    """The document of the API, after the waiting, and nothing else on standard output."""
    daemon.put("POST", PATH, (202, ACCEPTED))
    daemon.put("GET", EVENT, HANDLED)
    daemon.put("GET", PATH, {"events": [HANDLED]})

    assert json.loads(run("events", "send", "etl", "reload", "--format=json", "--wait=9s").out) == HANDLED
    assert json.loads(run("events", "show", "etl", "9f86d081884c7d65", "--format=json").out) == HANDLED
    assert json.loads(run("events", "list", "etl", "--format=json").out) == {"events": [HANDLED]}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["send", "etl"], "the following arguments are required: TYPE"),
        (["send", "etl", "reload", "x"], "'x' is not as expected, key=value"),
        (
            ["send", "etl", "reload", "x=1", "--payload={}"],
            "--payload and key=value are both given; expected one",
        ),
        (
            ["send", "etl", "reload", "--payload=x"],
            "--payload: 'x' is not JSON (Expecting value); expected JSON",
        ),
        (["send", "etl", "reload", '--payload={"a": NaN}'], "is not JSON"),
        (["send", "etl", "reload", "--target=some"], "--target: 'some' is no target; expected all, driver,"),
        (["send", "etl", "reload", "--key=a b"], "--key: 'a b' is no key; expected 1 to 200 visible ASCII"),
        (["send", "etl", "reload", "--ttl=99ms"], "--ttl: '99ms' is out of bounds; expected 100ms to 1d"),
        (["send", "etl", "reload", "--ttl=2d"], "--ttl: '2d' is out of bounds"),
        (["show", "etl"], "the following arguments are required: ID"),
        (["list", "etl", "x"], "unknown argument x"),
    ],
)
def test_wrong_usage(daemon, run, words, expected):
    """Exit code 2, and nothing was asked."""
    ran = run("events", *words)

    assert (ran.code, ran.out) == (2, "")
    assert expected in ran.err
    assert daemon.requests == []


def test_what_belongs_to_one_call_is_no_variable(daemon, run, monkeypatch):
    """The daemon's own target is not an event's."""
    for name in ("TARGET", "WAIT", "KEY", "PAYLOAD", "TTL", "FORMAT"):
        monkeypatch.setenv(f"SPARK_EXPORTER_{name}", "http://127.0.0.1:4040")
    daemon.put("POST", PATH, (202, ACCEPTED))

    assert run("events", "send", "etl", "reload").code == 0
    assert "target" not in daemon.bodies("POST")[0]
