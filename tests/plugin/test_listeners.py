"""What the plugin hears of Spark's events."""

import re
from pathlib import Path

DRIVER = Path(__file__).resolve().parents[2] / "exporter" / "plugin" / "io" / "sparkexporter" / "driver"
HEARS = re.compile(r"@Override\s+public void (on\w+)\(")
GUARD = DRIVER / "GuardedListener.java"


def test_every_event_that_a_listener_hears_is_handed_on_to_it():
    """The one that Spark knows overrides whatever the others do; Spark would not miss it."""
    listeners = [
        path for path in DRIVER.glob("*Listener.java") if "extends SparkListener " in path.read_text()
    ]
    heard = {event for path in listeners if path != GUARD for event in HEARS.findall(path.read_text())}
    assert "onTaskStart" in heard
    assert heard == {*HEARS.findall(GUARD.read_text())}
