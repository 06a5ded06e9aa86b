"""The StatefulSet of daemons that share the applications, or remember them."""

import helm


def stateful(values):
    return helm.one(helm.render(values), "StatefulSet")


def test_each_shard_knows_its_number_and_how_many_there_are():
    """The number comes from the pod's name, so that all pods have one template."""
    values = {"sharding": {"shards": 3}}
    made = stateful(values)
    container = helm.daemon([made])
    assert made["spec"]["replicas"] == 3
    assert "--total-shards=3" in container["args"]
    assert container["env"] == [
        {"name": "SPARK_EXPORTER_SHARD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    ]


def test_shards_start_without_waiting_and_have_the_service():
    """No shard needs another; their names are resolved by the Service."""
    documents = helm.render({"sharding": {"shards": 2}})
    spec = helm.one(documents, "StatefulSet")["spec"]
    assert spec["podManagementPolicy"] == "Parallel"
    assert spec["serviceName"] == helm.one(documents, "Service")["metadata"]["name"]


def test_shards_are_spread_over_nodes():
    """As far as that is possible, by the labels that they have."""
    spec = stateful({"sharding": {"shards": 2}})["spec"]
    (constraint,) = spec["template"]["spec"]["topologySpreadConstraints"]
    assert constraint["topologyKey"] == "kubernetes.io/hostname"
    assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
    assert constraint["labelSelector"] == spec["selector"]


def test_without_volumes_the_state_lasts_as_long_as_the_pod():
    """An emptyDir outlives the container and not the pod."""
    spec = stateful({"sharding": {"shards": 2}})["spec"]
    assert "volumeClaimTemplates" not in spec
    assert {"name": "state", "emptyDir": {}} in spec["template"]["spec"]["volumes"]


def test_a_volume_for_each_daemon():
    """With persistence the state is on a volume of the wanted size and class, also for one daemon alone."""
    made = stateful({"persistence": {"enabled": True, "size": "5Gi", "storageClass": "fast"}})
    (claim,) = made["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "5Gi"
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["metadata"]["name"] == "state"
    assert made["spec"]["replicas"] == 1
    assert "env" not in helm.daemon([made])
    assert not any("shard" in argument for argument in helm.daemon([made])["args"])


def test_no_storage_class_is_the_clusters_default():
    """An empty one is left out, as an empty name would mean none."""
    (claim,) = stateful({"persistence": {"enabled": True}})["spec"]["volumeClaimTemplates"]
    assert "storageClassName" not in claim["spec"]


def test_no_statefulset_by_default():
    """One daemon that remembers nothing is a Deployment."""
    assert helm.all_of(helm.render(), "StatefulSet") == []
