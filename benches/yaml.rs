//! Reading and writing manifests, side by side with `serde_yaml` (a wrapper of libyaml) in one run.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::Deserialize;
use terrace::source::FileId;
use terrace::yaml::{Dialect, emit, parse};

/// A stream like those that platform repositories hold: deployments with env, probes and a config map with a script.
fn manifests(count: usize) -> String {
    let mut text = String::new();
    for i in 0..count {
        text.push_str(&format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{i}\n  namespace: team-{}\n  labels:\n    \
             app.kubernetes.io/name: web\n    app.kubernetes.io/instance: \"web-{i}\"\nspec:\n  replicas: {}\n  selector:\n    \
             matchLabels: {{app.kubernetes.io/name: web}}\n  template:\n    spec:\n      containers:\n",
            i % 7,
            i % 5
        ));
        for c in 0..3 {
            text.push_str(&format!(
                "      - name: main-{c}\n        image: registry.example.com/team/web:1.{i}.{c}\n        args: [--port, \"8080\", \
                 '--level=info']\n        env:\n        - name: LOG_LEVEL\n          value: info\n        - name: POD_IP\n          \
                 valueFrom:\n            fieldRef:\n              fieldPath: status.podIP\n        resources:\n          limits: \
                 {{cpu: 500m, memory: 256Mi}}\n          requests:\n            cpu: 100m\n            memory: 128Mi\n        \
                 readinessProbe:\n          httpGet:\n            path: /healthz\n            port: 8080\n          \
                 initialDelaySeconds: 5\n"
            ));
        }
        text.push_str(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: scripts\ndata:\n  run.sh: |\n    #!/bin/sh\n    set -eu\n    \
             for i in 1 2 3; do\n      echo \"hello $i\"\n    done\n  # what this is for\n  description: >-\n    A folded text that\n    \
             runs over two lines.\n",
        );
    }
    text
}

fn bench(c: &mut Criterion) {
    let text = manifests(200);
    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("terrace", |b| {
        b.iter(|| parse(FileId::NONE, black_box(&text), Dialect::Kubernetes).documents.len());
    });
    group.bench_function("serde_yaml", |b| b.iter(|| values(black_box(&text)).len()));
    group.finish();

    let nodes: Vec<_> = parse(FileId::NONE, &text, Dialect::Kubernetes).documents.into_iter().map(|d| d.node).collect();
    let values = values(&text);
    assert_eq!(nodes.len(), values.len());
    let mut group = c.benchmark_group("emit");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("terrace", |b| b.iter(|| nodes.iter().map(|n| emit(black_box(n)).len()).sum::<usize>()));
    group.bench_function("serde_yaml", |b| {
        b.iter(|| values.iter().map(|v| serde_yaml::to_string(black_box(v)).map_or(0, |t| t.len())).sum::<usize>());
    });
    group.finish();
}

fn values(text: &str) -> Vec<serde_yaml::Value> {
    serde_yaml::Deserializer::from_str(text).filter_map(|d| serde_yaml::Value::deserialize(d).ok()).collect()
}

criterion_group!(benches, bench);
criterion_main!(benches);
