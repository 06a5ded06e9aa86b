"""What the terminal view makes of two scrapes, and how it is drawn."""

import inspect
import re

import exposition
import pytest
from exposition import APP, BUILD, application, custom, executor, line, tasks, whole
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from exporter import overview
from exporter.daemon import catalogue
from exporter.top.scrape import Key, ScrapeError, metrics_url, parse
from exporter.top.screen import draw
from exporter.top.view import fit, make

REASON = "exited with code 137"
NAME = re.compile(r'"(spark_(?:app|executor|stage|streaming|exporter)_[a-z_]+)"')


def scrape(text, at=0.0):
    return parse(text, "URL", at, 2000.0 + at)


def view(text, before=None, application=None):
    past = scrape(before, 0.0) if before is not None else None
    return make(scrape(text, 10.0), past, application)


def shown(text, before=None, width=140, height=None, **options):
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(draw(view(text, before, **options), width, height))
    return capture.get()


def test_every_name_is_in_the_catalogue():
    """Both where names are read and in what the tests feed."""
    code = inspect.getsource(overview)
    tables = NAME.findall(code)
    fed = NAME.findall(inspect.getsource(exposition))

    assert len(tables) > 25
    assert {*tables, *fed} <= {*catalogue.load().entries}


def test_a_busy_application_on_a_wide_terminal():
    """Everything there is to see."""
    found = shown(whole(80.0, 2.0, 2500.0), whole())

    assert [line.rstrip() for line in found.splitlines()] == [
        "Applications",
        "application  state    id         for  executors  running  ok  failed  per s",
        "etl          running  app-1  16m 50s          2        6  80       3      4",
        "",
        "Active stages",
        "stage  progress               done  running  failed     for  skew  name",
        "3      ━━━━━                 10/40        2       1  1m 10s  3.25  collect at job.py:12",
        "12.1   ━━━━━━━━━━━━━━━━━━━━  40/40        2       1  1m 10s  3.25  count at job.py:9",
        "",
        "Streaming queries",
        "query   state   in/s  out/s  batch  every  batches     lag  backlog",
        "clicks  active  1.2k   3.4k  1.5 s  5.0 s       17  1m 05s       15",
        "",
        "Executors, 1 removed so far",
        "executor  state    host      running  slots  ok  failed  per s   heap     of    GC  reason",
        "driver    live     10.0.0.7        2      4   0       1      0  1 GiB  2 GiB   0 %",
        "2         live     10.0.0.7        2      4  40       1      2  1 GiB  2 GiB  10 %",
        "10        live     10.0.0.7        2      4  40       1      2  1 GiB  2 GiB  10 %",
        f"1         removed  10.0.0.7        2      4   7       1      -  1 GiB  2 GiB     -  {REASON}",
        "",
        "Custom metrics",
        "metric      labels        type       value  per s",
        "depth                     gauge          7      -",
        "rows_total  source=kafka  counter     2.5k    150",
        "size_bytes                histogram   2.5k    150",
    ]


@pytest.mark.parametrize("width", [40, 60, 76, 100, 200])
@pytest.mark.parametrize("height", [6, 10, 24, 60])
def test_it_fits_the_terminal(width, height):
    """No line is longer, there are no more lines, and no number is cut."""
    lines = shown(whole(80.0, 2.0, 2500.0), whole(), width, height).splitlines()

    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    if width >= 60:
        assert "16m 50s" in lines[2]


def test_what_does_not_fit_is_counted():
    """In the table that it is missing from."""
    text = BUILD + application() + "".join(executor(str(number), 0, 0) for number in range(50))
    found = shown(text, height=24)

    assert re.search(r"^  and \d+ more$", found, re.MULTILINE)
    assert len(found.splitlines()) <= 24


def test_one_scrape_has_no_rates():
    """They take two."""
    found = view(whole())

    assert found.applications[0].task_rate is None
    assert {row.gc_share for row in found.details[0].executors} == {None}
    assert {row.rate for row in found.details[0].custom} == {None}


def test_a_count_that_went_back_has_no_rate():
    """It began anew: the driver of the same id is another one."""
    found = view(whole(10.0, 0.5, 10.0), whole())

    assert found.applications[0].task_rate is None
    assert {row.rate for row in found.details[0].custom} == {None}


def test_rates_are_per_second_between_the_scrapes():
    """Those of the counters; a gauge has none, and a histogram that of its observations."""
    found = view(BUILD + application() + custom(1500.0, 9.0), BUILD + application() + custom(1000.0, 7.0))

    assert [(row.key, row.value, row.rate) for row in found.details[0].custom] == [
        (Key("depth", ()), 9.0, None),
        (Key("rows_total", (("source", "kafka"),)), 1500.0, 50.0),
        (Key("size_bytes", ()), 1500.0, 50.0),
    ]


def other(app_id, state):
    return application(state, app_id=app_id, app_name="other") + tasks(
        1.0, 0.0, app_id=app_id, app_name="other"
    )


def test_what_runs_comes_first_and_in_detail():
    """What has ended is in the list, and in detail if it is asked for."""
    text = BUILD + other("app-0", "completed") + other("app-2", "failed") + whole()
    assert [row.application.id for row in view(text).applications] == ["app-1", "app-2", "app-0"]
    assert [detail.row.application.id for detail in view(text).details] == ["app-1"]

    only = view(text, application="app-0")
    assert [row.application.id for row in only.applications] == ["app-0"]
    assert [detail.row.application.id for detail in only.details] == ["app-0"]


def test_several_applications_are_told_apart():
    """By name and id in the titles."""
    text = BUILD + whole() + other("app-2", "running") + executor("9", 0, 0, app_id="app-2", app_name="other")

    assert "Executors of other (app-2)\n" in shown(text)
    assert "Executors of etl (app-1), 1 removed so far\n" in shown(text)


def test_an_ended_application_stops_its_clock():
    """At its end, or where it was lost."""
    text = BUILD + application("completed") + line("spark_app_end_timestamp_seconds", 1090.0, **APP)
    assert view(text).applications[0].seconds == 90.0

    lost = BUILD + application("lost").replace(
        line("spark_app_state_timestamp_seconds", 1000.0, **APP),
        line("spark_app_state_timestamp_seconds", 1030.0, **APP),
    )
    assert view(lost).applications[0].seconds == 30.0


def test_targets_that_do_not_answer_come_first():
    """Before everything else; and a daemon may know no application at all."""
    text = BUILD + line("spark_exporter_target_up", 0.0, target="http://10.0.0.9:4040")

    assert shown(text) == "http://10.0.0.9:4040 does not answer\nNo application.\n"


def test_names_cannot_drive_the_terminal():
    """They are the user's: no escape, no markup, no turning around."""
    name = "[red]a\x1b[2Jb\u202ec"
    host = {**APP, "app_name": name, "executor_id": "1", "host": "[bold]x\x07"}
    text = BUILD + application(app_name=name) + line("spark_executor_info", 1.0, **host)
    text += line("spark_executor_up", 1.0, **APP | {"app_name": name}, executor_id="1")
    found = shown(text)

    assert r"[red]a\x1b[2Jb\u202ec" in found
    assert r"[bold]x\x07" in found
    assert not {"\x1b", "\u202e", "\x07"} & {*found}


def test_a_query_known_by_its_rates_only():
    """As Spark tells without the plugin: nobody says that it has ended."""
    key = {**APP, "query_name": "q", "query_id": ""}
    text = BUILD + application() + line("spark_streaming_input_rows_per_second", 5.0, **key)
    (query,) = view(text).details[0].queries

    assert (query.name, query.active, query.input_rate, query.duration) == ("q", True, 5.0, None)


@given(st.lists(st.integers(0, 100), max_size=12), st.integers(0, 80))
def test_lines_are_shared_fairly(wanted, room):
    """Nobody gets more than he wants, all together no more than there is, and nothing is wasted."""
    given_lines = fit(wanted, room)

    assert all(0 <= got <= want for got, want in zip(given_lines, wanted, strict=True))
    assert sum(given_lines) == min(room, sum(wanted))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4060", "http://127.0.0.1:4060/metrics"),
        ("http://127.0.0.1:4060/", "http://127.0.0.1:4060/metrics"),
        ("https://host/m/x", "https://host/m/x"),
    ],
)
def test_where_the_metrics_are(url, expected):
    """A path that is given is taken."""
    assert metrics_url(url) == expected


@pytest.mark.parametrize("url", ["127.0.0.1:4060", "ftp://x", "http://", "http://x:99999"])
def test_a_url_that_is_none(url):
    """The sentence quotes it and says what is expected."""
    with pytest.raises(
        ValueError, match=r"expected a daemon's URL, such as http://127\.0\.0\.1:4060"
    ) as error:
        metrics_url(url)

    assert repr(url) in str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<html>", "URL gives no metrics that can be read"),
        ("up 1\n", "URL is not a spark-exporter daemon: spark_exporter_build_info is missing there."),
    ],
)
def test_something_else_answers(text, expected):
    """Which is said, and never a traceback."""
    with pytest.raises(ScrapeError, match=re.escape(expected)):
        scrape(text)
