"""Writes the goldens of testdata/yaml anew: every input stays, every output comes from the oracle.

    go build -o /tmp/oracle . && python3 goldens.py /tmp/oracle
"""
import json, pathlib, subprocess, sys

root = pathlib.Path(__file__).resolve().parent.parent


def ask(requests):
    text = "".join(json.dumps(r) + "\n" for r in requests)
    out = subprocess.run([sys.argv[1]], input=text.encode(), capture_output=True, check=True).stdout.decode()
    return [json.loads(line) for line in out.split("\n") if line]


def text(answer):
    # Messages are upstream's own; ours differ. That it is refused is what counts.
    return answer.get("out", "refused")


for path in sorted((root / "emit").glob("*.json")):
    answer = ask([{"do": "emit", "in": path.read_text()}])[0]
    path.with_suffix(".yaml").write_text(answer["out"])

for path in sorted((root / "parse").glob("*.yaml")):
    for dialect, do in (("kubernetes", "parse"), ("kustomize", "kustomize")):
        answer = ask([{"do": do, "in": path.read_text()}])[0]
        path.with_suffix(f".{dialect}.json").write_text(text(answer) + "\n")

for path in sorted((root / "split").glob("*.yaml")):
    answer = ask([{"do": "split", "in": path.read_text()}])[0]
    path.with_suffix(".json").write_text(text(answer) + "\n")

for name in ("emit.jsonl", "kubernetes.jsonl", "kustomize.jsonl"):
    path = root / "generated" / name
    cases = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    do = {"emit.jsonl": "emit", "kubernetes.jsonl": "parse", "kustomize.jsonl": "kustomize"}[name]
    answers = ask([{"do": do, "in": case["in"]} for case in cases])
    for case, answer in zip(cases, answers):
        case["out"] = text(answer)
    lines = (json.dumps(case, ensure_ascii=True) + "\n" for case in cases)
    path.write_text("".join(lines), encoding="utf-8")
