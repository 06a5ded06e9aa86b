"""The files by which the plugin shows the live configuration, written as their description has it."""

import json
import struct


class ControlFiles:
    """``control`` and ``config.json`` of one directory."""

    def __init__(self, directory, *, version=0, claimable=0):
        self.directory = directory
        path = directory / "control.tmp"
        path.write_bytes(struct.pack("<8sdd", b"SPXCTL1\0", version, claimable).ljust(64, b"\0"))
        path.replace(directory / "control")

    def store(self, offset, number):
        """Store one number, as the plugin does: one write of eight bytes."""
        with (self.directory / "control").open("r+b", buffering=0) as file:
            file.seek(offset)
            file.write(struct.pack("<d", number))

    def write_values(self, version, values):
        """Replace the file of values."""
        path = self.directory / "config.tmp"
        path.write_text(json.dumps({"version": version, "values": values}))
        path.replace(self.directory / "config.json")

    def set(self, version, **values):
        """Show a version of the configuration."""
        self.write_values(version, values)
        self.store(8, version)

    def claimable(self, count):
        """Say how many events workers could have claimed so far."""
        self.store(16, count)
