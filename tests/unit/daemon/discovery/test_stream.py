"""A list and a watch of pods: what is known follows the API server, whatever happens on the way."""

import socket

import pytest
from fake_api_server import expired, line, pod, refuse

from exporter.daemon.discovery import stream as streams


def test_pods_are_listed_and_watched(api, follow):
    """Those that were there, those that come, change and go, without a second list."""
    api.put(pod("a"), pod("b"))
    seen = follow()
    seen.until_names("a", "b")
    api.until_watched()
    api.put(pod("c"), pod("a", ip="10.0.0.9"))
    api.delete("b")
    seen.until_names("a", "c")

    seen.until(lambda: {item.target is not None for item in seen.stream.pods().values()} == {False})
    assert api.count("list") == 1
    assert seen.errors() == {}
    assert seen.health.last_success is not None


def test_what_is_asked_is_what_is_needed(api, follow):
    """One namespace, one selector, pages; the watch goes on from the list and wants bookmarks."""
    follow().until_names()
    api.until_watched()

    path = "/api/v1/namespaces/spark/pods"
    assert api.asked("list") == [(path, {"labelSelector": "spark-role=driver", "limit": "500"})]
    ((found, query),) = api.asked("watch")
    assert found == path
    assert query.pop("watch") == query.pop("allowWatchBookmarks").lower() == "true"
    assert query == {"labelSelector": "spark-role=driver", "resourceVersion": "10", "timeoutSeconds": "60"}


def test_every_namespace_may_be_watched(api, follow):
    """By the path that needs a ClusterRole."""
    api.put(pod("a", namespace="one"), pod("a", namespace="two", uid="other"))
    seen = follow(namespace=None)
    seen.until(lambda: seen.uids() == ["other", "uid-a"])

    assert api.asked("list")[0][0] == "/api/v1/pods"


def test_other_pods_are_not_seen(api, follow):
    """Neither those of other namespaces nor those without the labels; one that loses them is gone."""
    api.put(pod("a"), pod("b", namespace="other"), pod("c", labels={"spark-role": "executor"}))
    seen = follow()
    seen.until_names("a")
    api.until_watched()
    api.put(pod("a", labels={}), pod("d"))

    seen.until_names("d")


def test_a_long_list_comes_in_pages(api, follow):
    """All of them count as one list."""
    api.page = 3
    api.put(*(pod(f"p{number}") for number in range(8)))
    seen = follow()
    seen.until(lambda: len(seen.names()) == 8)

    assert api.count("list") == 3
    assert [query.get("continue") for _, query in api.asked("list")] == [None, "3", "6"]
    assert seen.changes == 1


def test_a_list_that_expires_between_its_pages_begins_anew(api, follow):
    """Half of a list is never taken for all."""
    api.page = 2
    api.put(*(pod(f"p{number}") for number in range(4)))
    api.faults["list"].extend([lambda handler: handler.list("/api/v1/pods", {"limit": "2"}), refuse(410)])
    seen = follow()
    seen.until(seen.stream.listed.is_set)

    assert seen.names() == ["p0", "p1", "p2", "p3"]
    assert seen.errors() == {"expired": 1}


@pytest.mark.parametrize("in_stream", [True, False])
def test_an_expired_version_leads_to_a_new_list(api, follow, in_stream):
    """Pods that went meanwhile are gone, those that came are there; whether it is said by status or event."""
    api.put(pod("a"), pod("b"))
    seen = follow()
    seen.until_names("a", "b")
    api.until_watched()
    api.stop()
    api.delete("a")
    api.put(pod("c"))
    api.compact()
    if in_stream:
        ended = line(expired())
        api.faults["watch"].append(
            lambda handler: (handler.begin(), handler.chunk(ended), handler.chunk(b""))
        )
    api.restart()
    seen.until_names("b", "c")
    api.until_watched()

    assert api.count("list") == 2
    assert seen.errors()["expired"] == 1
    assert seen.log.lines("all pods are listed again", "info")


def test_a_connection_that_is_reset_goes_on_where_it_was(api, follow):
    """Without a list: what happened meanwhile comes by the watch."""
    api.put(pod("a"))
    seen = follow()
    seen.until_names("a")
    for number in range(3):
        api.until_watched()
        api.reset()
        api.put(pod(f"b{number}"))
        seen.until(lambda number=number: f"b{number}" in seen.names())

    assert api.count("list") == 1
    assert seen.names() == ["a", "b0", "b1", "b2"]


def test_a_restart_of_the_server_loses_nothing(api, follow):
    """What is known stays while nobody answers, the error is said once, and then all is well again."""
    api.put(pod("a"))
    seen = follow()
    seen.until_names("a")
    api.until_watched()
    api.stop()
    seen.waits.reset()
    while not seen.errors().get("connect", 0) > 2:
        seen.stream._stopping.wait(0.01)
    assert seen.names() == ["a"]
    api.put(pod("b"))
    api.delete("a")
    api.restart()
    seen.until_names("b")

    assert len(seen.log.lines("the API server cannot be asked: Connection refused", "warning")) == 1
    api.until_watched()
    assert seen.log.lines("well again", "info")


def test_a_watch_that_is_cut_off_in_the_middle_of_a_part(api, follow):
    """Is said in words, and goes on."""
    api.put(pod("a"))

    def torn(handler):
        handler.begin()
        handler.wfile.write(b"ff\r\n{")
        handler.cut()

    api.faults["watch"].append(torn)
    seen = follow()
    api.until_watched()

    assert seen.errors() == {"connect": 1}
    (said,) = seen.log.lines("the API server cannot be asked: ", "warning")
    assert said["msg"].endswith(("Connection reset by peer", "it cut the connection off"))
    assert seen.names() == ["a"]


def test_a_bookmark_moves_the_version_on(api, follow):
    """So that a quiet namespace does not expire."""
    api.put(pod("a"))
    seen = follow()
    seen.until_names("a")
    api.until_watched()
    api.bookmark()
    while seen.stream._version != str(api.version):
        seen.stream._stopping.wait(0.01)
    api.compact()
    api.version -= 1
    api.compacted -= 1
    api.reset()
    api.put(pod("b"))
    seen.until_names("a", "b")

    assert api.count("list") == 1


def test_the_same_name_with_another_uid_is_another_pod(api, follow):
    """Also when the end of the first one was missed, or comes late."""
    api.put(pod("a", "one"))
    seen = follow()
    seen.until_names("a")
    api.until_watched()
    api.put(pod("a", "two"))
    seen.until(lambda: seen.uids() == ["two"])
    gone = pod("a", "one")
    gone["metadata"]["resourceVersion"] = "1000"
    api.send({"type": "DELETED", "object": gone})
    api.put(pod("b"))
    seen.until_names("a", "b")

    assert "two" in seen.uids()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff garbage\n",
        b"[]\n",
        b'{"type": "SURPRISE", "object": {}}\n',
        b'{"type": "ADDED"}\n',
        b'{"type": "ADDED", "object": {"metadata": {"resourceVersion": "99"}}}\n',
        b'{"type": "ADDED", "object": {"metadata": {"name": "x", "namespace": "spark", "uid": "x"}}}\n',
        b'{"type": "BOOKMARK", "object": {"metadata": []}}\n',
    ],
)
def test_garbage_leads_to_a_new_list(api, follow, garbage):
    """What came before it counts, and nothing is lost."""
    api.put(pod("a"))
    seen = follow()
    seen.until_names("a")
    api.until_watched()
    api.send(garbage)
    api.until(lambda: api.count("list") == 2)
    api.until(lambda: api.count("watch") == 2)
    api.put(pod("b"))
    seen.until_names("a", "b")

    assert seen.errors() == {"invalid": 1}


def test_an_event_without_end_is_cut_off(api, follow, monkeypatch):
    """It does not fill the memory."""
    monkeypatch.setattr(streams, "MAX_EVENT", 100_000)
    seen = follow()
    seen.until_names()
    api.until_watched()
    api.send(b" " * 70_000, b" " * 70_000)
    api.until(lambda: api.count("list") == 2)

    assert seen.errors() == {"invalid": 1}


def test_an_event_in_many_parts_is_one(api, follow):
    """And many events in one part are many."""
    api.put(pod("a"))
    seen = follow()
    seen.until_names("a")
    api.until_watched()
    events = [pod("b"), pod("c")]
    for number, event in enumerate(events):
        event["metadata"]["resourceVersion"] = str(500 + number)
    data = b"".join(line({"type": "ADDED", "object": event}) for event in events)
    api.send(*(data[at : at + 7] for at in range(0, len(data), 7)))
    seen.until_names("a", "b", "c")

    assert seen.errors() == {}


@pytest.mark.parametrize(
    ("status", "reason", "sentence"),
    [
        (401, "unauthorized", "the API server answers 401: no"),
        (403, "forbidden", "the service account needs the verbs list and watch for pods"),
        (429, "throttled", "the API server answers 429: no"),
        (500, "http_status", "the API server answers 500: no"),
        (504, "http_status", "the API server answers 504: no"),
    ],
)
@pytest.mark.parametrize("kind", ["list", "watch"])
def test_a_refusal_is_counted_said_and_outlived(api, follow, kind, status, reason, sentence):
    """By its reason, with what the server says; the next attempt succeeds."""
    api.put(pod("a"))
    api.faults[kind].append(refuse(status))
    seen = follow()
    seen.until_names("a")
    api.until_watched()

    assert seen.errors() == {reason: 1}
    (said,) = seen.log.lines(sentence)
    where = {"namespace": "spark", "selector": "spark-role=driver", "discovery": "kubernetes"}
    assert said | where == said


def test_the_server_says_when_to_come_back(api, follow, monkeypatch):
    """Retry-After is kept, with jitter, and bounded."""
    waited = []
    seen = follow()
    seen.until_names()
    api.until_watched()
    monkeypatch.setattr(seen.stream._stopping, "wait", waited.append)
    api.faults["watch"].extend([refuse(429, 7), refuse(429, 100_000), refuse(503, "soon")])
    api.reset()
    api.until(lambda: not api.faults["watch"])
    api.until_watched()

    asked = [delay for delay in waited if delay >= 7]
    assert len(asked) == 2
    assert 7 <= asked[0] <= 7 * 1.2
    assert streams.MOST_PATIENCE <= asked[1] <= streams.MOST_PATIENCE * 1.2
    assert seen.errors()["throttled"] == 2
    assert seen.errors()["http_status"] == 1


def test_watches_that_end_at_once_are_not_begun_at_once(api, follow):
    """A server that takes each watch and closes it is no reason for a busy loop."""
    api.faults["watch"].extend([lambda handler: (handler.begin(), handler.chunk(b""))] * 3)
    seen = follow()
    seen.until_names()
    api.until_watched()

    assert seen.waits.delays == 3
    assert seen.errors() == {}


def test_the_end_does_not_wait_for_news(api, follow):
    """A watch that says nothing for a minute is left at once."""
    seen = follow()
    seen.until_names()
    api.until_watched()
    seen.stop()

    assert not seen.stream._thread.is_alive()


def test_a_server_that_accepts_and_says_nothing(api, follow, monkeypatch):
    """Is given up after a while, which is counted."""
    monkeypatch.setattr(streams, "LIST", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        api.port, kept = silent.getsockname()[1], api.port
        seen = follow()
        api.port = kept
        while not seen.errors().get("timeout"):
            seen.stream._stopping.wait(0.01)
        seen.stop()

    assert not seen.stream.listed.is_set()
    assert seen.health.last_success is None
