"""The list of applications, while Spark's UI is still starting."""

from types import SimpleNamespace

import pytest

from exporter.daemon.errors import SourceError
from exporter.daemon.sources.application import ApplicationSource

SENTENCE = b"Spark is starting up. Please wait a while until it's ready."
MISSING = SourceError("http_status", "404")
LATE = SourceError("timeout", "no answer in time", transient=False)


class Scripted:
    """Gives one answer after the other, and notes how long each was waited for at most."""

    def __init__(self, *answers):
        """Have given none."""
        self.answers = list(answers)
        self.limits = []

    def get(self, _url, limit):
        """Give the next one."""
        self.limits.append(limit)
        answer = self.answers.pop(0)
        if isinstance(answer, SourceError):
            raise answer
        return SimpleNamespace(body=answer)


def transient(*answers):
    """Return of each answer whether it is a fault that passes, for a source that has found no application."""
    source = ApplicationSource(Scripted(*answers), "http://driver:4040")
    source.patient = False
    result = []
    for _ in answers:
        with pytest.raises(SourceError) as caught:
            source.update()
        result.append(caught.value.transient)
    return result


def test_not_found_passes_right_after_spark_said_that_it_starts():
    """Once: between the sentence and the complete UI there is but a moment."""
    assert transient(SENTENCE, MISSING, MISSING) == [True, True, False]


def test_not_found_passes_after_answers_that_were_late_meanwhile():
    """A busy machine gives none in time between the sentence and the complete UI."""
    assert transient(SENTENCE, LATE, LATE, MISSING, MISSING) == [True, True, True, True, False]


def test_not_found_does_not_pass_where_spark_said_nothing():
    """Whatever is there, it is no driver that starts."""
    assert transient(MISSING, LATE, MISSING) == [False, True, False]


def test_a_list_without_an_application_ends_the_start():
    """The UI is complete then."""
    assert transient(SENTENCE, b"[]", MISSING) == [True, True, False]


def test_a_late_answer_is_waited_for_longer_the_next_time():
    """Until one came in time."""
    fetcher = Scripted(LATE, LATE, SENTENCE, LATE, LATE)
    source = ApplicationSource(fetcher, "http://driver:4040")
    source.patient = False
    for _ in range(5):
        with pytest.raises(SourceError):
            source.update()
    assert fetcher.limits == [1.0, 2.0, 4.0, 4.0, 8.0]
