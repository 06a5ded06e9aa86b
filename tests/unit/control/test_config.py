"""spark-exporter config: what it asks for, what it prints, and how it ends."""

import json

import pytest
from fake_daemon import APP, config

from exporter.control import client

PATH = "/app-1/config"


def test_set_is_accepted(daemon, run):
    """Without --wait that is enough: exit code 0, and the table says who has it already."""
    daemon.put("PATCH", PATH, config(8, {"2": 7, "driver": 8, "10": 8}))
    ran = run("config", "set", "etl", "threshold=25", "name=abc", 'mode="25"', "empty=", "path=a=b")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "etl (app-1) has version 8 of its configuration.\nJVM     VERSION\ndriver  8\n2       7\n10      8\n"
    )
    assert daemon.bodies("PATCH") == [
        {"threshold": 25, "name": "abc", "mode": "25", "empty": "", "path": "a=b"}
    ]
    _, _, headers, _ = daemon.requests[-1]
    assert headers["Authorization"] == "Bearer tok-en"
    assert (headers["Content-Type"], headers["Spark-Exporter-Actor"]) == ("application/json", "alice@laptop")
    assert headers["If-Match"] is None


def test_set_waits_for_every_jvm(daemon, run):
    """Exit code 0 when all of them have it; it may be said in several answers."""
    daemon.put("PATCH", PATH, config(8, {"driver": 8, "1": 7}))
    daemon.put("GET", PATH, config(8, {"driver": 8, "1": 7}), config(8, {"driver": 8, "1": 8}))
    ran = run("config", "set", "etl", "threshold=25", "--wait", "10s", "factor=2")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1:] == ["JVM     VERSION", "driver  8", "1       8"]
    assert daemon.bodies("PATCH") == [{"threshold": 25, "factor": 2}]
    waits = [path for method, path, _, _ in daemon.requests if method == "GET" and path.startswith("/api")][
        1:
    ]
    assert len(waits) == 2
    assert all(path.startswith("/api/v1/applications/app-1/config?version=8&wait=") for path in waits)


def test_set_that_does_not_get_everywhere(daemon, run):
    """Exit code 1, and who lacks it."""
    daemon.put("PATCH", PATH, config(8))
    daemon.put("GET", PATH, config(8, {"driver": 8, "1": 7, "2": 6}))
    ran = run("config", "set", "etl", "a=1", "--wait", "50ms")

    assert ran.code == 1
    assert ran.err == "spark-exporter: after 0.05 s, 2 of 3 JVMs do not have version 8 yet: 1, 2\n"


def test_a_daemon_that_starts_anew_is_waited_for(daemon, run, start_daemon):
    """The driver has the change; whoever waits asks on, whatever the daemon says meanwhile."""
    daemon.put("PATCH", PATH, config(8, {"driver": 8, "1": 7}))

    def end(_handler):
        daemon.close()
        successor = start_daemon(daemon.port)
        successor.put(
            "GET", PATH, (404, {"error": "no application"}), (502, {"error": "no driver"}), config(8)
        )
        return 503, {"error": "stopping"}

    daemon.put("GET", PATH, end)

    assert run("config", "set", "etl", "a=1", "--wait", "30s").code == 0


@pytest.mark.parametrize(
    "answer",
    [(500, b"Internal Server Error"), (503, b"<html>"), (599, {"error": "x"}), (429, {"error": "too many"})],
)
def test_whoever_stands_in_for_a_daemon_is_waited_for(daemon, run, answer):
    """A server that ends, or a proxy before one: what it says of itself is over in a moment."""
    daemon.put("PATCH", PATH, config(8, {"driver": 8, "1": 7}))
    daemon.put("GET", PATH, answer, answer, config(8))

    assert run("config", "set", "etl", "a=1", "--wait", "30s").code == 0


def test_nothing_may_listen_for_a_while(daemon, run, start_daemon, monkeypatch):
    """Between the end of a daemon and the begin of the next one."""
    daemon.put("PATCH", PATH, config(8, {"driver": 8, "1": 7}))
    refused = []

    def end(_handler):
        daemon.close()
        return 503, {"error": "this daemon is stopping"}

    exchange = client.Fetcher.exchange

    def watched(self, *words, **more):
        try:
            return exchange(self, *words, **more)
        except client.SourceError as error:
            refused.append(str(error))
            if len(refused) == 3:
                start_daemon(daemon.port).put("GET", PATH, config(8))
            raise

    monkeypatch.setattr(client.Fetcher, "exchange", watched)
    daemon.put("GET", PATH, end)

    assert run("config", "set", "etl", "a=1", "--wait", "30s").code == 0
    assert len(refused) == 3
    assert all(text.endswith("nothing listens there") for text in refused)


def test_a_change_that_comes_too_soon_is_sent_again(daemon, run):
    """After as long as it is told to; nothing was done, so it cannot be done twice."""
    refusal = (429, {"error": "more than 20 changes a second"}, {"Retry-After": "1"})
    daemon.put("PATCH", PATH, refusal, config(8))
    ran = run("config", "set", "etl", "a=1")

    assert (ran.code, ran.err) == (0, "")
    assert daemon.bodies("PATCH") == [{"a": 1}] * 2


@pytest.mark.parametrize(
    ("status", "pause", "pauses"),
    [(429, "2", [2.0, 2.0]), (503, "2", [2.0, 2.0]), (429, "0", [1.0] * 4), (429, "9", [])],
)
def test_how_often_a_change_is_sent_again(daemon, status, pause, pauses):
    """Only before the deadline, and never without a pause."""
    now, slept = [0.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    daemon.put("PATCH", PATH, (status, {"error": "too many"}, {"Retry-After": pause}))
    asked = client.Client(daemon.url, "t", clock=lambda: now[0], sleep=sleep)
    with pytest.raises(client.Failure, match="too many"):
        asked.change(client.Chosen("app-1", "etl"), "{}", None, 5.0)

    assert slept == pauses


@pytest.mark.parametrize(
    "answer",
    [(429, {"error": "x"}), (429, {"error": "x"}, {"Retry-After": "soon"}),
     (504, {"error": "whether it was done is not known"}, {"Retry-After": "1"})],
)  # fmt: skip
def test_what_is_not_sent_again(daemon, run, answer):
    """What may have been done, and what nobody says a time for."""
    daemon.put("PATCH", PATH, answer)

    assert run("config", "set", "etl", "a=1", "--wait=30s").code == 1
    assert len(daemon.bodies("PATCH")) == 1


def test_what_ends_the_waiting(daemon, run):
    """What cannot pass is said at once; what could is said when the time is over."""
    daemon.put("PATCH", PATH, config(8))
    daemon.put("GET", PATH, (409, {"error": "etl (app-1) has ended: it has failed"}))
    ran = run("config", "set", "etl", "a=1", "--wait", "30s")
    assert (ran.code, ran.err) == (1, "spark-exporter: etl (app-1) has ended: it has failed\n")

    daemon.put("GET", PATH, (502, {"error": "nothing listens there"}))
    ran = run("config", "set", "etl", "a=1", "--wait", "50ms")
    assert (ran.code, ran.err) == (1, "spark-exporter: nothing listens there\n")


def test_an_answer_that_comes_too_soon_is_not_asked_for_without_a_pause(daemon):
    """A daemon that does not wait as it should is not flooded."""
    now, pauses = [0.0], []

    def sleep(seconds):
        pauses.append(seconds)
        now[0] += 1.0

    daemon.put("GET", PATH, config(8, {"driver": 8, "1": 7}))
    asked = client.Client(daemon.url, "t", clock=lambda: now[0], sleep=sleep)
    found = asked.wait_for_version(client.Chosen("app-1", "etl"), 8, 5.0)

    assert (found["complete"], pauses) == (False, [client.PAUSE] * 5)


def test_long_waits_are_several_requests(daemon):
    """A request may wait for a minute at most."""
    now = [0.0]

    def answer(_handler):
        now[0] += 60.0
        return config(8, {"driver": 8, "1": 7})

    daemon.put("GET", PATH, answer)
    client.Client(daemon.url, "t", clock=lambda: now[0]).wait_for_version(
        client.Chosen("app-1", "etl"), 8, 150.0
    )

    assert [path.partition("wait=")[2] for _, path, _, _ in daemon.requests] == ["60.0", "60.0", "30.0"]


def test_set_only_if_nobody_else_was_faster(daemon, run):
    """The driver refuses, and nothing has changed."""
    daemon.put("PATCH", PATH, (412, {"error": "the configuration has version 9, not 7"}))
    ran = run("config", "set", "etl", "a=1", "--if-version", "7")

    assert (ran.code, ran.out, ran.err) == (1, "", "spark-exporter: the configuration has version 9, not 7\n")
    assert daemon.requests[-1][2]["If-Match"] == '"7"'


def test_unset(daemon, run):
    """Is a change like any other: null removes a key."""
    daemon.put("PATCH", PATH, config(8))

    assert run("config", "unset", "etl", "a", "b").code == 0
    assert daemon.bodies("PATCH") == [{"a": None, "b": None}]


def test_get_everything(daemon, run):
    """Values as JSON, with what is declared; what would move the cursor does not."""
    values = {"threshold": 25, "mode": "fa\x1bst", "big": "x" * 300}
    declared = {"threshold": {"type": "int", "minimum": 0}, "later": {"type": "str"}}
    daemon.put("GET", PATH, config(7, values=values, declared=declared))
    ran = run("config", "get", "app-1")

    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == "version 7"
    assert [line.split(maxsplit=1)[0] for line in lines[1:]] == ["KEY", "big", "later", "mode", "threshold"]
    assert lines[2].split()[1] == '"' + "x" * 196 + "..."
    assert lines[3].split(maxsplit=2)[1:] == ["-", '{"type": "str"}']
    assert lines[4].split()[1] == r'"fa\u001bst"'
    assert lines[5].split(maxsplit=2)[1:] == ["25", '{"type": "int", "minimum": 0}']


def test_get_nothing(daemon, run):
    """It is said."""
    daemon.put("GET", PATH, config(0))

    assert run("config", "get", "etl").out == "version 0\nNothing is set or declared.\n"


def test_get_one_value(daemon, run):
    """For a shell: JSON and nothing else; exit code 1 if it is not set."""
    daemon.put("GET", PATH, config(7, values={"name": "abc", "list": [1, {"a": None}]}))

    assert run("config", "get", "etl", "name").out == '"abc"\n'
    assert run("config", "get", "etl", "list").out == '[1, {"a": null}]\n'
    ran = run("config", "get", "etl", "other")
    assert (ran.code, ran.out, ran.err) == (1, "", "spark-exporter: other is not set\n")


def test_json_for_programs(daemon, run):
    """The document of the API, after the waiting, and nothing else on standard output."""
    final = config(8, values={"a": 1})
    daemon.put("PATCH", PATH, config(8, {"driver": 8, "1": 7}))
    daemon.put("GET", PATH, final)

    assert json.loads(run("config", "set", "etl", "a=1", "--wait=5s", "--format=json").out) == final
    assert json.loads(run("config", "get", "etl", "--format=json").out) == final


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["set", "etl", "threshold"], "'threshold' is not as expected, key=value"),
        (["set", "etl", "=1"], "'=1' is not as expected, key=value"),
        (["set", "etl", "a=1", "a=2"], "'a' is given twice"),
        (["set", "etl", "a=null"], "a=null would remove the key; use spark-exporter config unset"),
        (["set", "etl", 'a={"b": 1, "b": 2}'], "an object in it has a key twice"),
        (["set", "etl"], "the following arguments are required: KEY=VALUE"),
        (["set"], "the following arguments are required: APP, KEY=VALUE"),
        (["unset", "etl"], "the following arguments are required: KEY"),
        (["set", "etl", "n=1e400"], "'n': '1e400' is too large for a number of 64 bits"),
        (["set", "etl", "a=1", "--wait=soon"], "--wait: 'soon' is not a duration"),
        (
            ["set", "etl", "a=1", "--wait", "-3s"],
            "--wait: '-3s' is not a duration; expected numbers with units",
        ),
        (["set", "etl", "--wait", "-.5", "a=1"], "--wait: '-.5' is not a duration"),
        (
            ["set", "etl", "a=1", "--if-version=x"],
            "--if-version: 'x' is not a limit; expected a whole number",
        ),
        (["set", "etl", "a=1", "--format=xml"], "--format: 'xml' is not one of text, json"),
        (["set", "etl", "a=1", "--tocken-file=x"], "did you mean --token-file?"),
        (["get", "etl", "a", "b"], "unknown argument b"),
    ],
)
def test_wrong_usage(daemon, run, words, expected):
    """Exit code 2, and nothing was asked."""
    ran = run("config", *words)

    assert (ran.code, ran.out) == (2, "")
    assert expected in ran.err
    assert daemon.requests == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 1), (401, 3), (403, 3), (404, 1), (409, 1), (413, 1), (422, 1), (429, 1), (502, 1)],
)
def test_a_refusal_is_printed(daemon, run, status, code):
    """As the daemon or the driver says it; 3 is for whoever is not let in."""
    daemon.put("PATCH", PATH, (status, {"error": 'threshold: "x" is not an int >= 0'}))
    ran = run("config", "set", "etl", "threshold=x")

    assert (ran.code, ran.out, ran.err) == (code, "", 'spark-exporter: threshold: "x" is not an int >= 0\n')


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"error": 1}', b"[" * 100_000])
def test_what_is_no_daemon(daemon, run, body):
    """Exit code 3, and what to look at."""
    daemon.put("GET", "", (404, body))
    ran = run("config", "get", "etl")

    sentence = f"{daemon.url} answers with status 404, not as a daemon does: "
    sentence += "is it spark-exporter serve, and of this version?"
    assert (ran.code, ran.err) == (3, f"spark-exporter: {sentence}\n")


def test_the_plugin_is_no_daemon(daemon, run):
    """Exit code 3, and what was mixed up: their ports are neighbours."""
    daemon.put("GET", "", (404, {"error": "there is nothing here; see /v1/snapshot"}))
    ran = run("config", "set", "etl", "a=1")

    sentence = (
        f"{daemon.url} is the plugin in a driver and not the daemon; expected the URL of spark-exporter serve"
    )
    assert (ran.code, ran.err) == (3, f"spark-exporter: {sentence}\n")


def test_a_daemon_that_is_not_there(daemon, run):
    """Exit code 3, at once."""
    daemon.close()
    ran = run("config", "set", "etl", "a=1", "--wait=30s")

    url = f"{daemon.url}/api/v1/applications"
    assert (ran.code, ran.err) == (
        3,
        f"spark-exporter: cannot reach the daemon: {url}: nothing listens there\n",
    )


def test_which_application(daemon, run):
    """By its id, or by either of its names if only one that has it is live."""
    apps = [
        APP,
        {**APP, "app_id": "app-2", "state": "failed"},
        {**APP, "app_id": "app-3", "app_name": "other", "original_name": "other"},
        {**APP, "app_id": "app-4", "app_name": "other", "original_name": "other-b", "state": "waiting"},
        {**APP, "app_id": "app-5", "app_name": "over", "original_name": "over", "state": "lost"},
        {**APP, "app_id": "app-6", "app_name": "app-1", "original_name": "app-1"},
    ]
    daemon.put("GET", "", {"applications": apps})
    for app in apps:
        daemon.put("GET", f"/{app['app_id']}/config", config(int(app["app_id"][-1])))

    def version(word):
        ran = run("config", "get", word)
        return int(ran.out.split()[1]) if ran.code == 0 else (ran.code, ran.err)

    assert [version(word) for word in ("app-1", "etl", "etl-2026-11-22", "app-3", "other-b", "app-2")] == [
        1, 1, 1, 3, 4, 2
    ]  # fmt: skip
    several = "spark-exporter: 2 applications are called other: give one of the ids app-3, app-4\n"
    assert version("other") == (1, several)
    ended = "spark-exporter: no application called over is running; there was app-5 (lost)\n"
    assert version("over") == (1, ended)
    daemon.put("GET", "", {"applications": [APP]})
    unknown = f"the daemon at {daemon.url} knows no application x; it knows etl (app-1)"
    assert version("x") == (1, f"spark-exporter: {unknown}\n")
    daemon.put("GET", "", {"applications": []})
    assert version("x")[1].endswith("it knows none\n")


def test_an_id_cannot_leave_its_place_in_the_path(daemon, run):
    """Whatever the daemon calls its applications."""
    daemon.put("GET", "", {"applications": [{**APP, "app_id": "../x?y#z"}]})
    run("config", "get", "etl")

    assert daemon.requests[-1][1] == "/api/v1/applications/..%2Fx%3Fy%23z/config"


def test_the_token_from_a_file(daemon, run, monkeypatch, tmp_path):
    """Instead of the variable; never from a flag."""
    monkeypatch.delenv("SPARK_EXPORTER_TOKEN")
    file = tmp_path / "token"
    file.write_text("from-file\n")
    daemon.put("GET", PATH, config())

    assert run("config", "get", "etl", "--token-file", str(file)).code == 0
    assert daemon.requests[-1][2]["Authorization"] == "Bearer from-file"
    assert "unknown argument --token=x" in run("config", "get", "etl", "--token=x").err
    assert run("config", "get", "etl").code == 0
    assert "Authorization" not in daemon.requests[-1][2]


def test_ctrl_c(daemon, run, monkeypatch):
    """Ends it without a word, as a signal would."""
    daemon.put("PATCH", PATH, config(8, {"driver": 8, "1": 7}))

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(client.Client, "wait_for_version", interrupt)
    ran = run("config", "set", "etl", "a=1", "--wait=10s")

    assert (ran.code, ran.out, ran.err) == (130, "", "")


@pytest.mark.parametrize(
    ("user", "host", "expected"),
    [("alice", "laptop", "alice@laptop"), ("caf\xe9", "x", "caf_@x"), ('CORP\\a="b', "x", "CORP_a__b@x"),
     ("two words", "x", "two_words@x"), ("a" * 300, "x", "a" * 200),
     (KeyError("no such user"), "x", "unknown")],
)  # fmt: skip
def test_who_it_is(monkeypatch, user, host, expected):
    """For the audit log: what the driver takes, or unknown."""
    monkeypatch.undo()

    def getuser():
        if isinstance(user, Exception):
            raise user
        return user

    monkeypatch.setattr(client.getpass, "getuser", getuser)
    monkeypatch.setattr(client.socket, "gethostname", lambda: host)

    assert client.actor() == expected
