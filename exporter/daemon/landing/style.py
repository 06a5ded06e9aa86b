"""How the page looks, and what a browser may do with it: nothing but to show it."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

CSS = files("exporter.daemon.landing").joinpath("page.css").read_text("utf-8")
"""Stands in every page, so that nothing else has to be loaded."""

_DIGEST = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
HEADERS = {
    # Names of applications and labels are the users': whatever they hold, no browser runs or loads it.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""What is sent with every page."""
