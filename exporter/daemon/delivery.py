"""The routes below ``/plugin/``: the plugin's jar and the client zip, for Spark to load from the daemon."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter._version import __version__
from exporter.client.install import PLUGIN_CLASS, jar_path, pyfiles_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute

PREFIX = "/plugin/"
_CHECKSUM_LENGTH = 12
# The path changes with the content.
_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {".jar": "application/java-archive", ".zip": "application/zip"}
_INDEX = """\
spark-exporter {version}, for applications of Spark: add this to spark-submit.

  --conf spark.plugins={plugin} \\
  --conf spark.jars={base}{jar} \\
  --conf spark.submit.pyFiles={base}{pyfiles}

Put jars and Python files of your own into the same lists, separated by commas. The driver and every executor
load the files from here, so the address must be one that all of them reach. Spark knows no password for it,
and with https it trusts the authorities that Java knows.

version   {version}
checksum  {checksum}
"""


@dataclass(frozen=True)
class _Files:
    """What is delivered, as it was when it was asked for first: an upgrade below a daemon changes nothing."""

    jar: str
    pyfiles: str
    contents: dict[str, bytes]

    @cached_property
    def checksum(self) -> str:
        """A digest of both files."""
        digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in self.contents.values()))
        return digest.hexdigest()[:_CHECKSUM_LENGTH]

    @property
    def directory(self) -> str:
        """The path of both files, which no others ever have."""
        return f"{PREFIX}{__version__}-{self.checksum}/"


class Delivery:
    """Serves the jar and the client zip under a path that names version and checksum.

    Args:
        jar: gives the path of the jar; FileNotFoundError if there is none.
        pyfiles: the same for the client zip.

    """

    def __init__(self, jar: Callable[[], str] = jar_path, pyfiles: Callable[[], str] = pyfiles_path) -> None:
        """Read nothing yet."""
        self._paths = (jar, pyfiles)
        self._files: _Files | None = None

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Route(PREFIX, self._index), Route(f"{PREFIX}{{path:path}}", self._file)]

    # Plain functions: Starlette runs them in threads, and the first one reads files.

    def _index(self, request: Request) -> Response:
        try:
            files = self._read()
        except OSError as error:
            return _missing(error)
        text = _INDEX.format(
            version=__version__,
            plugin=PLUGIN_CLASS,
            base=f"{request.base_url.scheme}://{request.base_url.netloc}{files.directory}",
            jar=files.jar,
            pyfiles=files.pyfiles,
            checksum=files.checksum,
        )
        return PlainTextResponse(text, headers={"Cache-Control": "no-cache"})

    def _file(self, request: Request) -> Response:
        try:
            files = self._read()
        except OSError as error:
            return _missing(error)
        name = request.url.path.removeprefix(files.directory)
        content = files.contents.get(name)
        if content is None:
            expected = " or ".join(files.directory + one for one in files.contents)
            return PlainTextResponse(
                f"{request.url.path} is not here: this daemon has spark-exporter {__version__}; "
                f"expected {expected}\n",
                status_code=404,
            )
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        headers = {"ETag": tag, "Cache-Control": _FOREVER}
        if _knows(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=_TYPES[Path(name).suffix])

    def _read(self) -> _Files:
        if self._files is None:
            # Two threads may both read them, and read the same.
            jar, pyfiles = (Path(find()) for find in self._paths)
            contents = {path.name: path.read_bytes() for path in (jar, pyfiles)}
            self._files = _Files(jar.name, pyfiles.name, contents)
        return self._files


def _missing(error: OSError) -> Response:
    return PlainTextResponse(f"{error}\n", status_code=404)


def _knows(header: str, tag: str) -> bool:
    known = [one.strip().removeprefix("W/") for one in header.split(",")]
    return tag in known or "*" in known
