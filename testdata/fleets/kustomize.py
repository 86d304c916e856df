"""Has kustomize build the fleet `kustomize`, called as Argo CD calls it (argo-cd 3.3, util/kustomize/kustomize.go).

    pip install pyyaml==6.0.3
    KUSTOMIZE=kustomize HELM=helm python testdata/fleets/kustomize.py

with kustomize v5.8.1 (and a Helm for the one chart) writes one file a cluster into testdata/fleets/kustomize.expected: each
line an object, as JSON with sorted keys, with the app it belongs to. A test compares them with what Terrace renders. What
stands elsewhere is found in `vendor/`; patches of layers are applied by kustomizations of their own, in order.
"""
import json, os, shutil, subprocess, sys, tempfile
import yaml

here = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(here, "../kustomize/overrides"))
from argocd import edit, run
fleet, out = os.path.join(here, "kustomize"), os.path.join(here, "kustomize.expected")
kustomize, helm = os.environ.get("KUSTOMIZE", "kustomize"), os.environ.get("HELM", "helm")
assert "v5.8.1" in subprocess.check_output([kustomize, "version"], text=True)

CLUSTER_WIDE = {"Namespace", "CustomResourceDefinition"}
KUBE = {"prod-01": "1.33", "dev-01": "1.31"}
RAW = "https://raw.githubusercontent.com/acme/bases/v1.2.0/"


def build(path, *flags):
    return [o for o in yaml.safe_load_all(run(path, "build", ".", *flags)) if o]


def copied():
    """A copy of the fleet in which what stands elsewhere is named by paths."""
    place = os.path.join(tempfile.mkdtemp(), "fleet")
    shutil.copytree(fleet, place)
    path = os.path.join(place, "overlays/elsewhere")
    file = os.path.join(path, "kustomization.yaml")
    text = open(file).read().replace("https://github.com/acme/bases//queue?ref=v1.2.0", "../../vendor/bases/queue")
    text = text.replace(RAW + "policies/deny-all.yaml", "deny-all.yaml")
    open(file, "w").write(text)
    shutil.copy(os.path.join(place, "vendor/bases/policies/deny-all.yaml"), path)
    return place


def merged(source, path, app):
    """What `.argocd-source.yaml` and `.argocd-source-<app>.yaml` make of a source: JSON merge patches."""
    def merge(a, b):
        if not isinstance(b, dict):
            return b
        a = dict(a) if isinstance(a, dict) else {}
        for k, v in b.items():
            if v is None:
                a.pop(k, None)
            else:
                a[k] = merge(a.get(k), v)
        return a
    for name in [".argocd-source.yaml", f".argocd-source-{app}.yaml"]:
        file = os.path.join(path, name)
        if os.path.exists(file):
            source = merge(source, yaml.safe_load(open(file)))
    return source


def application(o):
    app, source = o["metadata"]["name"], o["spec"]["source"]
    cluster, namespace = o["spec"]["destination"]["name"], o["spec"]["destination"]["namespace"]
    path = os.path.join(copied(), source["path"])
    opts = merged(source, path, app).get("kustomize", {})
    edit(path, opts, {"ARGOCD_APP_NAME": app, "ARGOCD_APP_NAMESPACE": namespace})
    flags = ["--enable-helm", "--helm-command", helm, "--helm-kube-version", opts.get("kubeVersion", KUBE[cluster])]
    for version in opts.get("apiVersions", []):
        flags += ["--helm-api-versions", version]
    return cluster, app, placed(build(path, *flags), namespace)


def placed(objects, namespace):
    for o in objects:
        if o["kind"] in CLUSTER_WIDE:
            o["metadata"].pop("namespace", None)
        else:
            o["metadata"].setdefault("namespace", namespace)
    return objects


def patched(objects, *patches):
    """Objects changed by patches of layers, each with the directory that its `path` is relative to."""
    for base, patch in patches:
        patch = {k: v for k, v in patch.items()}
        if "path" in patch:
            patch["patch"] = open(os.path.join(fleet, base, patch.pop("path"))).read()
        patch["target"] = {k: v for k, v in patch.get("target", {}).items() if k != "app"}
        if not patch["target"]:
            del patch["target"]
            # Without a target the object is the one that the patch names, in whatever namespace it is.
            body = yaml.safe_load(patch["patch"])
            if isinstance(body, dict):
                group = body["apiVersion"].rpartition("/")[0]
                patch["target"] = {"kind": body["kind"], "name": body["metadata"]["name"], "group": group}
        with tempfile.TemporaryDirectory() as place:
            yaml.safe_dump_all(objects, open(os.path.join(place, "objects.yaml"), "w"))
            yaml.safe_dump({"resources": ["objects.yaml"], "patches": [patch]},
                           open(os.path.join(place, "kustomization.yaml"), "w"))
            objects = build(place)
    return objects


def patches_of(path):
    return [(os.path.dirname(path), p) for p in yaml.safe_load(open(os.path.join(fleet, path)))["spec"]["patches"]]


lines = {"prod-01": [], "dev-01": []}


def add(cluster, app, objects):
    lines[cluster] += [json.dumps({"app": app, "object": o}, sort_keys=True) for o in objects]


def plain(path, namespace):
    return placed(list(yaml.safe_load_all(open(os.path.join(fleet, path)))), namespace)


own = patches_of("baseline/resources/monitoring/app.yaml")
monitoring, web, quotas = patches_of("hardening/layer.yaml")
shop = patches_of("teams/shop/layer.yaml")[0]
shop = (shop[0], {**shop[1], "target": {**shop[1]["target"], "namespace": "shop"}})

for o in build(os.path.join(fleet, "argocd")):
    cluster, app, objects = application(o)
    if app in ["production", "images"]:
        objects = patched(objects, web)
    add(cluster, app, objects)
for cluster in lines:
    hard = cluster == "prod-01"
    objects = plain("baseline/resources/monitoring/monitoring.yaml", "monitoring")
    add(cluster, "monitoring", patched(objects, *own, *([monitoring] if hard else [])))
    objects = placed(build(os.path.join(fleet, "baseline/resources/quota")), "platform")
    add(cluster, "quota", patched(objects, *([quotas] if hard else []), shop))
    add(cluster, "teams-shop", plain("teams/shop/shop.yaml", "shop"))
add("prod-01", "hardening-resources", plain("hardening/resources/policies.yaml", None))

os.makedirs(out, exist_ok=True)
for cluster, found in lines.items():
    with open(f"{out}/{cluster}.jsonl", "w") as f:
        f.writelines(line + "\n" for line in sorted(found))
