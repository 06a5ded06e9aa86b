"""The API server that the other tests rely on does what a cluster's does."""

import yaml

import helm

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
SECURE = {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": "main",
            "image": "spark",
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
    ],
}


def allow_reading_pods(server, namespace, account):
    """Give a new service account the right to read the pods of its namespace."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    server.admin.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": account}})
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
    server.admin.create(f"{rbac}/roles", {"metadata": {"name": "reader"}, "rules": [rule]})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"}
    subject = {"kind": "ServiceAccount", "name": account, "namespace": namespace}
    binding = {"metadata": {"name": "reader"}, "roleRef": role, "subjects": [subject]}
    server.admin.create(f"{rbac}/rolebindings", binding)


def test_what_was_created_is_there_after_a_restart_at_the_same_address(api_server):
    namespace = api_server.namespace("spark")
    api_server.create_pod(namespace, "driver", labels={"spark-role": "driver"})
    token = api_server.token(namespace, "default")
    url = api_server.url
    api_server.restart()
    assert api_server.url == url
    found = api_server.admin.checked("GET", f"/api/v1/namespaces/{namespace}/pods")
    assert [pod["metadata"]["name"] for pod in found["items"]] == ["driver"]
    review = {"spec": {"token": token}}
    answer = api_server.admin.create("/apis/authentication.k8s.io/v1/tokenreviews", review)
    assert answer["status"]["user"]["username"] == "system:serviceaccount:spark:default"


def test_a_user_without_a_role_may_do_nothing(shared_api_server, namespace):
    answer = shared_api_server.session("nobody").get(f"/api/v1/namespaces/{namespace}/pods")
    assert answer.status_code == 403
    assert 'User "nobody" cannot list resource "pods"' in answer.json()["message"]


def test_a_request_without_credentials_reads_no_pods(shared_api_server, namespace):
    session = shared_api_server.session("nobody")
    session.cert = None
    assert session.get(f"/api/v1/namespaces/{namespace}/pods").status_code in (401, 403)


def test_a_service_account_may_do_what_its_role_says_and_nothing_else(shared_api_server, namespace):
    allow_reading_pods(shared_api_server, namespace, "reader")
    session = shared_api_server.session_of(namespace, "reader")
    pods = f"/api/v1/namespaces/{namespace}/pods"
    assert session.checked("GET", pods)["items"] == []
    assert session.get(f"/api/v1/namespaces/{namespace}/secrets").status_code == 403
    assert session.get("/api/v1/namespaces/default/pods").status_code == 403
    assert session.post(pods, json={"metadata": {"name": "mine"}}).status_code == 403


def test_a_pod_goes_through_its_life_as_the_test_says(shared_api_server, namespace):
    created = shared_api_server.create_pod(
        namespace, "driver", labels={"spark-role": "driver"}, ports={"spark-ui": 4040}
    )
    assert created["status"]["phase"] == "Pending"
    running = shared_api_server.run_pod(namespace, "driver", "127.0.0.2")
    assert (running["status"]["phase"], running["status"]["podIP"]) == ("Running", "127.0.0.2")
    ended = shared_api_server.patch_pod(namespace, "driver", phase="Succeeded")
    assert (ended["status"]["phase"], ended["status"]["podIP"]) == ("Succeeded", "127.0.0.2")
    shared_api_server.delete_pod(namespace, "driver")
    answer = shared_api_server.admin.get(f"/api/v1/namespaces/{namespace}/pods/driver")
    assert answer.status_code == 404


def test_a_restricted_namespace_takes_secure_pods_only(shared_api_server):
    namespace = shared_api_server.namespace("restricted", RESTRICTED)
    pods = f"/api/v1/namespaces/{namespace}/pods"
    body = {"metadata": {"name": "loose"}, "spec": {"containers": [{"name": "main", "image": "spark"}]}}
    answer = shared_api_server.admin.post(pods, json=body)
    assert answer.status_code == 403
    assert 'violates PodSecurity "restricted:latest"' in answer.json()["message"]
    shared_api_server.create_pod(namespace, "secure", spec=SECURE)


def test_helm_may_do_what_the_account_of_its_kubeconfig_may(shared_api_server, namespace):
    allow_reading_pods(shared_api_server, namespace, "reader")
    kubeconfig = shared_api_server.kubeconfig_of_account(namespace, "reader")
    answer = helm.run("list", f"--kubeconfig={kubeconfig}", f"--namespace={namespace}")
    assert answer.returncode != 0
    account = f"system:serviceaccount:{namespace}:reader"
    assert f'User "{account}" cannot list resource "secrets"' in answer.stderr


def test_helm_installs_and_uninstalls_a_chart(shared_api_server, namespace, tmp_path):
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "one", "version": "1.0.0"}))
    (chart / "templates" / "map.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: version}\n"
        "data: {kubernetes: {{ .Capabilities.KubeVersion.Version }}}\n"
    )
    flags = [f"--kubeconfig={shared_api_server.kubeconfig}", f"--namespace={namespace}"]
    path = f"/api/v1/namespaces/{namespace}/configmaps/version"
    installed = helm.run("install", "one", chart, *flags)
    assert installed.returncode == 0, installed.stderr
    served = shared_api_server.admin.checked("GET", "/version")["gitVersion"]
    assert shared_api_server.admin.checked("GET", path)["data"] == {"kubernetes": served}
    removed = helm.run("uninstall", "one", *flags)
    assert removed.returncode == 0, removed.stderr
    assert shared_api_server.admin.get(path).status_code == 404
