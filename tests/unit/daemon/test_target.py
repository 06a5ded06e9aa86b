"""What may be given as a target, and where its plugin is."""

import pytest

from exporter.daemon.discovery.target import endpoint_of, host_of, is_loopback, parse_target


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ("http://127.0.0.1:4040", "http://127.0.0.1:4040"),
        ("http://127.0.0.1:4040/", "http://127.0.0.1:4040"),
        ("https://gate.example/proxy/app-1/", "https://gate.example/proxy/app-1"),
        ("http://[::1]:4040", "http://[::1]:4040"),
    ],
)
def test_a_target_is_the_url_of_a_ui(given, target):
    """A slash at its end makes no difference."""
    assert parse_target(given) == target


@pytest.mark.parametrize(
    "given",
    [
        "127.0.0.1:4040",
        "driver:4040",
        "driver",
        "",
        "ftp://driver:4040",
        "http://",
        "http://driver:70000",
        "http://driver:0",
        "http://a..b:4040",
        f"http://{'a' * 64}.example:4040",
        "http://driver:x",
        "http://[::1",
        "http://driver:4040/?a=1",
        "http://driver:4040/#jobs",
        "http://driver 4040",
        "http://driver:4040\n",
        "http://user:secret@driver:4040",
    ],
)
def test_anything_else_is_refused_with_the_expected_form(given):
    """And without repeating a password."""
    with pytest.raises(
        ValueError, match=r"expected the URL of a driver's UI, such as http://127\.0\.0\.1:4040$"
    ) as caught:
        parse_target(given)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "published", "endpoint"),
    [
        ("http://10.0.0.5:4040", "http://0.0.0.0:4061", "http://10.0.0.5:4061"),
        ("http://10.0.0.5:4040/proxy/x", "http://[::]:4061/", "http://10.0.0.5:4061"),
        ("http://[fd00::5]:4040", "http://0.0.0.0:4061", "http://[fd00::5]:4061"),
        ("http://driver:4040", "http://0.0.0.0", "http://driver"),
        ("http://10.0.0.5:4040", "http://127.0.0.1:4061", "http://127.0.0.1:4061"),
        ("http://127.0.0.1:4040", "http://127.0.0.1:4062", "http://127.0.0.1:4062"),
        ("http://localhost:4040", "http://driver.svc:4061", "http://driver.svc:4061"),
    ],
)
def test_the_targets_host_takes_the_place_of_a_wildcard(target, published, endpoint):
    """Any other host stays as it is published."""
    assert endpoint_of(target, published) == endpoint


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://Driver:4040/proxy/x", "driver"),
        ("http://10.0.0.5:4040", "10.0.0.5"),
        ("http://[FD00::5]:4040", "fd00::5"),
    ],
)
def test_the_host_of_a_url(url, host):
    """In the form in which hosts are compared."""
    assert host_of(url) == host


@pytest.mark.parametrize(
    "published",
    [
        "",
        "4061",
        "127.0.0.1:4061",
        "file:///etc/passwd",
        "http://",
        "http://[::",
        "http://a..b:4061",
        "http://127.0.0.1:99999",
        "http://0.0.0.0:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:x",
    ],
)
def test_nonsense_for_an_endpoint_is_refused(published):
    """A user may have set the key to anything."""
    with pytest.raises(ValueError, match=r"^the driver publishes '.*', which is not a URL at which"):
        endpoint_of("http://driver:4040", published)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.8.8.8:1", True),
        ("http://[::1]:1", True),
        ("http://localhost:1", True),
        ("http://10.0.0.1:1", False),
        ("http://driver:1", False),
    ],
)
def test_loopback_is_recognised(url, loopback):
    """By address and by name."""
    assert is_loopback(url) is loopback
