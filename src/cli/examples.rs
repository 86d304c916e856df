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
  terrace check --staged                         What the next commit reaches, for a hook
  terrace check --since origin/main              What a pull request reaches
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
  terrace graph --format html                    For a browser: `> fleet.html`

Exit codes:
  0  complete
  2  there is nothing to show
  3  some apps are held, so what they make is missing";

/// `terrace publish`.
pub const PUBLISH: &str = "\
Examples:
  terrace publish                                HEAD, to local branches env/<cluster>
  terrace publish --push                         The same to the branches of origin
  terrace publish --dry-run                      What would be committed
  terrace publish v1.4 --branch rendered --push  One branch, a directory for each cluster

A branch gets one commit, and only if its content changes. It is moved from the tip that was built
on: a later commit that is there already is never undone. Files of others stay.

Exit codes:
  0  everything is published, was so before, or is superseded by a later commit
  1  everything is published, and there are findings
  2  nothing is published
  3  some apps are held, or some branches couldn't be published";

/// `terrace schema`.
pub const SCHEMA: &str = "\
Examples:
  terrace schema fleet                           The schema of terrace.yaml
  terrace schema -o schemas                      One file per kind

An editor with the YAML language server checks and completes a file that starts with
  # yaml-language-server: $schema=schemas/fleet.schema.json";

/// `terrace init`.
pub const INIT: &str = "\
Examples:
  terrace init                                   In a repository, or in an empty directory
  terrace init --dry-run                         Only show what would be written
  terrace init --ignore-output                   Keep the rendered trees out of git

Looks for Applications, ApplicationSets and cluster Secrets, for layers, charts and overlays, and
writes a terrace.yaml that renders them; then renders them, and says what is still missing.
Nothing is ever written over.

Exit codes:
  0  written, and everything renders
  1  written, and there are findings
  2  nothing is written
  3  written, and some apps are held";

/// `terrace new`.
pub const NEW: &str = "\
Examples:
  terrace new cluster prod-02 --label environment=production
  terrace new team storefront
  terrace new app redis --layer baseline --engine helm

The files go where terrace.yaml looks for them, and pass `terrace check`. Nothing is ever written
over.";

/// `terrace new cluster`.
pub const NEW_CLUSTER: &str = "\
Examples:
  terrace new cluster prod-02 --label environment=production --label region=eu
  terrace new cluster prod-02 --server https://prod-02.example.com:6443 --dry-run

Exit codes:
  0  written
  2  nothing is written";

/// `terrace new team`.
pub const NEW_TEAM: &str = "\
Examples:
  terrace new team storefront
  terrace new team storefront --dry-run

Exit codes:
  0  written
  2  nothing is written";

/// `terrace new app`.
pub const NEW_APP: &str = "\
Examples:
  terrace new app redis --layer baseline --engine helm
  terrace new app kafka --layer custom-data-pipeline --stage dependencies

Exit codes:
  0  written
  2  nothing is written";

/// `terrace man`.
pub const MAN: &str = "\
Examples:
  terrace man -o /usr/local/share/man/man1       One page per verb
  terrace man                                    terrace(1), to stdout";

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

/// `terrace diff`.
pub const DIFF: &str = "\
Examples:
  terrace diff                                   What the working tree changes in the fleet
  terrace diff origin/main                       The same, in a pull-request job
  terrace diff v1.4 v1.5 --cluster prod-01       Two commits, one cluster
  terrace diff --staged                          What the next commit changes
  terrace diff --format markdown -o comment.md   A comment for the pull request
  terrace diff --format html -o diff.html        A page to search in

Both states are rendered from git objects: nothing is checked out. Values of Secrets are masked.

Exit codes:
  0  both states were compared; with --exit-code, they are the same
  1  with --exit-code: something differs
  2  one of them can't be compiled
  3  apps are held on either side, and couldn't be compared";

/// `terrace compare`.
pub const COMPARE: &str = "\
Examples:
  terrace compare prod-01 prod-02                Is the second like the first?
  terrace compare environment=staging environment=production
  terrace compare --promote stag-01 prod-01      What prod-01 would be with the inputs of stag-01

Exit codes:
  0  both were compared; with --exit-code, they are the same
  1  with --exit-code: something differs
  2  one of them can't be compiled
  3  apps are held, and couldn't be compared";

/// `terrace impact`.
pub const IMPACT: &str = "\
Examples:
  terrace impact values/values.production.yaml   Whom it reaches, and by which values
  terrace impact --since origin/main             Whom everything reaches that changed since
  terrace impact --staged --format json          What the next commit reaches, for scripts

It goes by what was read while the fleet was compiled, not by where files stand.

Exit codes:
  0  answered
  2  nothing could be compiled
  3  some apps couldn't be rendered: what they would read isn't known";

/// `terrace cache`.
pub const CACHE: &str = "\
Examples:
  terrace cache stats                            What is kept, by fleet
  terrace cache prune --max-size 500MB           Remove the oldest until the rest fits
  terrace cache prune                            Remove all of it
  terrace cache dir                              Where it is, for a CI job that keeps it

Whatever is removed is made again when it is needed.";

/// `terrace cache dir`.
pub const CACHE_DIR: &str = "\
Examples:
  terrace cache dir                              For a CI job that keeps it";

/// `terrace cache stats`.
pub const CACHE_STATS: &str = "\
Examples:
  terrace cache stats                            By the directory in which each fleet stands";

/// `terrace cache prune`.
pub const CACHE_PRUNE: &str = "\
Examples:
  terrace cache prune                            Remove all of it
  terrace cache prune --max-size 2GB             Remove the oldest until the rest fits";
