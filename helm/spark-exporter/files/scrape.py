"""Scrapes the daemon at $URL once and parses what it says; ``helm test`` runs it in a pod."""

import base64
import os
import ssl
import sys
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

NEEDED = "spark_exporter_build_info"


def main() -> int:
    """Return 0 if the daemon publishes what it always does."""
    request = urllib.request.Request(os.environ["URL"])  # noqa: S310 - the chart's own address
    if "USERNAME" in os.environ:
        pair = f"{os.environ['USERNAME']}:{os.environ['PASSWORD']}".encode()
        request.add_header("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    trusted = ssl.create_default_context(cafile=os.environ.get("CERTIFICATE"))
    # The certificate itself may be all that the Secret has.
    trusted.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    with urllib.request.urlopen(request, timeout=30, context=trusted) as answer:  # noqa: S310
        families = list(text_string_to_metric_families(answer.read().decode()))
    samples = [sample for family in families for sample in family.samples]
    if not any(sample.name == NEEDED for sample in samples):
        print(f"{os.environ['URL']} has no {NEEDED}", file=sys.stderr)
        return 1
    print(f"{os.environ['URL']} has {len(samples)} samples of {len(families)} metrics")
    return 0


if __name__ == "__main__":
    sys.exit(main())
