"""Plays a Spark JVM: listens at a port, starts children, and ends when its standard input does.

The command lines of the children come as JSON in the variable CHILDREN; children end likewise.
"""

import json
import os
import socket
import subprocess
import sys

with socket.create_server(("127.0.0.1", 0)) as listener:
    children = [subprocess.Popen(command) for command in json.loads(os.environ.pop("CHILDREN"))]
    told = {"port": listener.getsockname()[1], "pids": [child.pid for child in children]}
    print(json.dumps(told), flush=True)
    sys.stdin.read()
    for child in children:
        child.wait()
