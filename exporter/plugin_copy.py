"""``spark-exporter install-plugin``: copies the jar and the client zip to where Spark finds them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from exporter._version import __version__
from exporter.client.install import jar_path, pyfiles_path


def install_plugin(directory: Path) -> list[Path]:
    """Copy the plugin's jar and the client zip into a directory; return where they are.

    Each is there twice: with its version in its name, and without it, for settings that outlive an upgrade.
    Whoever reads one of them at the same time sees the old file or the new one, and never a part. The
    directory is made if it is missing.

    Raises:
        FileNotFoundError: the package was not built completely.
        OSError: the directory cannot be written.

    """
    # Before anything is written: either both come or none.
    sources = [Path(jar_path()), Path(pyfiles_path())]
    directory.mkdir(parents=True, exist_ok=True)
    names = [(source, source.name) for source in sources]
    names += [(source, source.name.replace(f"-{__version__}", "")) for source in sources]
    return [_copy(source, directory / name) for source, name in names]


def _copy(source: Path, target: Path) -> Path:
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(number, "wb") as written, source.open("rb") as read:
            shutil.copyfileobj(read, written)
            written.flush()
            # Spark runs as another user than an init container does.
            os.fchmod(written.fileno(), 0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target
