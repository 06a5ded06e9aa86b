"""Scrapes the daemon at $URL once and parses what it says; ``helm test`` runs it in a pod."""

import base64
import http.client
import os
import ssl
import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

NEEDED = "spark_exporter_build_info"


def scrape(url: str) -> str:
    """Return what the daemon says."""
    request = urllib.request.Request(url)  # noqa: S310 - the chart's own address
    if "USERNAME" in os.environ:
        pair = f"{os.environ['USERNAME']}:{os.environ['PASSWORD']}".encode()
        request.add_header("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    trusted = ssl.create_default_context(cafile=os.environ.get("CERTIFICATE"))
    # The certificate itself may be all that the Secret has.
    trusted.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with urllib.request.urlopen(request, timeout=30, context=trusted) as answer:  # noqa: S310
        return str(answer.read().decode())


def main() -> int:
    """Return 0 if the daemon publishes what it always does."""
    url = os.environ["URL"]
    try:
        families = list(text_string_to_metric_families(scrape(url)))
    except (OSError, http.client.HTTPException, ValueError) as error:
        print(f"{url} cannot be scraped: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    samples = [sample for family in families for sample in family.samples]
    if not any(sample.name == NEEDED for sample in samples):
        print(f"{url} has no {NEEDED}", file=sys.stderr)
        return 1
    print(f"{url} has {len(samples)} samples of {len(families)} metrics")
    return 0


if __name__ == "__main__":
    sys.exit(main())
