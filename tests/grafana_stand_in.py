"""A program in the place of Grafana, for tests of how Grafana is started.

It writes down what it was given, and answers as a healthy Grafana does. It shows no dashboard, and reads no
file as Grafana would.
"""

import sys

_PROGRAM = """#!{python}
import http.server, json, os, pathlib, sys
given = pathlib.Path(os.environ["GF_PATHS_PROVISIONING"])
files = {{str(one.relative_to(given)): one.read_text() for one in sorted(given.rglob("*.*"))}}
grafana = {{name: value for name, value in os.environ.items() if name.startswith("GF_")}}
seen = {{"arguments": sys.argv[1:], "environment": grafana, "files": files}}
pathlib.Path({seen!r}).write_text(json.dumps(seen))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()
address = (os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"]))
http.server.HTTPServer(address, Handler).serve_forever()
"""


def install(binary, seen):
    """Write the program; it will write what it was given into the file ``seen``, as JSON."""
    binary.parent.mkdir(parents=True, exist_ok=True)
    binary.write_text(_PROGRAM.format(python=sys.executable, seen=str(seen)))
    binary.chmod(0o755)


def add_home(folder):
    """Let a folder look like Grafana's own, which the program is told of."""
    (folder / "conf").mkdir(parents=True)
    (folder / "conf/defaults.ini").touch()
