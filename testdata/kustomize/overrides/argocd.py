"""What Argo CD does to a kustomization before it builds it (argo-cd 3.3, util/kustomize/kustomize.go): `kustomize edit`."""
import json, os, string, subprocess
import yaml

kustomize = os.environ.get("KUSTOMIZE", "kustomize")
FILES = ["kustomization.yaml", "kustomization.yml", "Kustomization"]


class Refused(Exception):
    """What kustomize said."""


def run(cwd, *args):
    call = subprocess.run([kustomize, *args], cwd=cwd, text=True, capture_output=True)
    if call.returncode:
        raise Refused(call.stderr.removeprefix("Error: ").split("\nUsage:")[0].strip())
    return call.stdout


def edit(path, opts, env):
    """Changes the kustomization in a directory as `spec.source.kustomize` says."""
    subst = lambda text: string.Template(text).substitute(env)
    pairs = lambda found, change: [f"{k}:{change(v)}" for k, v in found.items()]
    flags = lambda named: [flag for key, flag in named if opts.get(key)]
    if opts.get("namePrefix"):
        run(path, "edit", "set", "nameprefix", "--", opts["namePrefix"])
    if opts.get("nameSuffix"):
        run(path, "edit", "set", "namesuffix", "--", opts["nameSuffix"])
    if opts.get("images"):
        run(path, "edit", "set", "image", *map(subst, opts["images"]))
    if opts.get("replicas"):
        run(path, "edit", "set", "replicas", *[f"{r['name']}={int(r['count'])}" for r in opts["replicas"]])
    if opts.get("commonLabels"):
        named = [("forceCommonLabels", "--force"), ("labelWithoutSelector", "--without-selector"),
                 ("labelIncludeTemplates", "--include-templates")]
        run(path, "edit", "add", "label", *flags(named), *pairs(opts["commonLabels"], subst))
    if opts.get("commonAnnotations"):
        change = subst if opts.get("commonAnnotationsEnvsubst") else lambda v: v
        force = flags([("forceCommonAnnotations", "--force")])
        run(path, "edit", "add", "annotation", *force, *pairs(opts["commonAnnotations"], change))
    if opts.get("namespace"):
        run(path, "edit", "set", "namespace", "--", opts["namespace"])
    if opts.get("patches"):
        file = next(f for f in (os.path.join(path, name) for name in FILES) if os.path.exists(f))
        whole = yaml.safe_load(open(file))
        whole["patches"] = whole.get("patches", []) + opts["patches"]
        json.dump(whole, open(file, "w"))
    components = opts.get("components", [])
    if opts.get("ignoreMissingComponents"):
        components = [c for c in components if os.path.exists(os.path.join(path, c))]
    if components:
        run(path, "edit", "add", "component", *components)
