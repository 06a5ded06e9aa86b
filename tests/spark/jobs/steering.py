"""A long job that writes down, in the directory at its argument, what it has seen of being steered.

Two tasks run until there is a file ``go``; meanwhile the driver waits for them. Each process appends JSON
objects to a file of its own, ``JVM-PID.notes``: the values that it has read, and the events that it has
handled. Who it is comes from Linux, not from the plugin.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from talk import hear, say, session

from exporter import config, events

PATIENCE = 600
UNSET = 10
WORK = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()


def wait_for(path):
    """Wait for a file of the test's."""
    deadline = time.monotonic() + PATIENCE
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def note(directory, jvm, **seen):
    """Write something down; a reader sees all of it or nothing."""
    with (directory / f"{jvm}-{os.getpid()}.notes").open("a") as file:
        file.write(json.dumps({"jvm": jvm, **seen}) + "\n")


@events.on("note")
def note_event(event):
    """Handle an event in the driver."""
    note(WORK, "driver", event=event.id, payload=event.payload)
    return {"by": "driver"}


@events.on("hold")
def hold(event):
    """Take as long as the test wants."""
    note(WORK, "driver", event=event.id, payload=event.payload)
    wait_for(WORK / event.payload["until"])
    return {"held": True}


def executor():
    """Return the id and the process of the executor whose worker this is."""
    # A worker is a child of the daemon, and that one a child of the executor.
    pid = int(Path(f"/proc/{os.getppid()}/stat").read_text().rsplit(")", 1)[1].split()[1])
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return words[words.index("--executor-id") + 1], pid


def watch(directory):
    """Return the function that the tasks run."""

    def run(_rows):
        value = config.get("threshold", UNSET)
        name, pid = executor()
        note(directory, name, first=value, pid=pid)
        deadline = time.monotonic() + PATIENCE
        while not (directory / "go").exists() and time.monotonic() < deadline:
            before, value = value, config.get("threshold", UNSET)
            if value != before:
                note(directory, name, value=value)
            for event in events.poll():
                note(directory, name, event=event.id, payload=event.payload)
                if event.type == "die" and name == event.payload["executor"]:
                    os.kill(pid, signal.SIGKILL)
                event.done({"by": name})
            time.sleep(0.01)
        yield name

    return run


def main():
    """Run the tasks, however often their executors are lost."""
    context = session(**{"spark.task.maxFailures": "100"}).sparkContext
    say(driver=context._jvm.java.lang.ProcessHandle.current().pid())
    say(ended=len(context.parallelize(range(2), 2).mapPartitions(watch(WORK)).collect()))
    hear("stop")
    context.stop()


if __name__ == "__main__":
    main()
