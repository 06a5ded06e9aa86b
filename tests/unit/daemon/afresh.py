"""What one source leaves to the one that goes on for it after a restart, as it goes through a file."""

import orjson

from exporter.daemon.state.document import encode_part


def kept_by(source):
    """Return what a source remembers, read from JSON."""
    return orjson.loads(encode_part(source.remember()))


def succeed(source, kept):
    """Let a new source go on with this; it remembers exactly the same."""
    source.recall(orjson.loads(orjson.dumps(kept)))
    assert kept_by(source) == kept
    return source
