"""Texts that Spark and its cluster managers give for the removal of an executor, and the class of each."""

KUBERNETES = """
The executor with id 3 exited with exit code {code}.


The API gave the following container statuses:

\t container name: spark-kubernetes-executor
\t container state: terminated
\t exit code: {number}
\t termination reason: {reason}
"""
YARN = "Container from a bad node: container_1 on host: h."
SAMPLES = [
    ("Command exited with code 137", "sigkill"),
    (f"{YARN} Exit status: 137. Diagnostics: Container killed on request. Exit code is 137", "sigkill"),
    (KUBERNETES.format(code="137(SIGKILL, possible container OOM)", number=137, reason="Error"), "sigkill"),
    (KUBERNETES.format(code="137(SIGKILL, possible container OOM)", number=137, reason="OOMKilled"), "oom"),
    (KUBERNETES.format(code="52(JVM OOM)", number=52, reason="Error"), "oom"),
    (KUBERNETES.format(code="1(Unexpected)", number=1, reason="Error"), "exited"),
    ("Container killed by YARN for exceeding physical memory limits. 5 GB used.", "oom"),
    (f"{YARN} Exit status: 143. Diagnostics: Container killed on request.", "killed"),
    (f"{YARN} Exit status: 1", "exited"),
    ("Container container_137 on host: h was preempted.", "preempted"),
    ("Executor killed by driver.", "killed"),
    ("Executor 137 killed by the driver", "killed"),
    ("Executor decommission finished: spark scale down", "decommissioned"),
    ("Executor heartbeat timed out after 137000 ms", "heartbeat"),
    ("worker lost: Not receiving heartbeat for 60 seconds", "heartbeat"),
    ("Remote RPC client disassociated. Likely due to containers exceeding thresholds", "lost"),
    ("Command exited with code 13", "exited"),
    (f"{YARN} Exit status: -100. Diagnostics: Container released on a *lost* node.", "lost"),
    ("Host bloomberg-node1 lost", "lost"),
    ("Executor Process Lost", "lost"),
    ("Executor lost", "lost"),
    ("Slave lost", "lost"),
    ("Pod was evicted: The node was low on resource: memory.", "evicted"),
    ("The executor with id 3 was OOM-killed", "oom"),
    ("java.lang.OutOfMemoryError: Java heap space", "oom"),
    ("Executor 1 on zoom.example failed", "other"),
    ("", "other"),
]
