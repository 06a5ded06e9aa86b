"""Each dashboard can be drawn from what a real Prometheus has."""

import struct

import pytest

from dashboards.preview.__main__ import main

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]

# What a user would choose; of the others the first one, or all.
CHOSEN = {
    "application": "batch",
    "custom": "batch",
    "exporter": None,
    "fleet": None,
    "streaming": "streams",
}
LEAST_BYTES = 50_000


def size_of(picture):
    """Return the width and the height of a PNG."""
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", picture[16:24])


@pytest.mark.parametrize("name", CHOSEN)
def test_a_dashboard_is_drawn_without_an_error(proof, tmp_path, name, capsys):
    """No query of it fails, and there is something on the picture."""
    application = CHOSEN[name]
    chosen = [f"--variable=app_id={proof.showcase.applications[application].app_id}"] if application else []
    code = main(
        [
            f"--prometheus={proof.prometheus.url}",
            f"--start={proof.start}",
            f"--end={proof.ending}",
            f"--dashboards={proof.showcase.directory / 'generated'}",
            f"--dashboard={name}",
            f"--output={tmp_path}",
            *chosen,
        ]
    )
    assert (code, capsys.readouterr().err) == (0, "")
    picture = (tmp_path / f"{name}.png").read_bytes()
    width, height = size_of(picture)
    assert (width > 1_000, height > 1_000, len(picture) > LEAST_BYTES) == (True, True, True)
