"""Stages are added to the application's totals once, whatever happens between two polls."""

import orjson
import pytest
from fake_spark import SUMS, FakeSpark, values
from stages_rig import ended, jobs_of, source_of, totals

from exporter.daemon.errors import SourceError
from exporter.daemon.sources import follow
from exporter.daemon.sources.stages import MAX_SHOWN


@pytest.fixture
def spark():
    return FakeSpark()


@pytest.fixture
def stages(spark):
    return source_of(spark)


def test_a_running_stage_moves_the_totals(spark, stages):
    """Its sums are in the totals before it ends, and once after it."""
    spark.start_job(1)
    spark.activate(0, 0)
    spark.work(0, 0, 100)
    assert totals(stages.update().value) == spark.truth
    spark.work(0, 0, 50)
    spark.finish(0, 0)
    spark.end_job(0)

    for _ in range(3):
        frame = stages.update().value
        assert totals(frame) == spark.truth
    assert ended(frame) == {"completed": 1, "failed": 0}


def test_stages_between_two_polls_are_found(spark, stages):
    """Nobody saw them run, and numbers may have gaps."""
    stages.update()
    for gap in (0, 1, 3, 0, 40):
        job = spark.start_job(2, gap)
        first, second = spark.jobs[job]["stageIds"]
        spark.work(first, 0, 7)
        spark.finish(first, 0)
        spark.work(second, 0, 9)
        spark.finish(second, 0, "FAILED")
        spark.end_job(job, "FAILED")
    for _ in range(2 * follow.FAR):
        frame = stages.update().value

    assert totals(frame) == spark.truth
    assert ended(frame) == {"completed": 5, "failed": 5}
    assert values(frame, "spark_exporter_missed_stages_total") == 44


def test_a_job_that_begins_between_two_looks_is_found(spark, stages):
    """Its first stage was not there yet when it was looked for, its second one was."""
    stages.update()
    find = spark._find_stages

    def begin(number, status):
        if number == "1" and not spark.jobs:
            spark.start_job(2)
            for stage in (0, 1):
                spark.work(stage, 0, 5)
                spark.finish(stage, 0)
            spark.end_job(0)
        return find(number, status)

    spark._find_stages = begin
    for _ in range(2):
        frame = stages.update().value

    assert totals(frame) == spark.truth
    assert ended(frame) == {"completed": 2, "failed": 0}
    assert values(frame, "spark_exporter_missed_stages_total") == 0


def test_a_retry_of_a_finished_stage_counts(spark, stages):
    """As long as its job runs, and also if it came and went between two polls."""
    spark.start_job(2)
    for stage in (0, 1):
        spark.activate(stage, 0)
    spark.work(0, 0, 5)
    spark.finish(0, 0)
    stages.update()
    stages.update()
    retried = spark.retry(0)
    spark.work(0, retried, 6)
    spark.finish(0, retried)
    spark.finish(1, 0)
    spark.end_job(0)
    stages.update()
    frame = stages.update().value

    assert totals(frame) == spark.truth
    assert ended(frame) == {"completed": 3, "failed": 0}


def test_tasks_may_go_on_after_their_stage(spark, stages):
    """A killed speculative copy ends late, and what it did counts."""
    spark.start_job(1)
    spark.activate(0, 0)
    spark.finish(0, 0, lingering=1)
    spark.end_job(0)
    stages.update()
    spark.work(0, 0, 11)
    frame = stages.update().value
    assert totals(frame) == spark.truth
    assert ended(frame)["completed"] == 1, "tasks of an application that has stopped may never end"
    spark.work(0, 0, 1)
    spark.settle(0, 0)
    stages.update()
    frame = stages.update().value

    assert totals(frame) == spark.truth
    assert ended(frame)["completed"] == 1


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_stage_that_ends_and_is_forgotten_while_polls_fail_is_missed_once(spark, stages, failures):
    """It was seen to run, but never read; its books are closed all the same."""
    stages.update()
    spark.start_job(1)
    spark.activate(0, 0)
    find = spark._find_stages

    def fail(number, status):
        if number:
            raise SourceError("timeout", "no answer")
        return find(number, status)

    spark._find_stages = fail
    for failure in range(failures):
        with pytest.raises(SourceError):
            stages.update()
        if not failure:
            spark.jobs.clear()
            spark.stages.clear()
            spark.start_job(1)
            spark.activate(1, 0)
    spark._find_stages = find
    for _ in range(3):
        frame = stages.update().value

    assert values(frame, "spark_exporter_missed_stages_total") == 1
    assert [*dict(stages.remember()["books"]["open"])] == [1]


def test_a_job_that_ends_between_two_answers_counts_once(spark):
    """It was listed as running, and then with all jobs as ended."""
    jobs = jobs_of(spark)
    spark.start_job(1)
    find = spark._find_jobs

    def end(number, status):
        if not number and status is None:
            spark.end_job(0)
        return find(number, status)

    spark._find_jobs = end
    first = jobs.update().value
    last = jobs.update().value

    assert values(first, "spark_app_jobs_active") == 0
    assert values(last, "spark_app_jobs_total")[("succeeded",)] == 1


def test_what_spark_forgot_is_counted_and_never_subtracted(spark, stages):
    """The totals keep what was last seen of a stage that is gone before its end was read."""
    spark.start_job(3)
    spark.activate(0, 0)
    spark.work(0, 0, 10)
    before = totals(stages.update().value)
    spark.work(0, 0, 10)
    spark.finish(0, 0)
    spark.forget_stage(0, 0)
    after = stages.update().value

    assert totals(after) == before
    assert values(after, "spark_exporter_missed_stages_total") == 1
    spark.activate(1, 0)
    spark.work(1, 0, 5)
    more = totals(stages.update().value)
    assert more == {name: before[name] + 5 + offset for offset, name in enumerate(SUMS)}


def test_totals_do_not_go_back_with_a_task(spark, stages):
    """A task that ends may take back what it had reported while it ran."""
    spark.start_job(1)
    spark.activate(0, 0)
    spark.work(0, 0, 100)
    before = totals(stages.update().value)
    spark.work(0, 0, -50)
    assert totals(stages.update().value) == before
    spark.work(0, 0, 60)

    assert totals(stages.update().value) == spark.truth


def test_an_earlier_attempt_that_nobody_saw_counts_at_once(spark, stages):
    """The stage is seen in its second attempt first."""
    stages.update()
    spark.start_job(1)
    spark.activate(0, 0)
    spark.work(0, 0, 8)
    spark.finish(0, 0, "FAILED")
    spark.retry(0)
    spark.work(0, 1, 3)

    assert totals(stages.update().value) == spark.truth


def test_an_old_application_is_read_at_once_then_piece_by_piece(spark, stages):
    """The first poll reads the list; later ones cost the same whatever has been."""
    for _ in range(300):
        job = spark.start_job(1)
        stage = spark.jobs[job]["stageIds"][0]
        spark.work(stage, 0, 1)
        spark.finish(stage, 0)
        spark.end_job(job)
    assert totals(stages.update().value) == spark.truth
    assert max(size for _, _, size in spark.requests) > 30_000
    spark.requests.clear()
    stages.update()

    assert len(spark.requests) < 10
    assert sum(size for _, _, size in spark.requests) < 100


def test_many_new_stages_are_read_as_a_list(spark, stages):
    """One answer costs the driver less than hundreds."""
    stages.update()
    for _ in range(4 * follow.BULK):
        job = spark.start_job(1)
        spark.finish(spark.jobs[job]["stageIds"][0], 0)
        spark.end_job(job)
    spark.start_job(1)
    spark.requests.clear()
    frame = stages.update().value

    assert ended(frame)["completed"] == 4 * follow.BULK
    assert len(spark.requests) < 10


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("runs", [False, True])
def test_what_spark_has_forgotten_takes_no_memory(spark, begun, runs):
    """Numbers of more things than any machine could hold are counted, and what is left is followed."""
    jobs = jobs_of(spark)
    stages = source_of(spark, jobs)
    if begun:
        jobs.update(), stages.update()
    last = spark.start_job(1, gap=10**12)
    spark.activate(10**12, 0)
    spark.work(10**12, 0, 5)
    if not runs:
        spark.finish(10**12, 0)
        spark.end_job(last)
        # Far beyond what is probed: one that runs shows that there is something.
        spark.start_job(1)
    listed, frame = jobs.update().value, stages.update().value

    assert values(listed, "spark_exporter_missed_jobs_total") == 10**12
    assert values(frame, "spark_exporter_missed_stages_total") == 10**12
    assert totals(frame) == spark.truth
    assert ended(frame)["completed"] == (not runs)


def test_an_earlier_daemon_left_off_long_ago(spark, stages):
    """What came and went since is counted; what is still there is read."""
    stages.update()
    kept = orjson.dumps(stages.remember())
    job = spark.start_job(1, gap=10**12)
    spark.work(10**12, 0, 5)
    spark.finish(10**12, 0)
    spark.end_job(job)
    later = source_of(spark)
    later.recall(orjson.loads(kept))
    frame = later.update().value

    assert values(frame, "spark_exporter_missed_stages_total") == 10**12
    assert totals(frame) == spark.truth


def test_a_list_that_is_too_large_is_not_asked_for_again(spark, stages):
    """What it held is counted as missed; everything after it is followed."""
    for _ in range(3):
        job = spark.start_job(1)
        spark.finish(spark.jobs[job]["stageIds"][0], 0)
        spark.end_job(job)
    spark.start_job(1)
    spark.activate(3, 0)
    find = spark._find_stages

    def refuse(number, status):
        if not number and status is None:
            raise SourceError("too_large", "more than 64 MB")
        return find(number, status)

    spark._find_stages = refuse
    spark.work(3, 0, 5)
    frame = stages.update().value

    assert values(frame, "spark_exporter_missed_stages_total") == 3
    assert totals(frame)["shuffleWriteBytes"] == 6


@pytest.mark.parametrize("failing", [1, 2, 3, 4])
def test_a_failed_poll_loses_nothing_and_counts_nothing_twice(spark, stages, failing):
    """Whichever of its requests fails."""
    stages.update()
    spark.start_job(2)
    for stage in (0, 1):
        spark.activate(stage, 0)
        spark.work(stage, 0, stage + 1)
        spark.finish(stage, 0)
    spark.end_job(0)
    get, left = spark.get, iter(range(1, 100))

    def fail(*arguments, **options):
        if next(left) == failing:
            raise SourceError("timeout", "too slow")
        return get(*arguments, **options)

    spark.get = fail
    with pytest.raises(SourceError):
        stages.update()
    frame = stages.update().value

    assert totals(frame) == spark.truth
    assert ended(frame)["completed"] == 2


def test_only_so_many_running_stages_are_shown(spark, stages):
    """The others are counted as dropped, and stay in the totals."""
    spark.start_job(MAX_SHOWN + 5)
    for stage in range(MAX_SHOWN + 5):
        spark.activate(stage, 0)
        spark.work(stage, 0, 1)
    frame = stages.update().value

    assert len(values(frame, "spark_stage_info")) == MAX_SHOWN
    assert frame.drops["limit"] >= 5
    assert values(frame, "spark_app_stages_active") == MAX_SHOWN + 5
    assert totals(frame) == spark.truth
