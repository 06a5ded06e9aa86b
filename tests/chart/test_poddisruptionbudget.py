"""The PodDisruptionBudget."""

import helm


def test_one_daemon_at_a_time():
    """It fits the pods, and lets nodes be drained even if there is one daemon alone."""
    documents = helm.render({"podDisruptionBudget": {"enabled": True}})
    spec = helm.one(documents, "PodDisruptionBudget")["spec"]
    assert spec["maxUnavailable"] == 1
    assert "minAvailable" not in spec
    assert spec["selector"] == helm.one(documents, "Deployment")["spec"]["selector"]


def test_how_many_may_be_away_is_the_users():
    """As a number or as a part."""
    for given in (2, "50%"):
        values = {"podDisruptionBudget": {"enabled": True, "maxUnavailable": given}}
        assert helm.one(helm.render(values), "PodDisruptionBudget")["spec"]["maxUnavailable"] == given


def test_none_by_default():
    """It is for those who have several."""
    assert helm.all_of(helm.render(), "PodDisruptionBudget") == []
