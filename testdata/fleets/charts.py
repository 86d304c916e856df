"""Has Helm render the charts of the fleet `charts`, each with the flags that Argo CD would give (argo-cd 3.5, util/helm/cmd.go).

    pip install pyyaml==6.0.3
    HELM=helm python testdata/fleets/charts.py

with Helm v4.2.4 writes one file a cluster into testdata/fleets/charts.expected: each line an object, as JSON with sorted
keys, with the app it belongs to. A test compares them with what Terrace renders. Dependencies that aren't vendored are
put into a copy of the chart first, as `helm dependency build` would.
"""
import json, os, shutil, subprocess, tempfile
import yaml

here = os.path.dirname(os.path.abspath(__file__))
fleet, out = os.path.join(here, "charts"), os.path.join(here, "charts.expected")
helm = os.environ.get("HELM", "helm")
assert "4.2" in subprocess.check_output([helm, "version", "--short"], text=True)

CLUSTER_WIDE = {"Namespace", "CustomResourceDefinition"}
PROD = ["--kube-version", "1.33.4", "--api-versions", "monitoring.coreos.com/v1",
        "--api-versions", "monitoring.coreos.com/v1/ServiceMonitor"]
DEV = ["--kube-version", "1.31"]


def inline(text):
    """A values file of what stands in a manifest."""
    file = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
    file.write(text)
    file.close()
    return ["--values", file.name]


def web(app, *files):
    values = [arg for f in files for arg in ("--values", os.path.join(fleet, "environments", f))]
    return ["--set", r"greeting=hello\, world from " + app, "--set", "hosts={a.example,b.example}",
            "--set-string", "image.tag=1.26", "--set-file", "motd=" + os.path.join(fleet, "environments/motd.txt"), *values]


def monitoring(cluster):
    return inline(f"externalUrl: https://monitoring.{cluster}.acme.example\n")


def fleet_values(text):
    return inline("resources: {limits: null}\n" + text)


QUEUE = "vendor/registry/queue-0.3.0.tgz"
REPORTS = "vendor/charts/reports-2.1.3.tgz"
BASE = "baseline/resources/monitoring"
# (cluster, app, namespace of objects that name none, chart, release, namespace of the release, flags)
CALLS = [
    ("prod-01", "web-prod-01", "web", "charts/web", "web", "web",
     [*PROD, *web("web-prod-01", "all.yaml", "web/prod-01.yaml"), "--include-crds"]),
    ("dev-01", "web-dev-01", "web", "charts/web", "web", "web",
     [*DEV, *web("web-dev-01", "all.yaml"), "--include-crds"]),
    ("prod-01", "gateway", "gateway", "charts/gateway", "gateway", "gateway",
     ["--kube-version", "1.30.2", "--api-versions", "gateway.networking.k8s.io/v1",
      "--api-versions", "gateway.networking.k8s.io/v1/HTTPRoute",
      *inline("class: internal\nroutes: [{host: a.example, service: web}]\nweb: {replicas: 3}\nglobal: {team: edge}\n")]),
    ("prod-01", "reports", "reports", REPORTS, "reports", "reports-system",
     [*PROD, *inline('schedule: "0 4 * * *"\nenv: {TZ: Europe/Berlin}\n'), "--include-crds"]),
    ("dev-01", "queue", "queue", QUEUE, "queue", "queue", [*DEV, "--include-crds"]),
    ("prod-01", "monitoring", "monitoring", BASE, "monitoring", "monitoring",
     [*PROD, "--values", os.path.join(fleet, BASE, "values-production.yaml"), *monitoring("prod-01"),
      *fleet_values("retention: 90d\nreplicas: 2\n")]),
    ("dev-01", "monitoring", "monitoring", BASE, "monitoring", "monitoring",
     [*DEV, *monitoring("dev-01"), *fleet_values("retention: 30d\n")]),
    ("prod-01", "cache", "cache", "vendor/charts/cache", "cache-production", "cache",
     [*PROD, *inline("size: 8Gi\n"), "--include-crds"]),
    ("dev-01", "cache", "cache", "vendor/charts/cache", "cache-development", "cache",
     [*DEV, *inline("size: 1Gi\n"), "--include-crds"]),
]
# What `helm dependency build` would put into charts/.
DEPENDENCIES = {"charts/gateway": ["charts/web"], BASE: ["vendor/charts/reports-2.2.0.tgz"]}

lines = {}


def add(cluster, app, namespace, o):
    if o["kind"] in CLUSTER_WIDE:
        o["metadata"].pop("namespace", None)
    else:
        o["metadata"].setdefault("namespace", namespace)
    lines.setdefault(cluster, []).append(json.dumps({"app": app, "object": o}, sort_keys=True))


for cluster, app, namespace, chart, release, in_namespace, flags in CALLS:
    with tempfile.TemporaryDirectory() as copy:
        place = os.path.join(fleet, chart)
        if os.path.isdir(place):
            place = shutil.copytree(place, os.path.join(copy, "chart"))
        for dependency in DEPENDENCIES.get(chart, []):
            source, target = os.path.join(fleet, dependency), os.path.join(place, "charts", os.path.basename(dependency))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)
        call = [helm, "template", place, "--name-template", release, "--namespace", in_namespace, *flags]
        text = subprocess.check_output(call, text=True)
    for o in yaml.safe_load_all(text):
        # A hook that no sync runs.
        if o and o["metadata"].get("annotations", {}).get("helm.sh/hook") != "test":
            add(cluster, app, namespace, o)
for cluster in ["prod-01", "dev-01"]:
    app = f"web-{cluster}"
    add(cluster, app, None, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web"}})

os.makedirs(out, exist_ok=True)
for cluster, found in lines.items():
    with open(f"{out}/{cluster}.jsonl", "w") as f:
        f.writelines(line + "\n" for line in sorted(found))
