"""The token that the chart generates."""

import helm


def secrets(values=None):
    return helm.all_of(helm.render(values), "Secret")


def test_each_rendering_has_a_token_of_its_own():
    """It is random: nobody knows that of another installation."""
    (made,) = secrets()
    (again,) = secrets({"podLabels": {"another": "rendering"}})
    assert again["data"] != made["data"]


def test_drivers_elsewhere_have_the_same_token():
    """One for all namespaces, though it is random."""
    made = secrets({"discovery": {"namespaces": ["etl", "ml"]}})
    assert len(made) == 3
    assert len({one["data"]["token"] for one in made}) == 1
