"""Each dashboard can be drawn from what a real Prometheus has."""

import struct

import pytest

from dashboards.preview.__main__ import main
from dashboards.preview.prometheus import Prometheus
from showcase.preview import CHOSEN, arguments, last_busy

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]

LEAST_BYTES = 50_000


def size_of(picture):
    """Return the width and the height of a PNG."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", picture[16:24])


@pytest.mark.parametrize("name", CHOSEN)
def test_a_dashboard_is_drawn_without_an_error(proof, tmp_path, name, capsys):
    """No query of it fails, and there is something on the picture."""
    code = main(arguments(proof.showcase, name, proof.ending, tmp_path))
    assert (code, capsys.readouterr().err) == (0, "")
    picture = (tmp_path / f"{name}.png").read_bytes()
    width, height = size_of(picture)
    assert (width > 1_000, height > 1_000, len(picture) > LEAST_BYTES) == (True, True, True)


def test_an_application_is_shown_when_it_was_busy(proof):
    """Its tables of running jobs, stages and queries have rows then."""
    url, app_id = proof.showcase.prometheus.url, proof.showcase.applications["batch"].app_id
    moment = last_busy(Prometheus(url, proof.start, proof.ending), app_id)
    assert proof.start < moment < proof.ending
    for metric in ("spark_job_info", "spark_stage_info", "spark_sql_execution_info"):
        assert Prometheus(url, proof.start, moment).instant(f'{metric}{{app_id="{app_id}"}}'), metric


def test_every_dashboard_has_a_picture(proof):
    """None is forgotten."""
    assert {path.stem for path in (proof.showcase.directory / "generated").glob("*.json")} == {*CHOSEN}
