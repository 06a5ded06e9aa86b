"""What the tests of access share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from secured import Secured


@pytest.fixture
def secured(tmp_path):
    """A directory with certificates, and with no configuration yet."""
    return Secured(tmp_path)


@pytest.fixture
def start(start_daemon, driver, secured):
    """Start a daemon with this configuration."""

    def run(*arguments, environment=None, **parts):
        secured.write(**parts)
        given = [f"--target={driver.url}", f"--web.config.file={secured.path}", *arguments]
        return start_daemon(*given, **(environment or {}))

    return run
