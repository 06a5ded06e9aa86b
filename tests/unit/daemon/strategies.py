"""Random but lawful states of a driver plugin."""

from fake_driver import Plugin, executor, metric
from hypothesis import strategies as st

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,5}){0,2}", fullmatch=True).filter(
    # What the client library refuses, because Prometheus gives these endings a meaning.
    lambda name: not name.endswith(("_total", "_count", "_sum", "_bucket", "_created", "_info"))
)
LABELS = st.lists(NAMES.filter(lambda name: name not in ("le", "quantile")), max_size=3, unique=True)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
COUNTS = st.integers(0, 2**53).map(float) | st.floats(0, 1e300)
ANY = st.floats()
READINGS = TEXTS | st.sampled_from(
    [
        "executor.runTime",
        "jvm.heap.used",
        "app.jobs.failed",
        "DAGScheduler.job.allJobs",
        "AccumulatorSource.x",
    ]
)
WIDTHS = {"sum": 1, "max": 1, "min": 1, "mean": 2, "mostrecent": 2}


@st.composite
def metrics(draw):
    """Return metric definitions with different names."""
    result = []
    for name in draw(st.lists(NAMES, max_size=5, unique=True)):
        kind = draw(st.sampled_from(["counter", "gauge", "histogram"]))
        bounds = sorted(draw(st.sets(st.floats(-100, 1e9).map(lambda bound: bound + 0.0), max_size=4)))
        more = {"help": draw(TEXTS)}
        if kind == "gauge":
            more["mode"] = draw(st.sampled_from(sorted(WIDTHS)))
        if kind == "histogram":
            more["buckets"] = bounds
        result.append(metric(name, kind, draw(LABELS), **more))
    return result


def draw_cells(draw, definition):
    """Return the cells of one series."""
    if definition["type"] == "counter":
        return [draw(COUNTS)]
    if definition["type"] == "histogram":
        counts = [float(draw(st.integers(0, 10**9))) for _ in range(len(definition["buckets"]) + 1)]
        return [*counts, draw(st.floats(0, 1e300))]
    width = WIDTHS[definition["mode"]]
    if definition["mode"] == "mean":
        return [draw(ANY), float(draw(st.integers(0, 5)))]
    return [draw(ANY), 1000.0][:width]


@st.composite
def plugins(draw):
    """Return a plugin with any lawful state."""
    plugin = Plugin()
    plugin.metrics = draw(metrics())
    for index, definition in enumerate(plugin.metrics):
        count = len(definition["labels"])
        values = st.lists(TEXTS, min_size=count, max_size=count).map(tuple)
        plugin.series += [[index, *labels] for labels in draw(st.sets(values, max_size=3))]
    plugin.totals = [cell for entry in plugin.series for cell in draw_cells(draw, plugin.metrics[entry[0]])]
    for name in draw(st.lists(st.sampled_from(["driver", "1", "2", "3"]), max_size=3, unique=True)):
        chosen = (
            draw(st.lists(st.sampled_from(range(len(plugin.series))), unique=True)) if plugin.series else []
        )
        values = [
            cell for index in chosen for cell in draw_cells(draw, plugin.metrics[plugin.series[index][0]])
        ]
        gone = draw(st.booleans())
        more = {"state": "removed", "removed": 1005.0, "reason": draw(TEXTS)} if gone else {}
        plugin.executors.append(executor(name, chosen, values, **more))
    draw_readings(draw, plugin)
    return plugin


def draw_readings(draw, plugin):
    """Give the plugin any lawful readings."""
    plugin.readings = draw(st.lists(READINGS, max_size=6, unique=True))
    indices = st.lists(st.sampled_from(range(len(plugin.readings))), unique=True) if plugin.readings else None
    for place in [*plugin.executors, None]:
        chosen = draw(indices) if indices is not None else []
        values = [draw(ANY) for _ in chosen]
        if place is None:
            plugin.application_readings = [chosen, values]
        else:
            place |= {"readings": chosen, "reading_values": values}
