"""Works out what a fleet of plain YAML and Jinja renders to, by other means than Terrace: PyYAML and Jinja2.

    pip install pyyaml==6.0.3 jinja2==3.1.6
    python testdata/fleets/expected.py testdata/fleets/hub-and-spoke

writes one file a cluster into testdata/fleets/hub-and-spoke.expected: each line an object, as JSON with sorted keys, with
the app it belongs to. A test compares them with what Terrace renders. It knows just what the example fleet needs.
"""
import copy, glob, json, os, re, sys
import jinja2, yaml

root = os.path.abspath(sys.argv[1])
out = root + ".expected"
os.chdir(root)

CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass",
                "StorageClass", "PriorityClass", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"}


def documents(text):
    return [d for d in yaml.load_all(text, Loader=yaml.SafeLoader) if d is not None]


def read(path):
    with open(path) as f:
        return f.read()


def spell(value):
    return {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else value


jinja = jinja2.Environment(undefined=jinja2.StrictUndefined, finalize=spell, keep_trailing_newline=True)
fleet = documents(read("terrace.yaml"))[0]["spec"]
fleet_name = documents(read("terrace.yaml"))[0]["metadata"]["name"]
# PyYAML is YAML 1.1 to the letter: the key `on` is True.
roots = [(r["path"], r.get("on", r.get(True))) for r in fleet["argocd"]["roots"]]
clusters = [documents(read(f))[0] for p in fleet["clusters"] for f in sorted(glob.glob(p))]


def merge(base, over):
    for key, value in over.items():
        if value is None:
            base.pop(key, None)
        elif isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = copy.deepcopy(value)
    return base


def selected(selector, labels):
    if not selector:
        return True
    for e in selector.get("matchExpressions", []):
        there = labels.get(e["key"]) in e["values"]
        if there != (e["operator"] == "In"):
            return False
    return all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items())


found = {}  # cluster -> [(app, default namespace, object)]


def add(cluster, app, namespace, objects):
    found.setdefault(cluster, []).extend((app, namespace, o) for o in objects)


def files(top, skip=()):
    for base, dirs, names in os.walk(top):
        dirs.sort()
        if not any(base == s or base.startswith(s + "/") for s in skip):
            yield from (os.path.join(base, n) for n in sorted(names))


def layered(cluster):
    name, labels, spec = cluster["metadata"]["name"], cluster["metadata"].get("labels", {}), cluster["spec"]
    seen = {"name": name, "labels": labels, "families": spec.get("families", []), "server": spec.get("server"),
            "revision": spec.get("revision"), "kubeVersion": spec.get("kubeVersion")}
    context = {"cluster": seen, "fleet": {"name": fleet_name}}
    values = {}
    for path in (jinja.from_string(v).render(**context) for v in fleet["values"]):
        if os.path.exists(path):
            merge(values, documents(read(path))[0] or {})
    merge(values, spec.get("values", {}))
    context["values"] = values
    for layer in fleet["layers"]:
        for path in filter(os.path.isdir, sorted(glob.glob(layer["path"]))):
            context["path"] = {"path": path, "basename": os.path.basename(path)}
            if "when" in layer and not jinja.compile_expression(layer["when"])(**context):
                continue
            if not selected(layer.get("clusters"), labels):
                continue
            instance = layer["name"] + ("-" + os.path.basename(path) if "*" in layer["path"] else "")
            context["layer"] = {"name": layer["name"], "instance": instance}
            bound = jinja.from_string(layer["namespace"]).render(**context) if "namespace" in layer else None
            apps = [(instance, path, (), {})]
            if not layer.get("tenant"):
                apps = []
                for stage in fleet["stages"]:
                    said = {os.path.dirname(p): documents(read(p))[0]["spec"]
                            for p in glob.glob(f"{path}/{stage}/**/app.yaml", recursive=True)}
                    inner = sorted(set(said) - {f"{path}/{stage}"})
                    apps.append((f"{instance}-{stage}", f"{path}/{stage}", tuple(inner), said.get(f"{path}/{stage}", {})))
                    apps += [(os.path.basename(d), d, (), said[d]) for d in inner]
            for app, top, skip, said in apps:
                context["app"] = {"name": app, "namespace": said.get("namespace", bound)}
                enable = said.get("enable", True)
                if isinstance(enable, str):
                    enable = yaml.safe_load(jinja.from_string(enable).render(**context))
                if not enable or values.get("apps", {}).get(app, {}).get("enable", True) is False:
                    continue
                for f in files(top, skip):
                    if f.endswith(".j2"):
                        add(name, app, said.get("namespace", bound), documents(jinja.from_string(read(f)).render(**context)))
                    elif f.endswith((".yaml", ".yml", ".json")) and not f.endswith(("/app.yaml", "/layer.yaml")):
                        add(name, app, said.get("namespace", bound), documents(read(f)))


def matches(pattern, path):
    words = {"*": ".*", "?": ".", "{": "(?:", "}": ")", ",": "|"}
    return re.fullmatch("".join(words.get(c, re.escape(c)) for c in pattern), path)


met = set()


def expand(hub, manifests):
    for application in manifests:
        name = application["metadata"]["name"]
        if application["kind"] != "Application" or (hub, name) in met:
            continue
        met.add((hub, name))
        spec = application["spec"]
        to, source = spec["destination"], spec["source"]
        if to.get("name") == "in-cluster" or to.get("server") == "https://kubernetes.default.svc":
            cluster = hub
        else:
            cluster = next(c["metadata"]["name"] for c in clusters
                           if c["metadata"]["name"] == to.get("name") or c["spec"].get("server") == to.get("server"))
        directory = source.get("directory", {})
        for f in files(source["path"]):
            path = os.path.relpath(f, source["path"])
            if not path.endswith((".yaml", ".yml", ".json")) or ("/" in path and not directory.get("recurse")):
                continue
            if "include" in directory and not matches(directory["include"], path):
                continue
            if "exclude" in directory and matches(directory["exclude"], path):
                continue
            objects = documents(read(f))
            add(cluster, name, to["namespace"], [o for o in objects if o["kind"] != "Application"])
            expand(cluster, objects)
        if "CreateNamespace=true" in spec.get("syncPolicy", {}).get("syncOptions", []):
            namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": to["namespace"]}}
            wanted.append((cluster, name, namespace))


wanted = []
for cluster in clusters:
    layered(cluster)
for path, on in roots:
    for cluster in clusters:
        if selected(on, cluster["metadata"].get("labels", {})):
            expand(cluster["metadata"]["name"], [o for f in sorted(glob.glob(path + "/*.yaml")) for o in documents(read(f))])
# The first app by name that asks for a namespace which nobody declares makes it.
for cluster, app, namespace in sorted(wanted, key=lambda w: (w[0], w[1])):
    name = namespace["metadata"]["name"]
    there = {o["metadata"]["name"] for _, _, o in found.get(cluster, []) if o["kind"] == "Namespace"}
    if name not in there | {"default", "kube-system", "kube-public", "kube-node-lease"}:
        add(cluster, app, None, [namespace])

os.makedirs(out, exist_ok=True)
for cluster, objects in found.items():
    wide = set(CLUSTER_WIDE)
    for _, _, o in objects:
        if o["kind"] == "CustomResourceDefinition" and o["spec"]["scope"] == "Cluster":
            wide.add(o["spec"]["names"]["kind"])
    lines = []
    for app, namespace, o in objects:
        if o["kind"] in wide:
            o["metadata"].pop("namespace", None)
        elif namespace and "namespace" not in o["metadata"]:
            o["metadata"]["namespace"] = namespace
        lines.append(json.dumps({"app": app, "object": o}, sort_keys=True, default=str))
    with open(f"{out}/{cluster}.jsonl", "w") as f:
        f.writelines(line + "\n" for line in sorted(lines))
