//! The objects of synthetic apps, about a kilobyte each, as files of manifests or of templates for them.

/// A stream of numbers that looks random and is the same for the same seed.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).unwrap_or_default()
    }
}

/// How an app's files are written.
#[derive(Clone, Copy, Debug)]
pub enum Style {
    /// Templates over `values.components.<name>` and `cluster`.
    Component,
    /// Templates over values that all clusters have.
    Shared,
    /// Manifests as they are, of this environment and version.
    Plain(&'static str, u64),
}

/// What differs between the styles: a text, or what a template makes one of.
struct Words {
    image: String,
    replicas: String,
    release: String,
    environment: String,
    host: String,
    requests: String,
    limit: String,
    settings: String,
}

impl Words {
    fn of(name: &str, style: Style, chance: &mut Chance) -> Self {
        let component = format!("values.components['{name}']");
        let of_component = Self {
            image: format!("{{{{ values.registry }}}}/acme/{name}:{{{{ {component}.tag }}}}"),
            replicas: format!("{{{{ {component}.replicas }}}}"),
            release: "{{ values.release }}".to_owned(),
            environment: "{{ cluster.labels.environment }}".to_owned(),
            host: format!("{name}.{{{{ values.domain }}}}"),
            requests: format!(
                "{{% for key, amount in {component}.resources.requests | items %}}
              {{{{ key }}}}: {{{{ amount }}}}{{% endfor %}}"
            ),
            limit: format!("{{{{ {component}.resources.limits.memory }}}}"),
            settings: format!(
                "{{% for key, value in {component}.settings | items %}}
  {{{{ key }}}}: {{{{ value | tojson }}}}{{% endfor %}}"
            ),
        };
        let plain_requests = "\n              cpu: 100m\n              memory: 128Mi".to_owned();
        match style {
            Style::Component => of_component,
            Style::Shared => Self {
                image: format!("{{{{ values.registry }}}}/tools/{name}:1.4.2"),
                replicas: "2".to_owned(),
                requests: plain_requests,
                limit: "512Mi".to_owned(),
                settings: "{% for entry in values.proxy.noProxy %}
  no-proxy-{{ loop.index }}: {{ entry | tojson }}{% endfor %}"
                    .to_owned(),
                ..of_component
            },
            Style::Plain(environment, version) => Self {
                image: format!("registry.example.com/acme/{name}:v{}.{}.0", chance.below(9), chance.below(40)),
                replicas: (1 + chance.below(5)).to_string(),
                release: format!("r{version}"),
                environment: environment.to_owned(),
                host: format!("{name}.{environment}.example.com"),
                requests: plain_requests,
                limit: format!("{}Mi", 256 + 64 * chance.below(8)),
                settings: format!(
                    "\n  cache.size: \"{}\"\n  queue.workers: \"{}\"",
                    chance.below(4096),
                    chance.below(32)
                ),
            },
        }
    }
}

/// The files of an app: name without its end, and text.
pub fn manifests(name: &str, style: Style, chance: &mut Chance) -> Vec<(String, String)> {
    let words = Words::of(name, style, chance);
    let labels = format!(
        "    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: acme
    app.kubernetes.io/managed-by: terrace
    acme.example.com/environment: {}
    acme.example.com/release: {}",
        words.environment, words.release
    );
    // An app of a layer's stage has no namespace to give.
    let namespace = if matches!(style, Style::Shared) { format!("  namespace: {name}\n") } else { String::new() };
    let head = |api: &str, kind: &str| {
        format!("apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n{namespace}  labels:\n{labels}\n")
    };
    let mut files = vec![
        ("deployment", deployment(name, &head("apps/v1", "Deployment"), &words)),
        ("service", service(name, &head("v1", "Service"))),
        ("configmap", config_map(&head("v1", "ConfigMap"), &words, chance)),
        ("serviceaccount", head("v1", "ServiceAccount") + "automountServiceAccountToken: false\n"),
        ("networkpolicy", network_policy(name, &head("networking.k8s.io/v1", "NetworkPolicy"), chance)),
    ];
    // What not every app has.
    if chance.below(3) > 0 {
        files.push(("hpa", autoscaler(name, &head("autoscaling/v2", "HorizontalPodAutoscaler"), chance)));
    }
    if chance.below(2) > 0 {
        files.push(("pdb", budget(name, &head("policy/v1", "PodDisruptionBudget"))));
    }
    if chance.below(2) > 0 {
        files.push(("ingress", ingress(name, &head("networking.k8s.io/v1", "Ingress"), &words)));
    }
    files.into_iter().map(|(file, text)| (file.to_owned(), text)).collect()
}

fn deployment(name: &str, head: &str, words: &Words) -> String {
    let Words { image, replicas, release, requests, limit, environment, .. } = words;
    format!(
        "{head}spec:
  replicas: {replicas}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 0
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
        acme.example.com/environment: {environment}
      annotations:
        prometheus.io/scrape: \"true\"
        prometheus.io/port: \"9090\"
    spec:
      serviceAccountName: {name}
      terminationGracePeriodSeconds: 30
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {name}
          image: {image}
          imagePullPolicy: IfNotPresent
          args: [--config=/etc/{name}/config.yaml, --release={release}]
          ports:
            - name: http
              containerPort: 8080
            - name: metrics
              containerPort: 9090
          env:
            - name: ENVIRONMENT
              value: {environment}
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 10
          resources:
            requests:{requests}
            limits:
              memory: {limit}
          volumeMounts:
            - name: config
              mountPath: /etc/{name}
              readOnly: true
      volumes:
        - name: config
          configMap:
            name: {name}
"
    )
}

fn service(name: &str, head: &str) -> String {
    format!(
        "{head}spec:
  type: ClusterIP
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - name: http
      port: 80
      targetPort: http
    - name: metrics
      port: 9090
      targetPort: metrics
"
    )
}

fn config_map(head: &str, words: &Words, chance: &mut Chance) -> String {
    let Words { settings, host, .. } = words;
    let mut text =
        format!("{head}data:\n  host: {host}{settings}\n  config.yaml: |\n    server:\n      listen: 0.0.0.0:8080\n");
    for route in 0..6 + chance.below(12) {
        text.push_str(&format!(
            "    route-{route:02}:\n      match: /api/v{}/resource-{route}\n      upstream: http://backend-{}:8080 # weight {}\n",
            1 + chance.below(3),
            chance.below(10),
            chance.below(100)
        ));
    }
    text
}

fn network_policy(name: &str, head: &str, chance: &mut Chance) -> String {
    let mut text = format!(
        "{head}spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {name}
  policyTypes: [Ingress, Egress]
  egress:
    - ports:
        - {{port: 53, protocol: UDP}}
  ingress:\n"
    );
    for _ in 0..1 + chance.below(4) {
        text.push_str(&format!(
            "    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: caller-{:02}
      ports:
        - port: {}
          protocol: TCP\n",
            chance.below(40),
            8000 + chance.below(100)
        ));
    }
    text
}

fn autoscaler(name: &str, head: &str, chance: &mut Chance) -> String {
    format!(
        "{head}spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {name}
  minReplicas: 2
  maxReplicas: {}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {}
",
        4 + chance.below(20),
        60 + chance.below(30)
    )
}

fn budget(name: &str, head: &str) -> String {
    format!("{head}spec:\n  maxUnavailable: 1\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: {name}\n")
}

fn ingress(name: &str, head: &str, words: &Words) -> String {
    let host = &words.host;
    format!(
        "{head}spec:
  ingressClassName: nginx
  tls:
    - hosts: [\"{host}\"]
      secretName: {name}-tls
  rules:
    - host: \"{host}\"
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {name}
                port:
                  name: http
"
    )
}
