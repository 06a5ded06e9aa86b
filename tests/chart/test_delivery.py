"""The settings that the chart prints, in real Spark: driver and executors get the plugin and the client."""

import functools
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import helm
from exporter.client.install import jar_path, pyfiles_path
from exporter.plugin_copy import install_plugin

pytestmark = pytest.mark.spark
JOB = Path(__file__).parent / "jobs" / "where.py"
TOKEN = "a-token-of-the-tests"
CHECKSUM = "0123abcd"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_):
        pass


@pytest.fixture
def served(tmp_path):
    """The URL of a server that has jar and zip at the path of the daemon."""
    folder = tmp_path / "served"
    place = folder / "plugin" / f"0.1.0-{CHECKSUM}"
    place.mkdir(parents=True)
    for file in (jar_path(), pyfiles_path()):
        shutil.copy(file, place)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def copied(tmp_path):
    """A directory with jar and zip, as the init container leaves it."""
    install_plugin(tmp_path / "plugin")
    return str(tmp_path / "plugin")


def submit(plugin):
    """Return the options of spark-submit that the chart has for this delivery, but for Kubernetes' own."""
    documents = helm.render({"plugin": plugin})
    text = helm.one(documents, "ConfigMap", "spark-exporter-spark")["data"]["spark-defaults.conf"]
    lines = [line for line in text.splitlines() if not line.startswith(("#", "spark.kubernetes."))]
    options = ["--master", "local-cluster[1,1,1024]", "--conf", "spark.ui.port=0"]
    for line in lines:
        key, value = line.split(" ", 1)
        options += ["--conf", f"{key}={value}"]
    return options


@pytest.mark.parametrize("delivery", ["init", "served"])
def test_driver_and_executors_have_plugin_and_client(delivery, request, start_job, start_daemon, tmp_path):
    """Python imports what was delivered, not what may be installed, and what it counts is published."""
    if delivery == "init":
        plugin = {"delivery": "init", "directory": request.getfixturevalue("copied")}
        zipped = "spark-exporter-client.zip"
    else:
        url = request.getfixturevalue("served")
        plugin = {"delivery": "served", "served": {"checksum": CHECKSUM, "url": url}}
        zipped = Path(pyfiles_path()).name
    (tmp_path / "token").write_text(TOKEN)

    job = start_job(JOB, tmp_path / "end", submit=submit(plugin), env={"SPARK_EXPORTER_TOKEN": TOKEN})
    assert f"{zipped}/exporter/" in job.hear("driver")
    (executors,) = job.hear("executors")
    assert f"{zipped}/exporter/" in executors

    daemon = start_daemon(job.hear("ui"), arguments=[f"--token-file={tmp_path}/token"])
    daemon.until_custom({"delivered_rows_total": 4.0})
    (tmp_path / "end").touch()
    assert job.wait() == 0
