"""The segment files of this process, one after the other, within a bound."""

from __future__ import annotations

import errno

from exporter.client.refusals import NO_SPACE, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from exporter.client.definition import Definition
    from exporter.client.refusals import Refusals
    from exporter.client.segment import Segment

FIRST_SEGMENT_BYTES = 64 * 1024
LARGEST_SEGMENT_BYTES = 1024 * 1024
MAX_BYTES = 16 * 1024 * 1024


class Storage:
    """Places series in segment files. The registry's lock is held around every call."""

    def __init__(self, directory: str, refusals: Refusals, *, of_driver: bool = False) -> None:
        """Make no file yet: a process without metrics leaves none."""
        self.directory = directory
        self._refusals = refusals
        self._of_driver = of_driver
        self._segments: list[Segment] = []
        self._token = ""
        self._bytes = 0
        self._failure = ""

    @property
    def is_open(self) -> bool:
        """Whether the first file exists, or was found impossible."""
        return bool(self._segments or self._failure)

    def place(
        self, definition: Definition, label_values: Sequence[str] | None, cells: Sequence[float] = ()
    ) -> memoryview[float] | None:
        """Append a series (or, with None for its label values, only its metric) and return its cells.

        Returns:
            The cells, or None if there is no space: counted, and said once.

        """
        placed = None
        try:
            if self._segments:
                placed = self._segments[-1].add(definition, label_values, cells)
            if placed is None and not self._failure:
                self._grow(definition, label_values or ())
                placed = self._segments[-1].add(definition, label_values, cells)
        except Exception as error:  # noqa: BLE001 - whatever it is, the job goes on
            # What failed once is not tried again.
            self._failure = (
                f"no segment file can be made in {self.directory}: {shown(error)}: new series stay in the "
                "process. Make space, or make the directory writable."
            )
        if placed is None and label_values is not None:
            self._refusals.add(NO_SPACE, "", self._failure)
        return placed

    def _grow(self, definition: Definition, label_values: Sequence[str]) -> None:
        """Add a segment that has room for the series."""
        # Imported when needed: fcntl is missing on Windows, where everything stays in memory.
        from exporter.client.segment import DRIVER, WORKER, Segment, new_token, room_for  # noqa: PLC0415

        size = min(FIRST_SEGMENT_BYTES << len(self._segments), LARGEST_SEGMENT_BYTES)
        size = max(size, room_for(definition, label_values))
        if self._bytes + size > MAX_BYTES:
            raise OSError(errno.EDQUOT, f"the series of this process need more than {MAX_BYTES} bytes")
        self._token = self._token or new_token()
        role = DRIVER if self._of_driver else WORKER
        self._segments.append(Segment(self.directory, self._token, len(self._segments), size, role))
        self._bytes += size
        if len(self._segments) == 1:
            self._refusals.publish_in(self._segments[0].refusals)

    def close(self) -> None:
        """Leave the files to the reader, who learns by their locks that nothing more will come."""
        self._refusals.publish_in(None)
        for segment in self._segments:
            segment.close()
