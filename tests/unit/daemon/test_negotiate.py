"""Accept and Accept-Encoding, as real clients send them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.daemon.exposition import Format
from exporter.daemon.negotiate import accepts_gzip, choose_format

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Format.TEXT),
        ("", Format.TEXT),
        ("*/*", Format.TEXT),
        (BROWSER, Format.TEXT),
        (PROMETHEUS_2, Format.OPENMETRICS),
        (PROMETHEUS_3, Format.OPENMETRICS),
        ("application/openmetrics-text", Format.OPENMETRICS),
        ('application/openmetrics-text; version="1.0.0"', Format.OPENMETRICS),
        ("APPLICATION/OpenMetrics-Text", Format.OPENMETRICS),
        ("application/openmetrics-text; version=0.0.1", Format.TEXT),
        ("application/openmetrics-text; version=2.0.0, text/plain;q=0.1", Format.TEXT),
        ("application/openmetrics-text;version=0.0.1, */*", Format.TEXT),
        ("application/openmetrics-text;version=0.0.1, application/*;q=0.5, text/plain;q=0.1", Format.TEXT),
        ("application/openmetrics-text;version=0.0.1,application/openmetrics-text;q=0.5", Format.OPENMETRICS),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.7", Format.TEXT),
        ("application/openmetrics-text;q=0.2, text/*;q=0.7", Format.TEXT),
        ("application/openmetrics-text;q=0.7, text/plain;q=0.7", Format.OPENMETRICS),
        ("application/openmetrics-text;q=0, */*", Format.TEXT),
        ("application/openmetrics-text;q=2", Format.TEXT),
        ("application/openmetrics-text;q=x", Format.TEXT),
        ("application/*", Format.TEXT),
        ("image/png", Format.TEXT),
    ],
)
def test_the_format_that_is_wanted_most_is_chosen(accept, form):
    """Text unless OpenMetrics is asked for by name, in a version we speak, at least as much as text."""
    assert choose_format(accept) is form


@pytest.mark.parametrize(
    ("accept_encoding", "allowed"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("gzip", True),
        ("deflate, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("GZIP", True),
        ("zstd", False),
    ],
)
def test_gzip_only_when_allowed(accept_encoding, allowed):
    """A quality of zero forbids."""
    assert accepts_gzip(accept_encoding) is allowed


@given(st.text())
def test_any_header_is_understood_somehow(header):
    """Nonsense gets the default, never an error."""
    assert choose_format(header) in Format
    assert accepts_gzip(header) in (True, False)
