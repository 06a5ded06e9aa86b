"""Operations of Spark Connect: each is counted once, and what Spark forgot is missed."""

from fake_spark import FakeSpark, values
from rest_rig import driver, make

from exporter.daemon.sources.connect import ConnectSource


def test_connect_operations_are_counted_once():
    """What Spark has closed after a failure is a failure; what it forgets stays counted."""
    spark = driver("4.3.0")
    source = make(ConnectSource, spark)
    for _ in range(2):
        frame = source.update().value
    assert values(frame, "spark_connect_sessions") == 1
    assert values(frame, "spark_connect_operations_active")[("started",)] == 1
    ended = {("finished",): 3.0, ("failed",): 1.0, ("canceled",): 0.0}
    assert values(frame, "spark_connect_operations_ended_total") == ended
    spark.answers["connect/operations"] = []

    assert values(source.update().value, "spark_connect_operations_ended_total") == ended


def test_connect_operations_that_were_canceled():
    """Spark closes them without a word; their last query has failed, and they have not."""
    spark = FakeSpark()
    spark.answers["connect/sessions"] = [{"finishTimestamp": 0}]
    closed = {"state": "CLOSED", "detail": "", "duration": 1_000}
    spark.answers["connect/operations"] = [
        closed | {"operationId": "canceled", "sqlExecIds": ["10", "9"]},
        closed | {"operationId": "finished", "sqlExecIds": ["9"]},
        closed | {"operationId": "forgotten", "sqlExecIds": ["8"]},
        closed | {"operationId": "without a query", "sqlExecIds": []},
        closed | {"operationId": "junk", "sqlExecIds": ["../jobs", None, 3]},
        closed | {"operationId": "failed", "sqlExecIds": ["10"], "detail": "division by zero"},
    ]
    spark.answers["sql/10"] = {"id": 10, "status": "FAILED"}
    spark.answers["sql/9"] = {"id": 9, "status": "COMPLETED"}
    frame = make(ConnectSource, spark).update().value

    ended = {("finished",): 4.0, ("failed",): 1.0, ("canceled",): 1.0}
    assert values(frame, "spark_connect_operations_ended_total") == ended


def connected(operations, started=0):
    """Return a driver with one session."""
    spark = FakeSpark()
    spark.answers["connect/sessions"] = [{"sessionId": "s", "finishTimestamp": 0, "totalExecution": started}]
    spark.answers["connect/operations"] = operations
    return spark


def operation(number, state="CLOSED", query=None):
    """Return an operation as Spark lists it."""
    listed = {"operationId": str(number), "sessionId": "s", "state": state, "finishTimestamp": 1000 - number}
    return listed | {"detail": "", "duration": 1_000, "sqlExecIds": [] if query is None else [str(query)]}


def of_connect(source):
    """Return what an update says of operations: finished and canceled ones, missed ones."""
    frame = source.update().value
    ended = values(frame, "spark_connect_operations_ended_total")
    return (
        ended["finished",],
        ended["canceled",],
        values(frame, "spark_exporter_missed_connect_operations_total"),
    )


def test_connect_operations_that_are_too_many_to_ask_about_are_put_off():
    """Those that ended first are asked about first, the others as soon as may be; each is counted once."""
    spark = connected([operation(number, query=number) for number in range(30)], started=30)
    for number in range(30):
        spark.answers[f"sql/{number}"] = {"id": number, "status": "FAILED"}
    source = make(ConnectSource, spark)

    assert of_connect(source) == (0, 20, 0)
    assert source.every == 1
    spark.answers["connect/operations"] = spark.answers["connect/operations"][:10]
    assert of_connect(source) == (0, 30, 0)
    assert source.every == 3
    assert of_connect(source) == (0, 30, 0)


def test_connect_operations_that_spark_forgot_are_missed():
    """Before they were listed, as they ran, and before they were asked about; a session tells of all."""
    spark = connected([operation(number, "FINISHED") for number in range(200)], started=200)
    source = make(ConnectSource, spark)
    assert of_connect(source) == (200, 0, 0)
    spark.answers |= connected([operation(number, "FINISHED") for number in range(500, 700)], 700).answers
    assert of_connect(source) == (400, 0, 300)
    assert of_connect(source) == (400, 0, 300)
    spark.answers |= connected([operation(700, "STARTED")], 700).answers
    assert of_connect(source) == (400, 0, 300)
    spark.answers |= connected([operation(number, query=1) for number in range(701, 726)], 726).answers
    assert of_connect(source) == (420, 0, 301)
    spark.answers["connect/operations"] = []

    assert of_connect(source) == (420, 0, 306)
    assert of_connect(make(ConnectSource, connected([], 7))) == (0, 0, 7)


def test_a_session_of_connect_that_is_late_misses_nothing():
    """Spark lists an operation first, and may be late to count it in its session, or to list that."""
    spark = connected([operation(number, "FINISHED") for number in range(5)], started=3)
    spark.answers["connect/sessions"][0]["sessionId"] = "other"
    spark.answers["connect/sessions"][0]["totalExecution"] = 0
    source = make(ConnectSource, spark)
    assert of_connect(source) == (5, 0, 0)
    spark.answers |= connected(spark.answers["connect/operations"][:1], 3).answers
    assert of_connect(source) == (5, 0, 0)
    spark.answers |= connected([], 6).answers
    assert of_connect(source) == (5, 0, 1)
    spark.answers |= connected([], 0).answers
    spark.answers["connect/sessions"] = []

    assert of_connect(source) == (5, 0, 1)


def test_connect_that_does_not_answer_for_once_is_not_counted_twice():
    """Nothing is known then."""
    spark = connected([operation(1, "FINISHED"), operation(2, "STARTED")], started=2)
    source = make(ConnectSource, spark)
    assert of_connect(source) == (1, 0, 0)
    lists = spark.answers
    spark.answers = {}
    assert of_connect(source) == (1, 0, 0)
    spark.answers = lists

    assert of_connect(source) == (1, 0, 0)
