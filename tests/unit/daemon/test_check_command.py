"""The check as a program: how it ends when somebody else ends it."""

import os
import signal
import subprocess
import sys

from fake_driver import PATIENCE


def command(url, **options):
    arguments = [sys.executable, "-P", "-m", "exporter", "check", url]
    return subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, **options)


def test_nobody_reads_the_output(driver):
    """As with `check URL | head -1`: no traceback."""
    reader, writer = os.pipe()
    os.close(reader)
    with command(driver.url, stdout=writer) as process:
        os.close(writer)
        _, errors = process.communicate(timeout=PATIENCE)

    assert errors == ""
    assert process.returncode == 128 + signal.SIGPIPE


def test_an_interrupt_ends_it_quietly(driver):
    """With the exit code that shells expect."""
    driver.overrides["/api/v1/applications"] = lambda _: driver.stopping.wait(60)
    with command(driver.url, stdout=subprocess.PIPE) as process:
        driver.until(lambda: driver.count("/api/v1/applications") > 0)
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=PATIENCE)

    assert output == ("", "")
    assert process.returncode == 128 + signal.SIGINT
