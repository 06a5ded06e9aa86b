"""What the page says, what it does with names that are more than names, and how large it gets."""

import math
import re
from html.parser import HTMLParser

import pytest
from fake_driver import metric
from hypothesis import given
from hypothesis import strategies as st
from scenes import NASTY, TARGET, Scene, application, busy

from exporter.daemon.landing.chart import figure, scale, sparkline
from exporter.daemon.landing.history import Chart
from exporter.daemon.landing.markup import Heading, table, text
from exporter.daemon.landing.page import PER_PAGE, Asked
from exporter.daemon.landing.style import CSS, HEADERS

VOID = {"meta", "link", "br"}


class Outline(HTMLParser):
    """Checks that every element is closed, and collects elements, attributes and text."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def rows(page, heading):
    """Return the rows of the table below a heading, as lists of texts."""
    part = page[re.search(f"<h[23]>{heading}", page).end() :]
    body = part[part.index("<tbody>") : part.index("</tbody>")]
    return [
        [re.sub("<[^>]+>", "", cell).strip() for cell in re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall("<tr>(.*?)</tr>", body)
    ]


@pytest.fixture
def scene():
    """One busy application, half a minute long."""
    scene = Scene()
    for step in range(1, 7):
        busy(scene, step)
        scene.point()
    return scene


def test_a_daemon_that_knows_nothing():
    """Says so."""
    page = Scene().page()

    assert page.status == 200
    assert "None yet. The daemon looks at its targets again and again." in page.body
    Outline(page.body)


def test_one_running_application_is_shown_in_full(scene):
    """With its charts, stages, queries and executors, below the list."""
    page = scene.page().body

    Outline(page)
    assert rows(page, "Applications") == [
        ["etl", "running", "app-1", "1970-01-12 13:34:06 UTC", "13m 04s", "3", "9", "", "243", "0"]
    ]
    assert rows(page, "Active stages") == [
        ["12", "collect at job.py:12", "6 of 400", "6 of 400", "8", "1", "1m 30s"]
    ]
    assert rows(page, "Streaming queries") == [
        ["clicks", "running", "1.14k", "2.4k", "6", "1.5 s", "4.6 s", "1m 05s", "360"]
    ]
    assert rows(page, "Executors, 1 removed so far")[1] == [
        *("1", "live", "10.0.0.7", "2", "4", "78", "0", "346.2 MiB", "953.7 MiB", "120 ms", "")
    ]
    assert rows(page, "Executors")[-1][-1] == "Command exited with code 137"
    titles = re.findall(r"<figcaption><bdi>(.*?)</bdi><b>(.*?)</b>", page)
    assert ("Executors", "3") in titles
    assert ("rows_parsed per second", "180") in titles
    assert ("row_size_bytes per second", "1.6") in titles


def test_a_chart_of_zeros_that_says_nothing():
    """Is left out: most applications spill nothing. That no task runs is worth a chart."""
    scene = Scene()
    for spilled in (0.0, 0.0, 10.0):
        scene.put(
            [("spark_app_disk_spilled_bytes_total", spilled), ("spark_executor_tasks_active", 0.0, "1")]
        )
        scene.point()
        titles = re.findall("<figcaption><bdi>(.*?)</bdi>", scene.page().body)
        assert titles == ["Running tasks", *(["Spill to disk per second"] if spilled else [])]


def test_a_chart_can_be_read_without_seeing_it(scene):
    """Its label says what the line says."""
    page = scene.page().body

    assert 'aria-label="Executors: now 3, between 3 and 3 in the last 15 minutes"' in page
    assert 'aria-label="rows_parsed per second (source=kafka): now 180, between 180 and 180 in ' in page


def test_names_are_nothing_but_text():
    """Wherever they stand: no element, no attribute, no turning around."""
    scene = Scene()
    busy(scene, 1, NASTY, NASTY)
    app = application(NASTY, NASTY)
    executor = [("spark_executor_up", 1.0, NASTY), ("spark_executor_info", 1.0, NASTY, NASTY)]
    executor += [("spark_executor_removed_info", 1.0, NASTY, NASTY), ("spark_app_info", 1.0, *[NASTY] * 4)]
    stage = [("spark_stage_tasks_expected", 1.0, NASTY, NASTY), ("spark_stage_info", 1.0, *[NASTY] * 4)]
    query = [("spark_streaming_query_active", 1.0, NASTY, NASTY)]
    query += [("spark_streaming_input_rows_per_second", 1.0, NASTY, NASTY)]
    scene.put([*executor[:-1], *stage, *query], app)
    scene.custom([metric("rows", labels=["source"])], [[0, NASTY]], [1.0], app)
    scene.status.describe(NASTY, NASTY, up=False)
    scene.status.failed(TARGET, "plugin", 0.0, "timeout")
    scene.point()
    safe = Scene()
    busy(safe, 1)
    safe.point()

    for page in (scene.page(), scene.page(application=NASTY), scene.page(application=NASTY + "x")):
        outline = Outline(page.body)
        assert "script" not in outline.tags
        assert not any(name.startswith("on") for _, name, _ in outline.attributes)
        assert {name for _, name, _ in outline.attributes} <= {
            *("lang", "charset", "name", "content", "rel", "href", "class", "scope", "datetime", "open", "d"),
            *("viewbox", "role", "aria-label", "aria-hidden", "preserveaspectratio", "max", "value"),
        }
        assert "\u202e" not in page.body
        assert any("<script>alert(1)</script>\"'&\\u202egnp.exe" in text for text in outline.texts)


@given(st.text())
def test_any_text_is_text(value):
    """Whatever characters it has."""
    outline = Outline(f"<p>{text(value)}</p>")
    assert outline.tags == ["p"]
    Outline(table([Heading("a"), Heading("b")], [[value, value]]))


def test_everything_of_one_application(scene):
    """Also if it has ended; another id is 404 and a sentence."""
    scene.end(failed=True)
    page = scene.page(application="app-1")

    assert page.status == 200
    assert '<span class="badge failed">failed</span>' in page.body
    assert "rows_parsed per second" in page.body
    missing = scene.page(application="nothing")
    assert missing.status == 404
    assert "There is no application <bdi>nothing</bdi>, or no more." in missing.body
    Outline(missing.body)


def test_what_has_ended_is_in_the_list_only(scene):
    """With a link to the rest."""
    scene.end()
    page = scene.page().body

    assert "<figure>" not in page
    assert 'href="/?application=app-1"' in page


def test_hundreds_of_applications():
    """Come in pages, which stay small; what runs comes first."""
    scene = Scene()
    for number in range(300):
        app = application(f"app-{number}", "n" * 100)
        samples = [("spark_executor_up", 1.0, str(n)) for n in range(20)]
        samples += [("spark_executor_tasks_active", 1.0, str(n)) for n in range(20)]
        scene.put(samples, app)
    for _ in range(60):
        scene.point()
    for number in range(10):
        scene.end(f"app-{number}", "n" * 100)
    first, last = scene.page().body, scene.page(page="6").body

    assert len(first) < 100_000
    assert len(rows(first, "Applications")) == PER_PAGE
    assert {row[1] for row in rows(first, "Applications")} == {"running"}
    assert [row[1] for row in rows(last, "Applications")].count("completed") == 10
    assert "Page 1 of 6" in first
    assert '<a href="/?page=2">Next</a>' in first
    assert "Next" not in last
    assert rows(scene.page(page="999").body, "Applications") == rows(last, "Applications")
    assert "<figure>" not in first


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e9", "99999999999", "\u0665", ""])
def test_a_page_that_is_none(scene, page):
    """Is the first one."""
    assert scene.page(page=page).body == scene.page().body


def test_a_thousand_executors_and_stages():
    """Tables have fifty rows at most, and say how many there are more."""
    scene = Scene()
    samples = [("spark_executor_up", 1.0, str(n)) for n in range(1000)]
    samples += [("spark_stage_tasks_expected", 10.0, str(n), "0") for n in range(60)]
    scene.put(samples)
    scene.point()
    page = scene.page().body

    assert "and 950 more" in page
    assert "and 10 more" in page
    assert len(page) < 100_000


def test_how_each_source_is_doing(scene):
    """When it succeeded last, how long it took, how often it failed and why."""
    scene.status.describe(TARGET, "etl (app-1) runs with the plugin", up=True)
    scene.status.succeeded(TARGET, "plugin", 0.012)
    scene.clock.now += 65
    scene.status.failed(TARGET, "executors", 0.5, "timeout")
    scene.status.failed(TARGET, "executors", 0.5, "connect")
    scene.status.succeeded(TARGET, "stages", 0.25)
    scene.status.idle(TARGET, "stages")
    page = scene.page().body

    assert f'<a href="{TARGET}">{TARGET}</a>: etl (app-1) runs with the plugin' in page
    assert rows(page, "Targets") == [
        ["plugin", "well", "1m 05s ago", "12 ms", "1", "0", ""],
        ["executors", "failing", "-", "500 ms", "2", "2", "connect 1, timeout 1"],
        ["stages", "idle", "0 ms ago", "250 ms", "1", "0", ""],
    ]


def test_a_target_where_nothing_listens_is_waited_for(scene):
    """Its application has ended, perhaps well: nothing is wrong, and whoever fails comes before it."""
    gone, broken = "http://a:4040", "http://b:4040"
    for target in (gone, broken):
        scene.status.describe(target, "waiting for a driver: nothing listens there", up=False)
        scene.status.failed(target, "application", 0.0, "connect", transient=target == gone)
    page = scene.page().body

    for target, word in ((gone, "waiting"), (broken, "failing")):
        assert f'<span class="badge {word}">{word}</span> <a href="{target}">' in page
    assert page.index(broken) < page.index(gone)
    # Its own badge, and its source's.
    assert page.count('<span class="badge waiting">') == 2
    scene.status.succeeded(gone, "application", 0.0)
    assert scene.status.view()[gone].collectors["application"].waits is False


def test_targets_that_fail_come_first():
    """And at most fifty are shown."""
    scene = Scene()
    for number in range(70):
        scene.status.describe(f"http://d{number:02}:4040", "runs", up=number != 42)
    page = scene.page().body
    order = re.findall(r'<a href="(http://d\d+:4040)">', page)

    assert order[:2] == ["http://d42:4040", "http://d00:4040"]
    assert len(order) == 50
    assert "and 20 more" in page
    assert "<details open>" not in page


def test_it_refreshes_if_that_is_wanted(scene):
    """And the links keep what was asked for."""
    assert scene.page().refresh == 0
    page = scene.page(refresh="1")

    assert page.refresh == 10
    assert 'href="/?application=app-1&amp;refresh=1"' in page.body
    assert ">Stop refreshing</a>" in page.body


@given(st.text(min_size=1), st.integers(1, 99999), st.booleans())
def test_an_address_leads_back(app_id, number, refresh):
    """Whatever an id holds."""
    from urllib.parse import parse_qsl, urlsplit  # noqa: PLC0415 - only here

    asked = Asked(app_id, number, refresh)
    assume_clean = app_id.encode("utf-8", "surrogatepass").decode("utf-8", "replace") == app_id
    if assume_clean:
        query = dict(parse_qsl(urlsplit(asked.address()).query, keep_blank_values=True))
        assert Asked.read(query) == asked


def test_browsers_load_and_run_nothing():
    """Not even if something slipped through: only this style sheet and an icon in the page are allowed."""
    policy = HEADERS["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "url(" not in CSS
    assert "@import" not in CSS


def chart(*values):
    points = tuple((5.0 * (len(values) - 1 - at), value) for at, value in enumerate(values))
    return Chart(("x",), "Title", "", "count", points)


def test_a_gap_is_a_gap():
    """The line ends before it and begins anew after it; a single point is a dot."""
    drawn = figure(chart(0.0, 2.0, math.nan, 1.0))

    assert re.search(r'class="line" d="M295\.0 83\.0L296\.7 1\.0M300\.0 42\.0L300\.0 42\.0"', drawn)


def test_a_chart_without_any_value():
    """Has no line, and a dash for its value."""
    drawn = figure(chart(math.nan))

    assert "<b>-</b>" in drawn
    assert 'class="line"' not in drawn
    assert 'aria-label="Title: now -"' in drawn


@given(st.lists(st.floats(-1e30, 1e30) | st.just(math.nan), max_size=200))
def test_every_line_stays_in_its_chart(values):
    """Whatever the values are."""
    for drawn, width, height in ((figure(chart(*values)), 300, 84), (sparkline(chart(*values)), 120, 20)):
        Outline(drawn)
        for path in re.findall(r'class="(?:line|area)" d="(.*?)"', drawn):
            for x, y in re.findall(r"([-\d.einfa]+) ([-\d.einfa]+)", path):
                assert 0 <= float(x) <= width
                assert 0 <= float(y) <= height


@given(st.lists(st.floats(-1e30, 1e30), min_size=1), st.sampled_from([10.0, 1024.0]))
def test_a_scale_holds_all_values_and_zero(values, base):
    """And is not much larger than needed."""
    low, high = scale(values, base)

    assert low <= min(0.0, *values)
    assert high >= max(0.0, *values)
    assert low < high
    assert high <= max(2.0 * max(0.0, *values), 1.0)
