"""A daemon that has seen thousands of pods come and go is as it was."""

from statistics import median

import psutil
import pytest

from running import until
from watched_pods import NOWHERE, delete_all, end, make

PODS = 40
WARM_UP, ROUNDS = 6, 12
MOST = 2 << 20
"""Bytes between the halves of the rounds: 9 KiB for each pod. Python takes memory 1 MiB at a time."""

SPARE = 4
"""Threads and files for the web server, far less than one round of pods has."""


@pytest.fixture
def daemon(shared_api_server, watched, watch):
    """A daemon that watches pods on loopback."""
    return watch(shared_api_server, watched)


def come_and_go(server, namespace, daemon, number):
    """Let pods come under new names at new addresses, let some end well or badly, and delete them all."""
    for pod in range(PODS):
        make(server, namespace, f"p{number}-{pod}", NOWHERE, f"127.2.{number}.{pod + 1}")
    until(lambda: daemon.targets() == PODS, "all of them")
    for pod in range(0, PODS, 8):
        end(server, namespace, f"p{number}-{pod}", exit_code=pod % 16)
    delete_all(server, namespace)
    until(lambda: daemon.targets() == 0, "none of them")


def test_memory_threads_and_files_stay_the_same(shared_api_server, watched, daemon):
    """Over rounds of pods, after the first few."""
    process, used = psutil.Process(daemon.process.pid), []
    assert daemon.targets() == 0
    threads, files = process.num_threads() + SPARE, process.num_fds() + SPARE
    for number in range(WARM_UP + ROUNDS):
        come_and_go(shared_api_server, watched, daemon, number)
        until(lambda: process.num_threads() <= threads, "their threads have ended")
        until(lambda: process.num_fds() <= files, "their sockets are closed")
        used.append(process.memory_info().rss)
    assert len(daemon.said("watching a pod")) == PODS * (WARM_UP + ROUNDS)
    used, half = used[WARM_UP:], ROUNDS // 2

    assert median(used[half:]) - median(used[:half]) < MOST, used
