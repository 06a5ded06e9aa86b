"""Stages that several jobs need: skipped by one, run by another."""

import pytest
from afresh import kept_by, succeed
from fake_spark import FakeSpark, values
from stages_rig import ended, jobs_of, source_of, totals

from exporter.daemon.sources import attempts


@pytest.fixture
def spark():
    return FakeSpark()


@pytest.mark.parametrize("remembered", [0, 10])
def test_a_stage_may_be_needed_again_by_another_job(spark, remembered, monkeypatch):
    """Its first attempt was added long ago, and is not added again."""
    monkeypatch.setattr(attempts, "MAX_REOPENED", remembered)
    stages = source_of(spark)
    spark.start_job(1)
    spark.activate(0, 0)
    spark.work(0, 0, 8)
    spark.finish(0, 0)
    spark.end_job(0)
    for _ in range(3):
        stages.update()
    spark.start_job(1)
    spark.jobs[1]["stageIds"].append(0)
    spark.retry(0)
    spark.work(0, 1, 3)
    stages.update()
    spark.finish(0, 1)
    spark.end_job(1)
    for _ in range(3):
        frame = stages.update().value

    assert totals(frame) == spark.truth
    assert ended(frame) == {"completed": 2, "failed": 0}


@pytest.mark.parametrize("seen_running", [True, False])
@pytest.mark.parametrize("restarted", [True, False])
def test_a_skipped_stage_may_run_for_another_job(spark, seen_running, restarted):
    """The end of one job skips what waits, also what another one needs and runs; what it did counts."""
    stages = source_of(spark)
    for _ in range(2):
        spark.start_job(1)
    spark.jobs[1]["stageIds"].append(0)
    stages.update()
    spark.end_job(0)
    for _ in range(3):
        frame = stages.update().value
    assert ended(frame) == {"completed": 0, "failed": 0}
    if restarted:
        stages = succeed(source_of(spark), kept_by(stages))
    spark.activate(0, 0)
    spark.work(0, 0, 8)
    if seen_running:
        assert totals(stages.update().value) == spark.truth
    spark.finish(0, 0)
    spark.end_job(1)
    for _ in range(3):
        frame = stages.update().value

    assert totals(frame) == spark.truth
    assert ended(frame) == {"completed": 1, "failed": 0}
    assert values(frame, "spark_exporter_missed_stages_total") == 0


@pytest.mark.parametrize("restarted", [True, False])
def test_skipped_stages_are_what_spark_says_of_each_job(spark, restarted):
    """Also of a stage that one job skipped and another one ran since, and of those of a failed job."""
    jobs = jobs_of(spark)
    stages = source_of(spark, jobs)
    assert "skipped" not in ended(stages.update().value)
    jobs.update()
    assert ended(stages.update().value)["skipped"] == 0
    first, second = spark.start_job(1), spark.start_job(2)
    spark.jobs[second]["stageIds"].append(0)
    spark.end_job(first)
    if restarted:
        jobs = succeed(jobs_of(spark), kept_by(jobs))
        stages = succeed(source_of(spark, jobs), kept_by(stages))
    for stage in (0, 1):
        spark.activate(stage, 0)
    spark.finish(0, 0)
    spark.finish(1, 0, "FAILED")
    spark.end_job(second, "FAILED")
    for _ in range(3):
        jobs.update()
        frame = stages.update().value

    assert ended(frame) == {"completed": 1, "failed": 1, "skipped": 2}
