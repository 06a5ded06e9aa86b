"""One run of the showcase, with Prometheus and Alertmanager, which all tests here look at."""

import sys
import time
from pathlib import Path

import pytest

from alert_log import Watch, Webhook
from requirements import require_program
from running import until
from showcase.showcase import Showcase

# Dashboards are no part of the installed package. Last, so that ``exporter`` is the installed one.
sys.path.append(str(Path(__file__).resolve().parents[2]))

INSTALL = "install it with: tools/install.sh"
APPLICATION_ENDED = 'max_over_time(spark_app_up{app_name="orders-batch"}[10s]) == 0'


class Proof:
    """What there is when everything has happened."""

    def __init__(self, showcase, watch, webhook, ending):
        """Remember when it was; ``ending`` is when everything had happened and the rest began to end."""
        self.showcase = showcase
        self.prometheus = showcase.prometheus
        self.alertmanager = showcase.alertmanager
        self.watch = watch
        self.webhook = webhook
        self.ending = ending
        self.start, self.end = showcase.began, time.time()
        self.app_ids = [one.app_id for one in showcase.applications.values()]

    def values(self, expr):
        """Return the series of an expression over the whole run, those without a single number left out."""
        found = self.prometheus.query_range(expr, self.start, self.end + 4, 4)
        return [one for one in found if any(value != "NaN" for _, value in one["values"])]


@pytest.fixture(scope="session")
def proof(tmp_path_factory):
    """The run: everything has happened, the applications and the daemon have ended."""
    for program in ("prometheus", "prometheus-alertmanager"):
        require_program(program, INSTALL)
    with Webhook() as webhook, Showcase(tmp_path_factory.mktemp("showcase"), webhook=webhook.url) as showcase:
        with Watch(showcase.alertmanager) as watch:
            showcase.run()
            ending = time.time()
            codes = showcase.finish()
            assert codes == {"batch": 0, "plain": 0, "streams": 0}
            until(lambda: showcase.prometheus.query(APPLICATION_ENDED), "Prometheus knows of the end")
            showcase.end_daemon()
            until(lambda: watch.seen("SparkExporterDown"), "the alert about the daemon has arrived")
            until(lambda: webhook.told("SparkExporterDown"), "somebody has heard of it")
        yield Proof(showcase, watch, webhook, ending)
