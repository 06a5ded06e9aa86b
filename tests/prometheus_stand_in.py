"""A server that answers as a Prometheus, with answers that a test gives."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Samples = list[tuple[float, float]]
Answer = list[tuple[dict[str, str], Samples]] | str
"""Series with their samples, or the text of an error."""


@contextmanager
def prometheus(answers: Mapping[str, Answer]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Serve; yield the address, and what was asked: the parameters of each request, its path as ``path``.

    Args:
        answers: by the query; a query that is not among them finds nothing.

    """
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            parameters = {key: values[0] for key, values in parse_qs(text).items()}
            path = self.path.rpartition("/")[2]
            asked.append(parameters | {"path": path})
            found = answers.get(parameters.get("query", parameters.get("match[]", "")), [])
            status, body = (400, _error(found)) if isinstance(found, str) else (200, _answer(path, found))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _error(text: str) -> dict[str, str]:
    return {"status": "error", "errorType": "bad_data", "error": text}


def _answer(path: str, found: list[tuple[dict[str, str], Samples]]) -> dict[str, object]:
    if path == "series":
        return {"status": "success", "data": [labels for labels, _ in found]}
    kind, key = ("matrix", "values") if path == "query_range" else ("vector", "value")
    series = []
    for labels, samples in found:
        texts = [[time, str(value)] for time, value in samples]
        series.append({"metric": labels, key: texts if key == "values" else texts[-1]})
    return {"status": "success", "data": {"resultType": kind, "result": series}}
