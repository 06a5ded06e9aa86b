"""Messages from a worker: answers, typed errors in time, and connections that end, hang or talk nonsense."""

import json
import socket
import stat
import threading
import time

import pytest
from fake_hop import PATIENCE, frame
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from steering import until

from exporter import rpc


@pytest.fixture
def hop(start_hop, worker, steering):  # noqa: ARG001 - the state of a new process
    """The plugin of this worker."""
    return start_hop(worker)


@pytest.mark.parametrize(
    "payload", [None, {"shard": 3}, [], "", "\u00e9\U0001f600", 2**70, 0.1, False, b"", b"\x00\xff" * 5000]
)
def test_payloads_go_there_and_back(hop, payload):
    """JSON comes back as JSON, bytes as bytes."""
    assert rpc.ask("echo", payload, PATIENCE) == payload
    header, body = hop.until("ask")
    assert header == {
        "kind": "ask",
        "id": 1,
        "topic": "echo",
        "encoding": "bytes" if isinstance(payload, bytes) else "json",
        "timeout": PATIENCE,
    }
    assert (body if isinstance(payload, bytes) else json.loads(body)) == payload


def test_one_connection_for_all(hop):
    """It is opened with the first message, as a worker with the secret, and used for all."""
    assert hop.noted("hello") == []
    for _ in range(3):
        rpc.ask("echo", timeout=PATIENCE)
    ((hello, _),) = hop.noted("hello")
    assert {**hello, "pid": 0} == {
        "kind": "hello",
        "protocol": 1,
        "secret": hop.secret,
        "role": "worker",
        "pid": 0,
    }


def test_send_does_not_wait_for_a_handler(hop):
    """Sending ends when the JVM has the message."""
    assert rpc.send("log", {"line": 1}) is None
    header, body = hop.until("send")
    assert (header["topic"], body) == ("log", b'{"line":1}')


ERRORS = [
    ("no_handler", rpc.NoHandlerError),
    ("handler_failed", rpc.HandlerError),
    ("too_large", rpc.PayloadTooLargeError),
    ("overloaded", rpc.OverloadedError),
    ("unavailable", rpc.UnavailableError),
]


@pytest.mark.parametrize(("code", "error"), [*ERRORS, ("bad_request", rpc.RpcError), ("news", rpc.RpcError)])
def test_errors_of_the_plugin_are_typed(hop, code, error):
    """Each code is an exception of its own, with the plugin's sentence; the connection goes on."""
    hop.refuse("ask", code, "ValueError: no shard 3")
    with pytest.raises(error, match=r"^ValueError: no shard 3$") as caught:
        rpc.ask("echo", timeout=PATIENCE)
    assert type(caught.value) is error
    del hop.answers["ask"]
    hop.answers["ask"] = lambda *_: ({"encoding": "json"}, b"1")
    assert rpc.ask("echo", timeout=PATIENCE) == 1
    assert len(hop.noted("hello")) == 1


@pytest.mark.parametrize("code", [None, 5, ["no_handler"]])
def test_an_error_without_sense(hop, code):
    """An error that is none of the known ones is still an error."""
    hop.refuse("ask", code, None)
    with pytest.raises(rpc.RpcError, match="the plugin refused it"):
        rpc.ask("echo", timeout=PATIENCE)


def test_the_plugin_says_timeout(hop):
    """It is a TimeoutError, too, and says how long was waited for what."""
    hop.refuse("ask", "timeout", "too slow")
    with pytest.raises(TimeoutError, match=r"^no answer to 'slow' within 60 s$") as caught:
        rpc.ask("slow", timeout=PATIENCE)
    assert isinstance(caught.value, rpc.RpcTimeoutError)


def test_no_answer(hop):
    """Without an answer the caller gets an error in time; a late answer disturbs nobody."""
    late = []
    hop.answers["ask"] = lambda session, header, _: late.append((session, header["id"]))
    started = time.monotonic()
    with pytest.raises(rpc.RpcTimeoutError, match=r"^no answer to 'slow' within 0.2 s$"):
        rpc.ask("slow", timeout=0.2)
    assert time.monotonic() - started >= 0.2

    ((session, number),) = late
    hop.answers["ask"] = lambda *_: ({"encoding": "json"}, b'"new"')
    session.push({"kind": "ok", "id": number, "encoding": "json"}, b'"late"')
    assert rpc.ask("fast", timeout=PATIENCE) == "new"
    assert len(hop.noted("hello")) == 1


def test_slow_answers_hold_up_nobody(hop):
    """Answers come in any order; each goes to whoever asked."""
    released = threading.Event()

    def answer(_session, header, body):
        if header["topic"] == "slow":
            assert released.wait(PATIENCE)
        return {"encoding": "json"}, body

    hop.answers["ask"] = answer
    results = []
    slow = threading.Thread(target=lambda: results.append(rpc.ask("slow", "slow", PATIENCE)))
    slow.start()
    hop.until("ask")
    assert rpc.ask("fast", "fast", PATIENCE) == "fast"
    assert results == []
    released.set()
    slow.join()
    assert results == ["slow"]


def test_many_threads_ask_at_once(hop):
    """Everybody gets the own answer, over one connection."""
    wrong = []

    def ask(number):
        for count in range(25):
            payload = [number, count, "x" * (number * 500)]
            if rpc.ask("echo", payload, PATIENCE) != payload:
                wrong.append(payload)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(hop.noted("ask")) == 16 * 25
    assert len(hop.noted("hello")) == 1


def test_a_large_payload_meets_a_slow_reader(start_hop, worker, steering):  # noqa: ARG001
    """What does not fit the socket's buffers is sent piece by piece, and arrives whole."""
    start_hop(worker, max_payload=20_000_000)
    payload = bytes(range(256)) * 50_000
    assert rpc.ask("echo", payload, PATIENCE) == payload


@pytest.mark.parametrize(("size", "fits"), [(1000, True), (1001, False)])
def test_payloads_are_bounded(start_hop, worker, steering, size, fits):  # noqa: ARG001
    """A payload above the plugin's limit is refused here; nothing is sent."""
    hop = start_hop(worker, max_payload=1000)
    if fits:
        assert len(rpc.ask("echo", b"x" * size, PATIENCE)) == size
    else:
        with pytest.raises(
            rpc.PayloadTooLargeError, match=r"^payload has 1001 bytes; at most 1000 are allowed \(spark.expor"
        ):
            rpc.ask("echo", b"x" * size, PATIENCE)
        assert hop.noted("ask") == []


def test_a_connection_that_ends_while_somebody_waits(hop):
    """The caller learns it at once; whether the handler ran is unknown, so nothing is sent again."""
    hop.answers["ask"] = lambda session, *_: session.close()
    with pytest.raises(rpc.UnavailableError, match="closed the connection before it answered"):
        rpc.ask("echo", timeout=PATIENCE)
    assert len(hop.noted("ask")) == 1

    hop.answers["ask"] = lambda *_: ({"encoding": "json"}, b"1")
    assert rpc.ask("echo", timeout=PATIENCE) == 1
    assert len(hop.noted("hello")) == 2


def test_a_connection_that_ended_long_ago(hop, steering):
    """The next message opens a new one."""
    rpc.ask("echo", timeout=PATIENCE)
    connection = steering.link._connection
    hop.drop()
    assert connection.wait_closed(PATIENCE)
    assert rpc.ask("echo", 1, PATIENCE) == 1


def test_the_jvm_is_gone(hop, steering):
    """Nobody listens any more: an error at once."""
    rpc.ask("echo", timeout=PATIENCE)
    connection = steering.link._connection
    hop.close()
    assert connection.wait_closed(PATIENCE)
    with pytest.raises(rpc.UnavailableError, match=r"^the JVM does not listen any more: "):
        rpc.ask("echo", timeout=PATIENCE)


def test_the_jvm_listens_and_does_nothing(worker, steering):  # noqa: ARG001
    """A JVM that hangs takes the connection and no more; the caller gets an error in time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        path = worker / "hop"
        path.write_text(f"{silent.getsockname()[1]} {'0' * 32}\n")
        path.chmod(0o600)
        with pytest.raises(rpc.UnavailableError, match="does not take the connection: nothing moved"):
            rpc.ask("echo", timeout=0.2)


def test_the_jvm_reads_nothing(hop, steering):
    """A JVM that stops reading cannot hold a caller beyond the timeout, nor the next one."""
    stopped = threading.Event()
    hop.greet = lambda session: (hop.welcome(session), stopped.wait(PATIENCE))
    hop.max_payload = 1 << 26
    with pytest.raises(rpc.UnavailableError, match="the JVM takes no data"):
        rpc.ask("echo", bytes(1 << 26), timeout=1)
    assert not steering.link._connection.is_open
    stopped.set()
    hop.greet = hop.welcome
    assert rpc.ask("echo", 1, PATIENCE) == 1


def test_a_wrong_secret(hop):
    """The plugin closes without a word."""
    hop.secret = "another"
    with pytest.raises(rpc.UnavailableError, match=r"does not take the connection: .*closed the connection"):
        rpc.ask("echo", timeout=PATIENCE)


GREETINGS = [
    {"kind": "ok"},
    {"kind": "welcome"},
    {"kind": "welcome", "max_payload": "1"},
    {"kind": "welcome", "max_payload": 0},
    {"kind": "welcome", "max_payload": True},
]


@pytest.mark.parametrize("data", [*map(frame, GREETINGS), b"HTTP/1.1 400 Bad Request\r\n\r\n", frame(b"[]")])
def test_something_else_listens(hop, data):
    """Another program got the port of a JVM that is gone."""
    hop.greet = lambda session: session.raw(data)
    with pytest.raises(rpc.UnavailableError, match=r"^the JVM does not take the connection: a "):
        rpc.ask("echo", timeout=PATIENCE)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(min_size=1, max_size=200) | st.builds(frame, st.dictionaries(st.text(), st.text())))
def test_garbage_instead_of_an_answer(hop, data):
    """Whatever arrives, the caller gets one of our errors, and the next message is answered."""
    hop.answers["ask"] = lambda session, *_: (session.raw(data), session.close())[:0] or None
    with pytest.raises(rpc.RpcError):
        rpc.ask("echo", timeout=PATIENCE)
    hop.answers["ask"] = lambda *_: ({"encoding": "json"}, b"1")
    assert rpc.ask("echo", timeout=PATIENCE) == 1


@pytest.mark.parametrize(("encoding", "body"), [("json", b"{"), ("pickle", b""), (None, b"1")])
def test_an_answer_that_cannot_be_read(hop, encoding, body):
    """The answer is what its encoding says, or an error."""
    hop.answers["ask"] = lambda *_: ({"encoding": encoding}, body)
    with pytest.raises(rpc.HandlerError, match=r"^the answer to 'echo' cannot be read: a payload "):
        rpc.ask("echo", timeout=PATIENCE)


@pytest.mark.usefixtures("steering")
def test_without_a_plugin():
    """A process without Spark, or without the plugin, is told what is missing."""
    with pytest.raises(
        rpc.UnavailableError, match=r"^no plugin to talk to: messages need a Spark application"
    ):
        rpc.ask("echo")
    with pytest.raises(rpc.UnavailableError, match=r"^no plugin to talk to: "):
        rpc.send("echo")


@pytest.mark.usefixtures("steering")
def test_messages_are_off(worker):
    """Without the file there is nobody to ask; the sentence names the setting."""
    with pytest.raises(rpc.UnavailableError, match=r"hop does not exist.*spark\.exporter\.messages is true"):
        rpc.ask("echo")
    assert not (worker / "hop").exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "1234",
        "1234 ",
        f"1234 {'a' * 32}",
        f"1234 {'a' * 31}\n",
        f"70000 {'a' * 32}\n",
        f"-1 {'a' * 32}\n",
        f"x {'a' * 32}\n",
        f"1234  {'a' * 32}\n",
        f"1234 {'a' * 32}\nmore",
        "\u00e9" * 300,
    ],
)
def test_a_damaged_secret_file(hop, content):
    """Half a file is refused without showing what may be a secret; a whole one works at once."""
    hop.write_file(content)
    with pytest.raises(rpc.UnavailableError, match=r"hop does not hold a port and a secret$") as caught:
        rpc.ask("echo")
    assert "aaa" not in str(caught.value)
    hop.write_file(f"{hop.port} {hop.secret}\n")
    assert rpc.ask("echo", 1, PATIENCE) == 1


def test_the_first_who_asks_has_the_port_opened(hop, worker):
    """The plugin listens to nobody until somebody wants to talk."""
    hop.write_file(f"0 {hop.secret}\n")

    def open_port():
        until((worker / "hop.wanted").exists)
        hop.write_file(f"{hop.port} {hop.secret}\n")

    plugin = threading.Thread(target=open_port)
    plugin.start()
    assert rpc.ask("echo", 1, PATIENCE) == 1
    plugin.join()
    assert stat.S_IMODE((worker / "hop.wanted").stat().st_mode) == 0o600


def test_a_port_that_does_not_open(hop):
    """Whoever asks hears it in time."""
    hop.write_file(f"0 {hop.secret}\n")
    with pytest.raises(rpc.UnavailableError, match=r"^the plugin did not open its port in time$"):
        rpc.ask("echo", timeout=0.1)


def test_a_port_that_cannot_be_asked_for(hop, worker):
    """A directory that takes no file is named in the error."""
    hop.write_file(f"0 {hop.secret}\n")
    (worker / "hop.wanted").mkdir()
    with pytest.raises(
        rpc.UnavailableError, match=r"^the plugin cannot be asked to open its port: .*hop\.wanted"
    ):
        rpc.ask("echo", timeout=PATIENCE)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_secret_that_others_can_read(hop, mode):
    """What is no secret is not trusted."""
    hop.write_file(f"{hop.port} {hop.secret}\n", mode)
    with pytest.raises(
        rpc.UnavailableError, match=f"hop is not trusted: expected .* mode 0600, found mode {mode:04o}"
    ):
        rpc.ask("echo")
    assert hop.noted("hello") == []


@pytest.mark.usefixtures("steering")
def test_a_secret_file_that_is_none(worker, tmp_path):
    """Links, directories and pipes are not followed, and nobody waits for them."""
    import os  # noqa: PLC0415 - here only

    (tmp_path / "elsewhere").write_text(f"1 {'a' * 32}\n")
    (worker / "hop").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(rpc.UnavailableError, match="the plugin cannot be asked: "):
        rpc.ask("echo")
    (worker / "hop").unlink()
    os.mkfifo(worker / "hop", 0o600)
    with pytest.raises(rpc.UnavailableError, match="is not trusted"):
        rpc.ask("echo")


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ((5,), TypeError, "topic must be a string such as 'initial-config', not 5"),
        (("",), ValueError, "topic must be 1 to 200 characters without control characters, not ''"),
        (("a\nb",), ValueError, "without control characters, not 'a\\\\nb'"),
        (("\ud800",), ValueError, "without control characters"),
        (("x" * 201,), ValueError, "topic must be 1 to 200 characters"),
        (("t", {1, 2}), TypeError, "payload must be JSON .* or bytes: "),
        (("t", float("nan")), ValueError, "payload must be JSON .* or bytes: "),
        (("t", 1, "5"), TypeError, "timeout must be a number of seconds, not '5'"),
        (("t", 1, True), TypeError, "timeout must be a number of seconds, not True"),
        (("t", 1, 0), ValueError, "timeout must be above 0 and at most 86400 s, not 0"),
        (("t", 1, float("inf")), ValueError, "timeout must be above 0 and at most 86400 s, not inf"),
        (("t", 1, float("nan")), ValueError, "timeout must be above 0"),
    ],
)
def test_wrong_arguments(hop, arguments, error, sentence):
    """They are refused before anything is sent, and the sentence names the argument."""
    with pytest.raises(error, match=sentence):
        rpc.ask(*arguments)
    assert hop.noted("hello") == []


def test_an_interrupted_caller_leaves_no_half_frame(hop, steering, monkeypatch):
    """A KeyboardInterrupt while sending ends the connection; the next message opens another."""
    rpc.ask("echo", timeout=PATIENCE)
    stream = steering.link._connection._stream
    monkeypatch.setattr(stream, "send", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt), raising=True)
    with pytest.raises(KeyboardInterrupt):
        rpc.ask("echo", timeout=PATIENCE)
    assert rpc.ask("echo", 1, PATIENCE) == 1
    until(lambda: len(hop.noted("closed")) == 1)
