"""Hears of alerts: from Alertmanager's webhooks, and from its list."""

import http.server
import json
import threading


class Webhook:
    """A server that remembers what Alertmanager's webhooks say, by the path of the receiver."""

    def __init__(self):
        """Listen on a free port."""
        self.messages = []
        told = self.messages

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                told.extend((self.path, alert) for alert in body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments):
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        """Serve."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error):
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()

    def told(self, name):
        """Return who has heard that an alert fires: the paths of the receivers."""
        return {
            path
            for path, alert in [*self.messages]
            if alert["labels"]["alertname"] == name and alert["status"] == "firing"
        }


class Watch:
    """Looks at Alertmanager's list all the time, and remembers every alert that was in it."""

    def __init__(self, alertmanager):
        """Remember nothing yet."""
        self._alertmanager = alertmanager
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.alerts = {}
        """By fingerprint: the alert as it was first, the states that it was in, and what has inhibited it."""

    def __enter__(self):
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_error):
        """Look a last time."""
        self._ended.set()
        self._thread.join()

    def _look(self):
        while True:
            last = self._ended.wait(0.5)
            for alert in self._alertmanager.alerts():
                known = self.alerts.setdefault(
                    alert["fingerprint"], {**alert, "states": set(), "inhibitors": set()}
                )
                known["states"].add(alert["status"]["state"])
                known["inhibitors"].update(alert["status"]["inhibitedBy"])
            if last:
                return

    def seen(self, name, **labels):
        """Return the alerts of this name that arrived, with these labels among theirs."""
        wanted = labels | {"alertname": name}
        return [one for one in [*self.alerts.values()] if wanted.items() <= one["labels"].items()]
