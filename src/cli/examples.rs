//! What stands below the help of each verb: examples, and what the exit codes mean there.

/// `terrace`.
pub const TERRACE: &str = "\
Examples:
  terrace render                                 Write the trees of all clusters
  terrace check                                  Find mistakes before merging
  terrace explain prod-01 Deployment/web         Show where an object comes from
  terrace explain unknown-path                   Show what a code means

Exit codes:
  0  fine
  1  findings
  2  nothing could be done
  3  done in part: some apps are held, their previous files stay";

/// `terrace render`.
pub const RENDER: &str = "\
Examples:
  terrace render                                 All clusters, to where terrace.yaml says
  terrace render --cluster prod-01 -o /tmp/out   One cluster, elsewhere
  terrace render argocd-bootstrap-apps           A repository of Argo CD Applications
  terrace render --dry-run -l tier=operators     What would change in the apps with a label
  terrace render --cluster prod-01 --stdout      Objects in sync order, for `kubectl apply -f -`

Files that Terrace didn't write are left alone. An app that fails is held: its previous files
stay, the other apps are written.

Exit codes:
  0  everything is written
  1  everything is written, and there are findings
  2  nothing is written
  3  some apps are held, or some clusters couldn't be written";

/// `terrace check`.
pub const CHECK: &str = "\
Examples:
  terrace check                                  Everything
  terrace check --cluster-selector region=eu     The clusters with a label
  terrace check --format sarif                   For code scanning
  terrace check --format github                  Annotations in a GitHub job

Findings go to stdout. `terrace explain CODE` says what a finding means and how to fix it.

Exit codes:
  0  no errors; there may be warnings
  1  errors
  2  nothing could be checked
  3  some apps couldn't be rendered, and so couldn't be checked";

/// `terrace explain`.
pub const EXPLAIN: &str = "\
Examples:
  terrace explain prod-01 Deployment/web                  Where an object comes from
  terrace explain prod-01 Deployment/shop/web             The same, in a namespace
  terrace explain prod-01 Deployment/web spec.replicas    Where one field comes from
  terrace explain unknown-path                            What a code means

Exit codes:
  0  explained
  2  there is no such cluster, object, field or code";

/// `terrace graph`.
pub const GRAPH: &str = "\
Examples:
  terrace graph                                  The whole fleet, as a tree of text
  terrace graph --cluster prod-01                One cluster
  terrace graph --format mermaid                 For Markdown on GitHub and GitLab
  terrace graph --format dot                     For Graphviz: `| dot -Tsvg -o fleet.svg`

Exit codes:
  0  complete
  2  there is nothing to show
  3  some apps are held, so what they make is missing";

/// `terrace schema`.
pub const SCHEMA: &str = "\
Examples:
  terrace schema fleet                           The schema of terrace.yaml
  terrace schema -o schemas                      One file per kind

An editor with the YAML language server checks and completes a file that starts with
  # yaml-language-server: $schema=schemas/fleet.schema.json";

/// `terrace completions`.
pub const COMPLETIONS: &str = "\
Examples:
  terrace completions bash                       To a file that ~/.bashrc sources
  terrace completions zsh                        To _terrace in a directory of $fpath
  terrace completions fish                       To ~/.config/fish/completions/terrace.fish
  terrace completions powershell                 To a file that $PROFILE loads";

/// `terrace helm`.
pub const HELM: &str = "\
Examples:
  terrace helm template charts/web               Print a chart's manifests

Flags, output and exit codes are those of the helm command. What needs a cluster, a network or
another program is refused.";

/// `terrace helm template`.
pub const HELM_TEMPLATE: &str = "\
Examples:
  terrace helm template charts/web               A chart with its own values
  terrace helm template shop charts/web -f prod.yaml --set image.tag=1.4.2
  terrace helm template charts/web -s templates/deployment.yaml
  terrace helm template charts/web --profile helm3 --kube-version 1.33

What random functions and `now` give is the same on every run, unless --random is given.
Nothing is fetched, and no cluster is asked.

Exit codes:
  0  everything is printed
  1  nothing is, or with --debug what could be";

/// `terrace kustomize`.
pub const KUSTOMIZE: &str = "\
Examples:
  terrace kustomize build overlays/prod          Print a kustomization's resources

Flags, output and exit codes are those of the kustomize command. What runs other programs is
refused.";

/// `terrace kustomize build`.
pub const KUSTOMIZE_BUILD: &str = "\
Examples:
  terrace kustomize build overlays/prod          The resources, as one stream
  terrace kustomize build overlays/prod -o out   A file for each, if out is a directory
  terrace kustomize build . --enable-helm        With charts, rendered by Terrace itself
  terrace kustomize build . --repo https://github.com/acme/base=../base

Nothing is fetched and no program is run. What stands for a remote base is said by --repo.

Exit codes:
  0  everything is printed
  1  nothing is";

/// `terrace appset`.
pub const APPSET: &str = "\
Examples:
  terrace appset generate appset.yaml            The Applications that a set makes

Flags, output and exit codes are those of `argocd appset`, as far as it has them. No server is
asked.";

/// `terrace appset generate`.
pub const APPSET_GENERATE: &str = "\
Examples:
  terrace appset generate appset.yaml -o yaml    The Applications that a set makes
  terrace appset generate appset.yaml --clusters clusters.yaml -o name
  terrace appset generate appset.yaml --repo https://github.com/acme/apps.git=../apps
  terrace appset generate previews.yaml --inputs pull-requests.yaml

A repository is a directory on this machine, read as it stands; the one that FILE stands in is
known by its remotes. What asks a provider, a plugin or a cluster is answered by --inputs.

Exit codes:
  0  all Applications are printed
  1  some aren't, or a set makes none: the findings say why";
