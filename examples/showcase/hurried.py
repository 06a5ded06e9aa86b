"""Builds rules and dashboards from dashboards/config.yaml with times and limits for a run of minutes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
HOLD = "2s"
# What is well may be behind for a moment when it begins.
HOLDS = MappingProxyType({"SparkApplicationNotProgressing": "30s", "SparkStreamingFallingBehind": "20s"})
WINDOWS = MappingProxyType(
    {
        "failure_window": "2m",
        "task_window": "5m",
        "job_window": "3m",
        "loss_window": "3m",
        "oom_window": "5m",
        "heap_window": "10s",
        "straggler_window": "12s",
        "fetch_window": "3m",
        "events_window": "1m",
        "custom_stall_window": "20s",
        "custom_moving_window": "40s",
        "behind_window": "10s",
        "backlog_window": "20s",
        "stalled_window": "20s",
        "restart_window": "5m",
        "state_window": "20s",
        "state_growth_window": "80s",
        "watermark_window": "20s",
        "drop_window": "3m",
    }
)
THRESHOLDS = MappingProxyType(
    {
        "disk_spilled_bytes_per_task_second": 1_000,
        "idle_task_slots": 2,
        "stage_skewed_task_seconds": 5,
        "streaming_stalled_seconds": 90,
        "streaming_state_rows": 500,
    }
)


def config() -> dict[str, Any]:
    """Return the settings: what holds for minutes elsewhere holds for seconds here."""
    settings: dict[str, Any] = yaml.safe_load((ROOT / "dashboards/config.yaml").read_text("utf-8"))
    settings["windows"] |= WINDOWS
    settings["thresholds"] |= THRESHOLDS
    for name, alert in settings["alerts"].items():
        alert["for"] = "0s" if alert["for"] == "0s" else HOLDS.get(name, HOLD)
    settings["dashboards"] |= {"time_from": "now-10m", "refresh": "5s"}
    return settings


def build(directory: Path) -> Path:
    """Write config.yaml into a directory, and beside it the dashboards and rules that it makes.

    Returns:
        The path of config.yaml; the folders ``generated`` and ``rules`` are beside it.

    """
    path = directory / "config.yaml"
    path.write_text(yaml.safe_dump(config(), sort_keys=False), "utf-8")
    command = [sys.executable, "-m", "dashboards", "--config", str(path), "--output", str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return path
