"""Stages are added to the application's totals once, whatever order things happen in."""

from afresh import kept_by, succeed
from fake_spark import SUMS, FakeSpark, values
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule
from stages_rig import ended, jobs_of, source_of, totals

from exporter.daemon.sources import follow


class Life(RuleBasedStateMachine):
    """Anything that can happen to jobs and stages, in any order, with polls in between."""

    jobs = Bundle("jobs")

    def __init__(self):
        super().__init__()
        self.spark = FakeSpark()
        self.stages = source_of(self.spark)
        self.jobs_source = jobs_of(self.spark)
        self.kept = None
        self.last = dict.fromkeys(SUMS, 0)
        self.forgotten = 0

    def attempts(self, *states):
        return sorted(key for key, item in self.spark.stages.items() if item["status"] in states)

    @rule(target=jobs, stages=st.integers(1, 3), gap=st.sampled_from([0, 0, 0, 1, 2]))
    def start(self, stages, gap):
        return self.spark.start_job(stages, gap)

    @rule(data=st.data())
    def activate(self, data):
        for key in self.attempts("PENDING")[: data.draw(st.integers(0, 2))]:
            self.spark.activate(*key)

    @rule(data=st.data(), amount=st.integers(1, 1000))
    def work(self, data, amount):
        busy = [key for key, item in self.spark.stages.items() if item["numActiveTasks"]]
        if busy:
            self.spark.work(*data.draw(st.sampled_from(sorted(busy))), amount)

    @rule(data=st.data(), status=st.sampled_from(["COMPLETE", "FAILED"]), lingering=st.integers(0, 1))
    def finish(self, data, status, lingering):
        active = self.attempts("ACTIVE")
        if active:
            self.spark.finish(*data.draw(st.sampled_from(active)), status, lingering)

    @rule()
    def settle(self):
        for key in self.attempts("COMPLETE", "FAILED"):
            self.spark.settle(*key)

    @rule(job=jobs, data=st.data())
    def retry(self, job, data):
        done = {stage for stage, _ in self.attempts("COMPLETE", "FAILED")} & {
            *self.spark.jobs[job]["stageIds"]
        }
        if self.spark.jobs[job]["status"] == "RUNNING" and done:
            self.spark.retry(data.draw(st.sampled_from(sorted(done))))

    @rule(job=consumes(jobs), status=st.sampled_from(["SUCCEEDED", "FAILED"]))
    def end(self, job, status):
        self.spark.end_job(job, status)

    @precondition(lambda self: self.attempts("COMPLETE", "FAILED"))
    @rule()
    def forget(self):
        """What is old goes as something newer comes: the newest is there, so numbers tell what is gone."""
        key = self.attempts("COMPLETE", "FAILED")[0]
        if self.spark.stages[key]["numActiveTasks"] == 0 and key < max(self.spark.stages):
            self.spark.forget_stage(*key)
            self.forgotten += 1

    @rule()
    def poll(self):
        frame = self.stages.update().value
        found = totals(frame)
        assert all(self.last[name] <= found[name] <= self.spark.truth[name] for name in SUMS)
        self.last = found
        self.kept = kept_by(self.stages)

    @rule()
    def restart(self):
        """Another daemon takes over what this one kept: of stages, at its last poll."""
        self.stages = source_of(self.spark)
        if self.kept is not None:
            self.stages = succeed(self.stages, self.kept)
        self.jobs_source = succeed(jobs_of(self.spark), kept_by(self.jobs_source))

    @invariant()
    def jobs_are_counted_once(self):
        counted = values(self.jobs_source.update().value, "spark_app_jobs_total")
        assert counted[("succeeded",)] <= self.spark.jobs_ended["SUCCEEDED"]

    def teardown(self):
        for job, item in self.spark.jobs.items():
            if item["status"] == "RUNNING":
                self.spark.end_job(job)
        self.settle()
        for _ in range(2 * follow.NEAR + 2):
            frame = self.stages.update().value
            self.jobs_source.update()
        counted = values(self.jobs_source.update().value, "spark_app_jobs_total")
        assert {key[0]: value for key, value in counted.items()} == {
            "succeeded": self.spark.jobs_ended["SUCCEEDED"],
            "failed": self.spark.jobs_ended["FAILED"],
        }
        found, lost = totals(frame), self.spark.truth["inputRecords"] - totals(frame)["inputRecords"]
        if not self.forgotten:
            assert found == self.spark.truth
            names = {"COMPLETE": "completed", "FAILED": "failed"}
            assert self.jobs_source.skipped == self.spark.stages_ended["SKIPPED"]
            assert ended(frame) == {name: self.spark.stages_ended[status] for status, name in names.items()}
        elif lost:
            assert values(frame, "spark_exporter_missed_stages_total") > 0


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
