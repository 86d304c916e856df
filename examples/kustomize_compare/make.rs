//! Makes kustomizations to time: the same files for the same size, on every machine.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::Failure;

/// What a kustomization does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It lists resources.
    Plain,
    /// An overlay over a base of the same resources, with every transformer and generator.
    Transformed,
}

impl Kind {
    /// What tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "no transformer",
            Self::Transformed => "every transformer",
        }
    }
}

/// How many resources a file holds.
const PER_FILE: usize = 60;
/// The resources of an app.
const PER_APP: usize = 6;

/// Writes a kustomization of so many resources; its directory, from `root` on.
///
/// # Errors
/// A file can't be written.
pub fn make(root: &Path, resources: usize, kind: Kind) -> Result<String, Failure> {
    let base = root.join("base");
    fs::create_dir_all(&base)?;
    let all: Vec<String> = (0..resources).map(resource).collect();
    let mut kustomization = "resources:\n".to_owned();
    for (number, part) in all.chunks(PER_FILE).enumerate() {
        fs::write(base.join(format!("{number:03}.yaml")), part.join("---\n"))?;
        let _ = writeln!(kustomization, "- {number:03}.yaml");
    }
    let apps = resources.div_ceil(PER_APP);
    if kind == Kind::Transformed {
        kustomization.push_str("configMapGenerator:\n");
        for app in (0..apps).step_by(3) {
            let _ = writeln!(kustomization, "- name: app-{app}-env\n  literals: [LOG_LEVEL=info, APP=app-{app}]");
        }
        fs::create_dir_all(root.join("overlay"))?;
        fs::write(root.join("overlay/kustomization.yaml"), overlay(apps))?;
    }
    fs::write(base.join("kustomization.yaml"), kustomization)?;
    Ok(if kind == Kind::Transformed { "overlay" } else { "base" }.to_owned())
}

fn overlay(apps: usize) -> String {
    let mut text = "namespace: shop
namePrefix: prod-
nameSuffix: -v2
resources: [../base]
labels:
- pairs: {team: shop}
  includeSelectors: true
- pairs: {tier: backend}
  includeTemplates: true
commonAnnotations: {owner: shop@example.com}
images:
- name: registry.example.com/web
  newName: registry.internal/web
  newTag: 2.0.0
- name: registry.example.com/sidecar
  digest: sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3
secretGenerator:
- name: credentials
  literals: [user=shop, password=secret]
patches:
- target: {kind: Deployment}
  patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: any}
    spec:
      template:
        spec:
          securityContext: {runAsNonRoot: true}
          containers:
          - name: web
            env: [{name: CLUSTER, value: prod}]
- target: {kind: Service}
  patch: |
    - op: add
      path: /spec/sessionAffinity
      value: ClientIP
- target: {kind: Deployment, name: app-0}
  patch: |
    - op: replace
      path: /spec/template/spec/containers/0/resources/limits/memory
      value: 1Gi
replacements:
- source: {kind: Deployment, name: app-0, fieldPath: spec.template.spec.serviceAccountName}
  targets:
  - select: {kind: Deployment}
    fieldPaths: ['metadata.annotations.account']
    options: {create: true}
replicas:
"
    .to_owned();
    for app in (0..apps).step_by(apps.div_ceil(10).max(1)) {
        let _ = writeln!(text, "- {{name: app-{app}, count: {}}}", 2 + app % 5);
    }
    text
}

/// One resource of an app: those of an app refer to each other.
fn resource(number: usize) -> String {
    let (app, which) = (number / PER_APP, number % PER_APP);
    let generated = if app.is_multiple_of(3) {
        format!("\n        - configMapRef: {{name: app-{app}-env}}")
    } else {
        String::new()
    };
    match which {
        0 => format!(
            "apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{app}
  labels: {{app: app-{app}}}
spec:
  replicas: 1
  selector:
    matchLabels: {{app: app-{app}}}
  template:
    metadata:
      labels: {{app: app-{app}}}
    spec:
      serviceAccountName: app-{app}
      containers:
      - name: web
        image: registry.example.com/web:1.{app}.0
        ports:
        - {{name: http, containerPort: 8080}}
        env:
        - {{name: APP, value: app-{app}}}
        envFrom:
        - configMapRef: {{name: app-{app}-settings}}{generated}
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
          limits: {{memory: 256Mi}}
      - name: sidecar
        image: registry.example.com/sidecar:3.1
      volumes:
      - name: settings
        configMap: {{name: app-{app}-settings}}
"
        ),
        1 => format!(
            "apiVersion: v1
kind: Service
metadata:
  name: app-{app}
spec:
  selector: {{app: app-{app}}}
  ports:
  - {{name: http, port: 80, targetPort: http}}
"
        ),
        2 => format!(
            "apiVersion: v1
kind: ConfigMap
metadata:
  name: app-{app}-settings
data:
  url: https://app-{app}.example.com
  settings.yaml: |
    app: app-{app}
    level: info
"
        ),
        3 => format!("apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app-{app}\n"),
        4 => format!(
            "apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: app-{app}
spec:
  rules:
  - host: app-{app}.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service: {{name: app-{app}, port: {{name: http}}}}
"
        ),
        _ => format!(
            "apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: app-{app}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: app-{app}}}
  minReplicas: 1
  maxReplicas: 5
"
        ),
    }
}
