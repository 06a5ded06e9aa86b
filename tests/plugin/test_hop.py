"""The local connections of Python processes: who gets in, and what nobody can do to the JVM."""

import os
import shutil
import socket
import stat
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin.hop_client import HopClient, HopClosedError, find_port, frame, told
from plugin.services import Services
from running import until

MAX_CONNECTIONS = 256


@pytest.fixture
def driver(jvm, tmp_path):
    """A driver's services."""
    made = Services(jvm, tmp_path / "driver")
    yield made
    made.stop()


@pytest.fixture
def client(driver):
    """A worker's connection to it."""
    with driver.connect() as made:
        yield made


def alive(driver):
    """Return whether somebody else is still served."""
    with HopClient(driver.directory) as other:
        return other.hello()["kind"] == "welcome"


def test_the_file_is_for_this_user_alone_and_holds_a_port_and_a_secret(driver):
    """No half of it is ever seen, and each JVM has another secret."""
    path = driver.directory / "hop"
    for find in (lambda: 0, lambda: find_port(driver.directory)[0]):
        port = find()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text().split(" ")[0] == str(port)
        assert len(bytes.fromhex(path.read_text().removesuffix("\n").split(" ")[1])) == 16
    assert 0 < port < 65536
    until(lambda: not (driver.directory / "hop.wanted").exists(), "the end of the wish")
    assert [file.name for file in driver.directory.iterdir() if "hop" in file.name] == ["hop"]


def test_nothing_listens_until_somebody_wants_to_talk(jvm, driver):
    """Most applications never do. The wish is gone when it is fulfilled."""
    before = jvm.listening()
    port, _ = find_port(driver.directory)
    assert jvm.listening() == before | {port}
    until(lambda: not (driver.directory / "hop.wanted").exists(), "the end of the wish")


def test_each_jvm_has_a_secret_of_its_own(jvm, driver, tmp_path):
    """What one gives away does not open another."""
    other = Services(jvm, tmp_path / "other")
    assert (other.directory / "hop").read_text().split()[1] != (driver.directory / "hop").read_text().split()[
        1
    ]
    other.stop()


def test_it_listens_on_loopback_alone(driver):
    """Another address of this machine finds nobody."""
    port, _ = find_port(driver.directory)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=30)


def test_who_knows_the_secret_is_welcome(driver):
    """And hears which executor this is, and how long a payload may be."""
    with HopClient(driver.directory) as client:
        assert client.hello() == {"kind": "welcome", "executor_id": "driver", "max_payload": 1 << 20}


@pytest.mark.parametrize(
    "fields",
    [
        {"secret": "0" * 32},
        {"secret": ""},
        {"secret": None},
        {"secret": 5},
        {"kind": "ask"},
        {"protocol": 2},
        {"protocol": "1"},
        {"role": "admin"},
        {"role": None},
    ],
    ids=str,
)
def test_anybody_else_is_left_without_a_word(driver, fields):
    """Not even an error, which would tell him what listens here."""
    with HopClient(driver.directory) as client:
        client.send(
            {"kind": "hello", "protocol": 1, "secret": client.secret, "role": "worker", "pid": 1} | fields
        )
        assert client.is_closed()
    assert alive(driver)


def test_nobody_is_the_driver_of_an_executor(jvm, driver, tmp_path):
    """Its Python workers cannot claim to be."""
    executor = Services(jvm, tmp_path / "executor", driver=driver)
    with HopClient(executor.directory) as client, pytest.raises(HopClosedError):
        client.hello("driver")
    executor.stop()


def test_who_says_nothing_is_closed_after_a_while(driver):
    """And takes no room from others."""
    with HopClient(driver.directory) as client:
        assert client.is_closed()
    assert alive(driver)


def test_a_hello_is_short(driver):
    """Memory is for those who are known."""
    with HopClient(driver.directory) as client:
        client.socket.sendall(struct.pack(">I", 5000))
        assert client.is_closed()


BAD = {
    "too long": struct.pack(">I", (1 << 20) + (64 << 10) + 1),
    "negative": struct.pack(">i", -1),
    "no room for a header": struct.pack(">I", 3) + b"abc",
    "a header that is longer than the frame": struct.pack(">II", 8, 5) + b"{}{}",
    "a header that is negative": struct.pack(">Ii", 8, -1) + b"{}{}",
    "a header that is no JSON": frame(b"{"),
    "a header that is no object": frame(b"[1]"),
    "no id": frame({"kind": "claim"}),
    "an id that is no number": frame({"kind": "claim", "id": "1"}),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_nonsense_ends_the_connection_and_nothing_else(driver, client, content):
    """Others are served as before."""
    client.socket.sendall(content)
    assert client.is_closed()
    assert alive(driver)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values, max_size=3),
    max_leaves=8,
)
KINDS = ("hello", "ask", "send", "claim", "outcome", "handle", "declare", "result", "failed", "welcome", "?")
FIELDS = (
    "id", "topic", "encoding", "timeout", "event", "state", "error", "topics", "events", "key", "rule",
    "call", "secret", "role", "protocol",
)  # fmt: skip
LIKELY = JSON | st.sampled_from(
    [1, 2, 0.5, -1, "json", "bytes", "a", "handled", "failed", [], ["a"], {}, {"type": "int"}]
)
HEADERS = st.builds(
    lambda kind, fields: {"kind": kind} | fields,
    st.sampled_from(KINDS) | JSON,
    st.dictionaries(st.sampled_from(FIELDS), LIKELY, max_size=8),
)
FRAMES = st.one_of(
    st.builds(frame, HEADERS, st.binary(max_size=50)),
    st.builds(frame, st.binary(max_size=50), st.binary(max_size=50)),
    st.binary(max_size=100),
)


@given(
    role=st.sampled_from(["worker", "driver"]),
    frames=st.lists(FRAMES, min_size=1, max_size=6),
    data=st.data(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_client_sends_it_harms_nobody_else(driver, role, frames, data):
    """However the bytes are cut: the server goes on, has nothing to warn of, and serves the next one."""
    content = b"".join(frames)
    cut = data.draw(st.integers(0, len(content)))
    with driver.connect(role) as client:
        try:
            client.socket.sendall(content[:cut])
            client.socket.sendall(content[cut:])
            client.socket.shutdown(socket.SHUT_WR)
            while True:
                client.read()
        except (HopClosedError, OSError):
            pass
    assert alive(driver)
    assert driver.warnings() == []


def test_a_frame_may_come_byte_by_byte_and_many_at_once(driver):
    """Where it is cut means nothing."""
    with HopClient(driver.directory) as client:
        hello = {"kind": "hello", "protocol": 1, "secret": client.secret, "role": "worker", "pid": 1}
        content = frame(hello) + b"".join(frame({"kind": "claim", "id": number}) for number in range(50))
        for byte in content[:200]:
            client.socket.sendall(bytes([byte]))
        client.socket.sendall(content[200:])
        assert client.read()[0]["kind"] == "welcome"
        assert [client.read()[0] for _ in range(50)] == [
            {"kind": "ok", "id": number, "events": []} for number in range(50)
        ]


def test_a_length_alone_takes_no_memory(driver):
    """The JVM has 256 MiB; so many promises of a whole frame would be more."""
    clients = [driver.connect() for _ in range(250)]
    for client in clients:
        client.socket.sendall(struct.pack(">II", (1 << 20) + (64 << 10), 10) + b"{")
    assert alive(driver)
    for client in clients:
        client.close()


def test_an_unknown_request_gets_an_answer(client):
    """A later client may know more than this plugin."""
    assert client.request("dance")[0] == {
        "kind": "error", "error": "bad_request", "message": "there is no request of this kind",
    }  # fmt: skip


def test_there_are_so_many_connections_and_no_more(driver):
    """One more is closed at once; when another one goes, there is room again."""
    clients = [driver.connect() for _ in range(MAX_CONNECTIONS)]
    with HopClient(driver.directory) as more:
        assert more.is_closed()
    clients.pop().close()

    def is_room():
        with HopClient(driver.directory) as next_one:
            try:
                return next_one.hello()
            except (HopClosedError, OSError):
                return None

    until(is_room, "room for another connection")
    for client in clients:
        client.close()
    assert set(driver.warnings()) == {
        "a local connection of a Python process was refused: java.io.IOException: 256 are open"
    }


def test_who_does_not_read_is_closed_and_holds_nobody_up(jvm, tmp_path):
    """Answers that nobody fetches take a bounded part of the memory."""
    driver = Services(jvm, tmp_path / "driver")
    driver.handle("echo", "echo")
    with driver.connect() as lazy, driver.connect() as busy:
        body = os.urandom(1 << 20)
        request = frame({"kind": "ask", "id": 1, "topic": "echo", "encoding": "bytes", "timeout": 60}, body)
        lazy.socket.settimeout(5)
        # Reset, broken or timed out: all are right.
        with pytest.raises(OSError):  # noqa: PT011
            lazy.socket.sendall(request * 300)
        # What the lazy one sent may fill its topic for as long as it takes to handle it, and no longer.
        answer = ("json", {"got": {"a": 1}})
        until(lambda: busy.ask("echo", {"a": 1}) == answer, "an answer to another one")
    driver.stop()


def test_the_threads_do_not_keep_the_jvm_alive(jvm, client):
    """All of them are daemons."""
    client.ask("nobody", None)
    assert jvm("daemon_threads") is None


def test_after_the_stop_nobody_is_served_and_nothing_is_left(jvm, tmp_path):
    """Open connections end, the file is gone."""
    services = Services(jvm, tmp_path / "driver")
    with services.connect() as client:
        services.stop()
        assert client.is_closed()
    assert not (services.directory / "hop").exists()


def test_a_directory_that_is_gone_at_the_stop(jvm, tmp_path):
    """Is nothing to warn of, be there a file in its place or nothing."""
    for name in ("gone", "file"):
        services = Services(jvm, tmp_path / name)
        shutil.rmtree(services.directory)
        if name == "file":
            services.directory.touch()
        services.stop()
        assert services.warnings() == []


def test_messages_and_control_off_means_nobody_listens(jvm, tmp_path):
    """No file, so that no client tries."""
    services = Services(jvm, tmp_path / "driver", steered=False, messages="false")
    assert list(services.directory.iterdir()) == []
    services.stop()


def test_with_messages_off_events_still_come(jvm, tmp_path):
    """Only messages are refused."""
    services = Services(jvm, tmp_path / "driver", messages="false")
    with services.connect() as client:
        assert client.ask("a", None) == ("unavailable", "messages are off: spark.exporter.messages=false")
        assert client.request("claim")[0] == {"kind": "ok", "events": []}
    services.stop()


def test_a_directory_that_cannot_be_written_is_a_warning(jvm, tmp_path):
    """Without the file nobody could connect, so nobody listens."""
    blocked = tmp_path / "driver"
    (blocked / "hop.new" / "x").mkdir(parents=True)
    services = Services(jvm, blocked)
    (warning,) = services.warnings()
    assert warning.startswith(
        "Python processes cannot reach the plugin: no messages, and no events for them: "
    )
    services.stop()


def test_a_declaration_reaches_the_live_configuration(jvm, driver):
    """A rule that is none is refused with its reason."""
    with driver.connect("driver") as client:
        rule = {"type": "int", "minimum": 0}
        assert client.request("declare", key="threshold", rule=rule)[0] == {"kind": "ok"}
        assert jvm("rules", services=driver.number) == '{"threshold":{"type":"int","minimum":0}}'
        assert told(*client.request("declare", key="threshold", rule={"type": "date"})) == (
            "bad_rule",
            "type of 'threshold' must be one of int, float, str, bool, list, dict, any, not \"date\"",
        )  # fmt: skip
        assert told(*client.request("declare", key="threshold", rule=[])) == (
            "bad_request",
            "a rule is an object",
        )


def test_only_the_driver_declares_and_handles(client):
    """A worker's rule would be one of many."""
    assert told(*client.request("declare", key="threshold", rule={"type": "int"})) == (
        "unavailable", "there is no live configuration here: control is off, or this is no driver",
    )  # fmt: skip
    assert told(*client.request("handle", topics=["a"], events=[])) == (
        "bad_request", "only the driver's Python process has handlers",
    )  # fmt: skip
