"""The service account of the daemon."""

import helm


def test_it_is_the_daemons_and_hands_out_no_token_of_itself():
    """The pod asks for the token where it needs one."""
    documents = helm.render()
    account = helm.one(documents, "ServiceAccount")
    spec = helm.one(documents, "Deployment")["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == account["metadata"]["name"] == "spark-exporter"
    assert account["automountServiceAccountToken"] is False


def test_name_and_annotations_are_the_users():
    """Such as those for a role of a cloud."""
    given = {"name": "metrics", "annotations": {"eks.amazonaws.com/role-arn": "arn"}}
    account = helm.one(helm.render({"serviceAccount": given}), "ServiceAccount")
    assert account["metadata"]["name"] == "metrics"
    assert account["metadata"]["annotations"] == given["annotations"]


def test_an_existing_one_is_used():
    """Nothing is made, and the role is bound to it."""
    documents = helm.render({"serviceAccount": {"create": False, "name": "theirs"}})
    assert helm.all_of(documents, "ServiceAccount") == []
    assert helm.one(documents, "RoleBinding")["subjects"][0]["name"] == "theirs"
    spec = helm.one(documents, "Deployment")["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == "theirs"


def test_none_for_sidecars():
    """They run as the driver does."""
    assert helm.all_of(helm.render({"mode": "sidecar"}), "ServiceAccount") == []
