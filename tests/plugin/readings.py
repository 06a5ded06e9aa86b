"""Samplers of readings in the JVM."""

from __future__ import annotations


class Reading:
    """A sampler of one source."""

    def __init__(self, jvm, source, root="/", max_readings=1000, *, started_by_python=False, **arguments):
        """Make one; ``root`` is the file system that it sees."""
        self.jvm = jvm
        self.number = jvm(
            "reading_new",
            source=source,
            root=str(root),
            max=max_readings,
            started_by_python=started_by_python,
            **arguments,
        )

    def registry(self, name, **metrics):
        """Add a metric source: numbers are gauges, texts say what else."""
        self.jvm("reading_registry", reading=self.number, name=name, metrics=metrics)
        return self

    def sample(self):
        """Take a sample; return everything there is to know about it."""
        return self.jvm("reading_sample", reading=self.number)

    def read(self):
        """Take a sample; return the readings by name."""
        return self.sample()["readings"]


def write(root, files):
    """Write files below a directory: ``{path: text}``."""
    for path, text in files.items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
