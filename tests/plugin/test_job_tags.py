"""Tags of jobs: which of them somebody means who names one."""

import pytest

SESSION = "spark-session-8c2f0d2e-9a54-4f7e-8a13-0c8b1f3b2a11"
THREAD = f"{SESSION}-thread-0d8c8f6a-3a0e-4b06-9f0e-3a5f0a1d7c22"
CONNECT = "SparkConnect_SessionTag_User_ann_Session_8c2f0d2e-9a54-4f7e-8a13-0c8b1f3b2a11_Tag"
OPERATION = "SparkConnect_OperationTag_User_ann_Session_8c2f0d2e-9a54-4f7e-8a13-0c8b1f3b2a11_Operation_1"
INTERNAL = [SESSION, f"{SESSION}-execution-root-id-3", OPERATION]


@pytest.mark.parametrize(
    ("tag", "running", "meant"),
    [
        ("night", ["night", "nightly"], ["night"]),
        ("night", [f"{THREAD}-night", f"{THREAD}-to-night", *INTERNAL], [f"{THREAD}-night"]),
        ("to-night", [f"{THREAD}-night", f"{THREAD}-to-night"], [f"{THREAD}-to-night"]),
        ("night", [f"{CONNECT}_night", "night"], [f"{CONNECT}_night", "night"]),
        ("night", [f"{CONNECT.replace('SessionTag', 'Execute')}_night".replace("_ann_", "__")], 1),
        (f"{THREAD}-night", [f"{THREAD}-night", f"{THREAD}-nights"], [f"{THREAD}-night"]),
        (".*", [f"{THREAD}-night", "night"], []),
        ("execution-root-id-3", INTERNAL, []),
        ("1", INTERNAL, []),
    ],
)
def test_the_tags_that_somebody_means(jvm, tag, running, meant):
    """As users set them, in a context, in a session and in one of Spark Connect."""
    found = jvm("job_tags", tag=tag, running=running)["meant"]
    assert found == (running if meant == 1 else meant)


@pytest.mark.parametrize(
    ("running", "instead"),
    [
        ([], "none that runs has a tag"),
        (INTERNAL, "none that runs has a tag"),
        (["b", f"{THREAD}-a", f"{CONNECT}_c", *INTERNAL], 'those that run have "a", "b", "c"'),
        (
            [f"t{number:02}" for number in range(13)],
            "those that run have " + ", ".join(f'"t{number:02}"' for number in range(10)) + " and 3 more",
        ),
    ],
)
def test_a_tag_that_no_job_has(jvm, running, instead):
    """The sentence says which there are."""
    sentence = jvm("job_tags", tag="night", running=running)["none"]
    assert sentence == f'no job with the tag "night" is running; {instead}'
