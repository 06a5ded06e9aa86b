"""Values are judged by the chart as by the daemon, which would not start with a wrong network or URL."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import helm
from exporter.daemon.discovery.reach import parse_network
from exporter.daemon.discovery.target import parse_target
from exporter.daemon.last_scrape import SETTLING

ADDRESSES = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: address.exploded),
    # With zeros at the end, as networks have them.
    st.integers(0, 255).map(lambda number: f"{number}.128.0.0"),
    st.integers(0, 65535).map(lambda number: f"{number:x}:8000::"),
    st.from_regex(r"[0-9a-f]{1,4}(:{1,2}[0-9a-f]{1,4}){0,8}(::)?", fullmatch=True),
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){2,4}", fullmatch=True),
)
NETWORKS = st.one_of(ADDRESSES, st.builds("{}/{}".format, ADDRESSES, st.integers(0, 130)))
HOSTS = [
    "driver",
    "a.b.example.com",
    "a.b.",
    "10.0.0.1",
    "[fd00::1]",
    "a..b",
    ".a",
    "a b",
    "a@b",
    "a:b@c",
    "",
    "x" * 64,
]
TAILS = [
    "",
    ":4040",
    ":1",
    ":65535",
    ":65536",
    ":0",
    ":99999",
    ":x",
    ":4040/",
    "/proxy/app",
    "/a b",
    "?a=b",
    "#a",
]
URLS = [f"{scheme}://{host}{tail}" for scheme in ("http", "https", "ftp") for host in HOSTS for tail in TAILS]


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Return of each text whether a template of the chart takes it."""
    chart = shutil.copytree(helm.CHART, tmp_path_factory.mktemp("forms") / "chart")
    for name in ("NOTES.txt", "checks.yaml"):
        (chart / "templates" / name).unlink()
    (chart / "templates" / "said.yaml").write_text(
        "kind: Said\nmetadata: {name: judged}\ntaken:\n"
        "{{- range .Values.global.given }}\n"
        '- {{ include (printf "spark-exporter.%s" $.Values.global.template) . | eq "true" }}\n'
        "{{- end }}\n"
    )

    def judge(template, texts):
        documents = helm.render({"global": {"template": template, "given": texts}}, chart=chart)
        return dict(zip(texts, helm.one(documents, "Said")["taken"], strict=True))

    return judge


def taken(parse, text):
    try:
        parse(text)
    except ValueError:
        return False
    return True


@settings(max_examples=10, deadline=None)
@given(texts=st.lists(NETWORKS, min_size=20, max_size=60, unique=True))
def test_networks(judged, texts):
    """Of IPv4 and IPv6, with and without a prefix; with a host's bits it is none."""
    assert judged("isNetwork", texts) == {text: taken(parse_network, text) for text in texts}


def test_urls(judged):
    """Scheme, host, port and path alone; a host is what the resolver takes."""
    found = judged("isUrl", URLS)
    assert found == {text: taken(parse_target, text) for text in URLS}
    assert {*found.values()} == {True, False}


def test_a_sidecar_stays_for_one_scrape_that_counts():
    """Those of the first seconds may not, so that it stays for them and a whole interval more."""
    least = 15 + int(SETTLING)
    for seconds in (least - 1, least):
        sidecar, monitor = {"lastScrapeSeconds": seconds}, {"interval": "15s"}
        answer = helm.template({"mode": "sidecar", "sidecar": sidecar, "podMonitor": monitor})
        assert (answer.returncode == 0) is (seconds == least), answer.stderr
