"""Has kustomize v5.8.1 change kustomizations as Argo CD has it do, and keeps what came out.

    pip install pyyaml==6.0.3
    KUSTOMIZE=kustomize python testdata/kustomize/overrides/make.py

writes overrides.jsonl: a line a case with the kustomization before, `spec.source.kustomize`, and the kustomization after
or what kustomize said. The directory `app/overlay` has it; `app/components/{one,two}` are components.
"""
import json, os, subprocess, tempfile
import yaml
from argocd import Refused, edit, kustomize

here = os.path.dirname(os.path.abspath(__file__))
assert "v5.8.1" in subprocess.check_output([kustomize, "version"], text=True)
ENV = {"ARGOCD_APP_NAME": "shop", "ARGOCD_APP_NAMESPACE": "prod"}

IMAGES = """
images:
- {name: zeta, newTag: "1"}
- {name: nginx, newName: registry.example.com/nginx, newTag: "1.27", tagSuffix: -slim}
- {name: nginx, newTag: "0"}
- {name: api, digest: "sha256:00"}
"""
IMAGE_TAGS = "imageTags:\n- {name: nginx, newTag: '1'}\n"
LABELS = """
commonLabels: {app: web}
labels:
- {pairs: {tier: front}, includeSelectors: true}
- {pairs: {team: a}}
- {pairs: {owner: x}}
- {pairs: {env: dev}, includeTemplates: true, fields: [{path: spec/labels, create: true}]}
"""
CASES = [
    ("names are set", "namePrefix: a-\nnameSuffix: -b\nnamespace: one\n",
     {"namePrefix": "-x-", "nameSuffix": "-y", "namespace": "two"}),
    ("names are added", "resources: []\n", {"namePrefix": "x-", "namespace": "two"}),
    ("new names", IMAGES, {"images": ["nginx=docker.io/library/nginx", "a=b", "=plain:1"]}),
    ("tags", IMAGES, {"images": ["nginx:1.29", "localhost:5000/web:2", "new:3", "repo/with/dir:4"]}),
    ("digests", IMAGES, {"images": ["nginx@sha256:11", "api:2@sha256:22", "old=new:1@sha256:33", "host:1/x@sha256:44"]}),
    ("an asterisk keeps", IMAGES, {"images": ["nginx=*:1.30", "api=new/api@*", "zeta:*@sha256:55", "unknown=*:*@*"]}),
    ("the last image of a name wins", "resources: []\n", {"images": ["a:1", "a:2", "a=b:3"]}),
    ("variables in images", "resources: []\n", {"images": ["web:$ARGOCD_APP_NAME", "db=${ARGOCD_APP_NAMESPACE}/db:1"]}),
    ("images that were deprecated", IMAGE_TAGS, {"images": ["api:2"]}),
    ("an image that says nothing", IMAGES, {"images": ["nginx"]}),
    ("replicas", "replicas:\n- {name: web, count: 1}\n- {name: web, count: 9}\n- {name: zeta, count: 2}\n",
     {"replicas": [{"name": "zeta", "count": 0}, {"name": "api", "count": "3"}, {"name": "api", "count": 4}]}),
    ("labels", LABELS, {"commonLabels": {"zone": "eu", "a": "1"}}),
    ("a label that is there", LABELS, {"commonLabels": {"app": "other"}}),
    ("a label by force", LABELS, {"commonLabels": {"app": "other", "b": ""}, "forceCommonLabels": True}),
    ("labels without selectors", LABELS, {"commonLabels": {"x": "1", "zz": "2"}, "labelWithoutSelector": True}),
    ("a label without selectors that is there", LABELS, {"commonLabels": {"team": "b"}, "labelWithoutSelector": True}),
    ("a label that another entry has", LABELS, {"commonLabels": {"owner": "y"}, "labelWithoutSelector": True}),
    ("labels in templates", LABELS,
     {"commonLabels": {"env": "prod"}, "labelWithoutSelector": True, "labelIncludeTemplates": True, "forceCommonLabels": True}),
    ("labels in templates where none were", "resources: []\n",
     {"commonLabels": {"env": "prod", "a": "$ARGOCD_APP_NAME"}, "labelWithoutSelector": True, "labelIncludeTemplates": True}),
    ("quotes around a label", "resources: []\n", {"commonLabels": {"a": '"quoted"', "b": 'half"', "c": "a:b", "d": '"'}}),
    ("annotations", "commonAnnotations: {a: b}\n", {"commonAnnotations": {"c": "$ARGOCD_APP_NAME", "b": "x: y"}}),
    ("annotations with variables", "resources: []\n",
     {"commonAnnotations": {"c": "in $ARGOCD_APP_NAMESPACE"}, "commonAnnotationsEnvsubst": True}),
    ("an annotation that is there", "commonAnnotations: {a: b}\n", {"commonAnnotations": {"a": "c"}}),
    ("an annotation by force", "commonAnnotations: {a: b}\n", {"commonAnnotations": {"a": "c"}, "forceCommonAnnotations": True}),
    ("patches", "patches:\n- {path: own.yaml}\n",
     {"patches": [{"path": "more.yaml", "target": {"kind": "Deployment", "labelSelector": "a=b"}},
                  {"patch": "- {op: remove, path: /a}", "target": {"name": "x"}, "options": {"allowNameChange": True}}]}),
    ("patches where none were", "resources: []\n", {"patches": [{"path": "more.yaml"}]}),
    ("components", "components: [../components/one]\n", {"components": ["../components/one", "../components/two"]}),
    ("components by a pattern", "resources: []\n", {"components": ["../components/*"]}),
    ("components by a pattern of one letter", "components: [../components/two]\n", {"components": ["../components/t?o", "../components/[no]ne"]}),
    ("a component that is missing", "resources: []\n", {"components": ["../components/three"]}),
    ("a missing component is left out", "resources: []\n",
     {"components": ["../components/three", "../components/two", "../components/*"], "ignoreMissingComponents": True}),
    ("all at once", IMAGES + LABELS,
     {"namePrefix": "p-", "nameSuffix": "-s", "namespace": "n", "images": ["nginx:2"], "replicas": [{"name": "w", "count": 1}],
      "commonLabels": {"l": "1"}, "commonAnnotations": {"a": "1"}, "patches": [{"path": "p.yaml"}],
      "components": ["../components/one"]}),
]

with open(os.path.join(here, "overrides.jsonl"), "w") as out:
    for note, before, given in CASES:
        with tempfile.TemporaryDirectory() as top:
            for name in ["one", "two"]:
                place = os.path.join(top, "app/components", name)
                os.makedirs(place)
                with open(os.path.join(place, "kustomization.yaml"), "w") as f:
                    f.write("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n")
            path = os.path.join(top, "app/overlay")
            os.makedirs(path)
            file = os.path.join(path, "kustomization.yaml")
            open(file, "w").write(before)
            case = {"note": note, "before": before, "kustomize": given}
            try:
                edit(path, given, ENV)
                case["after"] = open(file).read()
            except Refused as said:
                case["error"] = str(said).replace(top, "")
            out.write(json.dumps(case) + "\n")
