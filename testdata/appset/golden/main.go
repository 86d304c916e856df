// Makes the goldens of testdata/appset: what the packages of Argo CD's applicationset-controller make of each case.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
	"unsafe"

	"github.com/gosimple/slug"
	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	dynfake "k8s.io/client-go/dynamic/fake"
	kubefake "k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlfake "sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/yaml"

	"github.com/argoproj/argo-cd/v3/applicationset/controllers"
	"github.com/argoproj/argo-cd/v3/applicationset/controllers/template"
	"github.com/argoproj/argo-cd/v3/applicationset/generators"
	"github.com/argoproj/argo-cd/v3/applicationset/services"
	"github.com/argoproj/argo-cd/v3/applicationset/services/pull_request"
	"github.com/argoproj/argo-cd/v3/applicationset/services/scm_provider"
	"github.com/argoproj/argo-cd/v3/applicationset/utils"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/cache"
	"github.com/argoproj/argo-cd/v3/reposerver/metrics"
	"github.com/argoproj/argo-cd/v3/reposerver/repository"
	cacheutil "github.com/argoproj/argo-cd/v3/util/cache"
	"github.com/argoproj/argo-cd/v3/util/db"
	"github.com/argoproj/argo-cd/v3/util/git"
	"github.com/argoproj/argo-cd/v3/util/settings"
)

const (
	argocdNamespace = "argocd"
	fleetURL        = "https://git.example.com/acme/fleet.git"
)

// The one function of the controller that is not exported: what it holds against each generated Application.
//
//go:linkname validateGeneratedApplications github.com/argoproj/argo-cd/v3/applicationset/controllers.(*ApplicationSetReconciler).validateGeneratedApplications
func validateGeneratedApplications(r *controllers.ApplicationSetReconciler, ctx context.Context, apps []v1alpha1.Application, set v1alpha1.ApplicationSet) (map[string]error, error)

var (
	root    = flag.String("root", "..", "directory with cases/ and shared/")
	only    = flag.String("only", "", "substring of the cases to make")
	version = flag.String("version", "", "make only the cases whose options name this version (none: those that name none)")
	runs    = flag.Int("runs", 6, "how often each case is run, to find what depends on the order of a map")
	scratch string
	// By the globbing flag: the repo-server's cache does not tell the two apart.
	repoServers = map[bool]*repository.Service{}
	checkout    = regexp.MustCompile(`/checkouts/[-0-9a-f]{36}`)
)

type options struct {
	NewGitFileGlobbing bool   `json:"newGitFileGlobbing"`
	ArgocdVersion      string `json:"argocdVersion"`
}

type inputs struct {
	Spec struct {
		SCMProvider []struct {
			For          map[string]any   `json:"for"`
			Repositories []map[string]any `json:"repositories"`
		} `json:"scmProvider"`
		PullRequest []struct {
			For          map[string]any `json:"for"`
			PullRequests []pullRequest  `json:"pullRequests"`
		} `json:"pullRequest"`
		Plugin []struct {
			For    map[string]any  `json:"for"`
			Output json.RawMessage `json:"output"`
		} `json:"plugin"`
		ClusterDecisionResource []struct {
			Objects []map[string]any `json:"objects"`
		} `json:"clusterDecisionResource"`
	} `json:"spec"`
}

type pullRequest struct {
	Number       int64    `json:"number"`
	Title        string   `json:"title"`
	Branch       string   `json:"branch"`
	TargetBranch string   `json:"target_branch"`
	HeadSHA      string   `json:"head_sha"`
	Labels       []string `json:"labels"`
	Author       string   `json:"author"`
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// matches says whether want is a subset of have.
func matches(want, have any) bool {
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range w {
			if hv, ok := h[k]; !ok || !matches(v, hv) {
				return false
			}
		}
		return true
	default:
		return reflect.DeepEqual(want, have)
	}
}

func toMap(v any) map[string]any {
	b, err := json.Marshal(v)
	must(err)
	m := map[string]any{}
	must(json.Unmarshal(b, &m))
	return m
}

// ---- git: the repo-server itself, over a local repository

type repos struct {
	url         string
	newGlobbing bool
}

func (r *repos) repo(url string) (*v1alpha1.Repository, error) {
	if git.NormalizeGitURL(url) != git.NormalizeGitURL(fleetURL) {
		return nil, fmt.Errorf("error in GetRepository: no repository %s in this case", url)
	}
	return &v1alpha1.Repository{Repo: r.url, Type: "git"}, nil
}

var gitRepositories = map[string]string{}

// gitRepository makes a git repository of a directory and returns its URL.
func gitRepository(dir string) string {
	if url, ok := gitRepositories[dir]; ok {
		return url
	}
	to, err := os.MkdirTemp(scratch, "origin")
	must(err)
	for _, args := range [][]string{
		{"cp", "-a", dir + "/.", to},
		{"git", "-C", to, "init", "-q", "-b", "main"},
		{"git", "-C", to, "add", "-f", "-A", "."},
		{"git", "-C", to, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "a"},
	} {
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil {
			must(fmt.Errorf("%v: %s", args, out))
		}
	}
	gitRepositories[dir] = "file://" + to
	return gitRepositories[dir]
}

// ---- scmProvider and pullRequest: the real generators with a provider that answers what the inputs say

type scmGenerator struct{ in *inputs }

type scmProvider struct{ repos []map[string]any }

func str(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return ""
}

func (p *scmProvider) one(r map[string]any) *scm_provider.Repository {
	repo := &scm_provider.Repository{
		Organization: str(r["organization"]), Repository: str(r["repository"]), URL: str(r["url"]),
		Branch: str(r["branch"]), SHA: str(r["sha"]), RepositoryId: r["repository_id"],
	}
	// The providers give int or int64.
	if f, ok := repo.RepositoryId.(float64); ok {
		repo.RepositoryId = int64(f)
	}
	if l, ok := r["labels"].([]any); ok {
		for _, v := range l {
			repo.Labels = append(repo.Labels, str(v))
		}
	}
	return repo
}

func (p *scmProvider) ListRepos(context.Context, string) ([]*scm_provider.Repository, error) {
	var out []*scm_provider.Repository
	for _, r := range p.repos {
		if !slices.ContainsFunc(out, func(o *scm_provider.Repository) bool {
			return o.Organization == str(r["organization"]) && o.Repository == str(r["repository"])
		}) {
			out = append(out, p.one(r))
		}
	}
	return out, nil
}

func (p *scmProvider) GetBranches(_ context.Context, repo *scm_provider.Repository) ([]*scm_provider.Repository, error) {
	var out []*scm_provider.Repository
	for _, r := range p.repos {
		if repo.Organization == str(r["organization"]) && repo.Repository == str(r["repository"]) {
			out = append(out, p.one(r))
		}
	}
	return out, nil
}

func (p *scmProvider) RepoHasPath(_ context.Context, repo *scm_provider.Repository, path string) (bool, error) {
	for _, r := range p.repos {
		if repo.Organization == str(r["organization"]) && repo.Repository == str(r["repository"]) && repo.Branch == str(r["branch"]) {
			paths, _ := r["paths"].([]any)
			for _, v := range paths {
				have := strings.TrimRight(str(v), "/")
				// A file makes its directories exist.
				if have == path || strings.HasPrefix(have, path+"/") {
					return true, nil
				}
			}
		}
	}
	return false, nil
}

func (g scmGenerator) GetRequeueAfter(*v1alpha1.ApplicationSetGenerator) time.Duration { return 0 }

func (g scmGenerator) GetTemplate(a *v1alpha1.ApplicationSetGenerator) *v1alpha1.ApplicationSetTemplate {
	return &a.SCMProvider.Template
}

func (g scmGenerator) GenerateParams(a *v1alpha1.ApplicationSetGenerator, set *v1alpha1.ApplicationSet, c client.Client) ([]map[string]any, error) {
	provider := &scmProvider{}
	if a != nil && a.SCMProvider != nil {
		p := a.SCMProvider
		if p.Github == nil && p.Gitlab == nil && p.Gitea == nil && p.Bitbucket == nil && p.BitbucketServer == nil && p.AzureDevOps == nil && p.AWSCodeCommit == nil {
			return generators.NewSCMProviderGenerator(c, generators.NewSCMConfig("", nil, true, false, nil, false)).GenerateParams(a, set, c)
		}
		have := toMap(a.SCMProvider)
		found := false
		for _, answer := range g.in.Spec.SCMProvider {
			if found = matches(answer.For, have); found || answer.For == nil {
				found = true
				provider.repos = answer.Repositories
				break
			}
		}
		if !found {
			return nil, errors.New("no input of the case answers this scmProvider generator")
		}
	}
	return generators.NewTestSCMProviderGenerator(provider).GenerateParams(a, set, c)
}

type pullRequests struct {
	in   *inputs
	spec *v1alpha1.PullRequestGenerator
}

func (p *pullRequests) List(context.Context) ([]*pull_request.PullRequest, error) {
	have := toMap(p.spec)
	for _, answer := range p.in.Spec.PullRequest {
		if answer.For != nil && !matches(answer.For, have) {
			continue
		}
		var labels []string
		switch {
		case p.spec.Github != nil:
			labels = p.spec.Github.Labels
		case p.spec.GitLab != nil:
			labels = p.spec.GitLab.Labels
		case p.spec.Gitea != nil:
			labels = p.spec.Gitea.Labels
		case p.spec.AzureDevOps != nil:
			labels = p.spec.AzureDevOps.Labels
		}
		out := []*pull_request.PullRequest{}
		for _, r := range answer.PullRequests {
			// As every provider does: a pull request has to carry all labels that are asked for.
			if slices.ContainsFunc(labels, func(l string) bool { return !slices.Contains(r.Labels, l) }) {
				continue
			}
			out = append(out, &pull_request.PullRequest{
				Number: r.Number, Title: r.Title, Branch: r.Branch, TargetBranch: r.TargetBranch,
				HeadSHA: r.HeadSHA, Labels: r.Labels, Author: r.Author,
			})
		}
		return out, nil
	}
	return nil, pull_request.NewRepositoryNotFoundError(errors.New("no input of the case answers this pullRequest generator"))
}

func pullRequestGenerator(c client.Client, in *inputs) generators.Generator {
	g := generators.NewPullRequestGenerator(c, generators.NewSCMConfig("", nil, true, false, nil, false)).(*generators.PullRequestGenerator)
	field := reflect.ValueOf(g).Elem().FieldByName("selectServiceProviderFunc")
	selectProvider := func(_ context.Context, spec *v1alpha1.PullRequestGenerator, _ *v1alpha1.ApplicationSet) (pull_request.PullRequestService, error) {
		if spec.Github == nil && spec.GitLab == nil && spec.Gitea == nil && spec.Bitbucket == nil && spec.BitbucketServer == nil && spec.AzureDevOps == nil {
			return nil, errors.New("no Pull Request provider implementation configured")
		}
		return &pullRequests{in: in, spec: spec}, nil
	}
	reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Set(reflect.ValueOf(selectProvider))
	return g
}

// ---- plugin: the real generator and its HTTP client, against a local server

func pluginServer(in *inputs) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Split(r.URL.Path, "/")[1]
		var body map[string]any
		must(json.NewDecoder(r.Body).Decode(&body))
		have := map[string]any{"configMapRef": map[string]any{"name": name}, "input": body["input"]}
		for _, answer := range in.Spec.Plugin {
			if answer.For == nil || matches(answer.For, have) {
				fmt.Fprintf(w, `{"output":%s}`, answer.Output)
				return
			}
		}
		http.Error(w, "no input of the case answers this plugin generator", http.StatusNotFound)
	}))
}

// ---- a case

func load(path string) [][]byte {
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	must(err)
	var out [][]byte
	for _, doc := range strings.Split("\n"+string(b), "\n---\n") {
		if strings.TrimSpace(doc) != "" {
			out = append(out, []byte(doc))
		}
	}
	return out
}

// file returns the case's own file, or the shared one.
func file(dir, name string) string {
	own := filepath.Join(dir, name)
	if _, err := os.Stat(own); err == nil {
		return own
	}
	return filepath.Join(*root, "shared", name)
}

type result struct {
	apps     []map[string]any
	errors   []string
	err      string
	hasError bool
}

func clean(text string) string {
	for _, url := range gitRepositories {
		text = strings.ReplaceAll(text, url, fleetURL)
	}
	text = checkout.ReplaceAllString(text, "/checkout")
	for _, newGlobbing := range []string{"/true", "/false"} {
		text = strings.ReplaceAll(text, scratch+newGlobbing, "")
	}
	return text
}

func run(dir string, opts options) (res result) {
	defer func() {
		if r := recover(); r != nil {
			res = result{err: clean(fmt.Sprintf("panic: %v", r)), hasError: true}
		}
	}()
	fail := func(err error) result { return result{err: clean(err.Error()), hasError: true} }
	// Package state that a run leaves behind.
	slug.MaxLength, slug.EnableSmartTruncate, slug.CustomSub = 0, true, nil

	b, err := os.ReadFile(filepath.Join(dir, "set.yaml"))
	must(err)
	set := v1alpha1.ApplicationSet{}
	// As JSON, which is what reaches the API server: a number where a string belongs is an error.
	if b, err = yaml.YAMLToJSON(b); err == nil {
		err = json.Unmarshal(b, &set)
	}
	if err != nil {
		return fail(err)
	}
	if set.Namespace == "" {
		set.Namespace = argocdNamespace
	}

	in := &inputs{}
	b, err = os.ReadFile(file(dir, "inputs.yaml"))
	must(err)
	must(yaml.Unmarshal(b, in))

	var objects []runtime.Object
	for _, doc := range load(file(dir, "clusters.yaml")) {
		s := &corev1.Secret{}
		must(yaml.Unmarshal(doc, s))
		if s.Data == nil {
			s.Data = map[string][]byte{}
		}
		for k, v := range s.StringData {
			s.Data[k] = []byte(v)
		}
		s.StringData = nil
		if s.Namespace == "" {
			s.Namespace = argocdNamespace
		}
		objects = append(objects, s)
	}
	plugins := pluginServer(in)
	defer plugins.Close()
	seen := map[string]bool{}
	for _, p := range in.Spec.Plugin {
		ref, _ := p.For["configMapRef"].(map[string]any)
		name := str(ref["name"])
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		objects = append(objects, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: argocdNamespace},
			Data:       map[string]string{"baseUrl": plugins.URL + "/" + name, "token": "$plugin-token:token"},
		})
	}
	objects = append(objects, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "plugin-token", Namespace: argocdNamespace},
		Data:       map[string][]byte{"token": []byte("t")},
	}, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "argocd-cm", Namespace: argocdNamespace, Labels: map[string]string{"app.kubernetes.io/part-of": "argocd"}},
	}, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "argocd-secret", Namespace: argocdNamespace, Labels: map[string]string{"app.kubernetes.io/part-of": "argocd"}},
		Data:       map[string][]byte{"server.secretkey": []byte("k")},
	})

	scheme := runtime.NewScheme()
	must(corev1.AddToScheme(scheme))
	must(v1alpha1.AddToScheme(scheme))
	kinds := map[schema.GroupVersionResource]string{}
	var resources []runtime.Object
	for _, group := range in.Spec.ClusterDecisionResource {
		for _, o := range group.Objects {
			u := &unstructured.Unstructured{Object: o}
			if u.GetNamespace() == "" {
				u.SetNamespace(argocdNamespace)
			}
			if u.GetKind() == "ConfigMap" {
				cm := &corev1.ConfigMap{}
				must(runtime.DefaultUnstructuredConverter.FromUnstructured(o, cm))
				objects = append(objects, cm)
				if g, v, ok := strings.Cut(cm.Data["apiVersion"], "/"); ok {
					kinds[schema.GroupVersionResource{Group: g, Version: v, Resource: cm.Data["kind"]}] = "DecisionList"
				}
				continue
			}
			resources = append(resources, u)
		}
	}
	dyn := dynfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds, resources...)
	byName(dyn)

	var projects []runtime.Object
	for _, doc := range load(file(dir, "projects.yaml")) {
		p := &v1alpha1.AppProject{}
		must(yaml.Unmarshal(doc, p))
		projects = append(projects, p)
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	kube := kubefake.NewClientset(objects...)
	c := ctrlfake.NewClientBuilder().WithScheme(scheme).WithRuntimeObjects(append(objects, projects...)...).Build()
	argoDB := db.NewDB(argocdNamespace, settings.NewSettingsManager(ctx, kube, argocdNamespace), kube)

	var git services.Repos = &repos{url: gitRepository(file(dir, "repo")), newGlobbing: opts.NewGitFileGlobbing}
	clusters, decisions := clusterGenerators(ctx, c, kube, dyn)
	terminal := map[string]generators.Generator{
		"List":                    generators.NewListGenerator(),
		"Clusters":                clusters,
		"Git":                     generators.NewGitGenerator(git, argocdNamespace),
		"SCMProvider":             scmGenerator{in},
		"ClusterDecisionResource": decisions,
		"PullRequest":             pullRequestGenerator(c, in),
		"Plugin":                  generators.NewPluginGenerator(c, argocdNamespace),
	}
	// The three levels of generators.GetGenerators.
	nested := maps.Clone(terminal)
	nested["Matrix"], nested["Merge"] = generators.NewMatrixGenerator(terminal), generators.NewMergeGenerator(terminal)
	top := maps.Clone(terminal)
	top["Matrix"], top["Merge"] = generators.NewMatrixGenerator(nested), generators.NewMergeGenerator(nested)

	apps, _, err := template.GenerateApplications(logrus.NewEntry(logrus.StandardLogger()), set, top, &utils.Render{}, c)
	if err != nil {
		return fail(err)
	}
	reconciler := &controllers.ApplicationSetReconciler{Client: c, ArgoDB: argoDB, ArgoCDNamespace: argocdNamespace}
	invalid, err := validateGeneratedApplications(reconciler, ctx, apps, set)
	if err != nil {
		return fail(err)
	}
	names := slices.Sorted(maps.Keys(invalid))
	for _, name := range names {
		short := name[strings.Index(name, "/")+1:]
		res.errors = append(res.errors, short+": "+stable(clean(invalid[name].Error())))
	}
	var valid []v1alpha1.Application
	for i := range apps {
		if invalid[apps[i].QualifiedName()] == nil {
			valid = append(valid, apps[i])
		}
	}
	sort.SliceStable(valid, func(i, j int) bool { return valid[i].Name < valid[j].Name })
	for i := range valid {
		m := toMap(valid[i])
		meta, _ := m["metadata"].(map[string]any)
		kept := map[string]any{}
		for _, k := range []string{"name", "namespace", "labels", "annotations", "finalizers"} {
			if v, ok := meta[k]; ok {
				kept[k] = v
			}
		}
		res.apps = append(res.apps, map[string]any{
			"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": kept, "spec": m["spec"],
		})
	}
	return res
}

// stable orders the servers that a message names: they come out of a map.
func stable(text string) string {
	head, tail, ok := strings.Cut(text, "clusters with the same name: [")
	if !ok {
		return text
	}
	servers := strings.Fields(strings.TrimSuffix(tail, "]"))
	sort.Strings(servers)
	return head + "clusters with the same name: [" + strings.Join(servers, " ") + "]"
}

// byName makes the fake client honour the field selector metadata.name, as the API server does.
func byName(dyn *dynfake.FakeDynamicClient) {
	inner := slices.Clone(dyn.ReactionChain)
	dyn.PrependReactor("list", "*", func(action k8stesting.Action) (bool, runtime.Object, error) {
		name, ok := action.(k8stesting.ListAction).GetListRestrictions().Fields.RequiresExactMatch("metadata.name")
		if !ok {
			return false, nil, nil
		}
		for _, reactor := range inner {
			if !reactor.Handles(action) {
				continue
			}
			handled, obj, err := reactor.React(action)
			if !handled || err != nil {
				return handled, obj, err
			}
			list := obj.(*unstructured.UnstructuredList)
			list.Items = slices.DeleteFunc(list.Items, func(u unstructured.Unstructured) bool { return u.GetName() != name })
			return true, list, nil
		}
		return false, nil, nil
	})
}

func (r result) files() map[string]string {
	out := map[string]string{}
	if r.hasError {
		out["error.txt"] = strings.TrimSuffix(r.err, "\n") + "\n"
		return out
	}
	var buf bytes.Buffer
	for _, app := range r.apps {
		b, err := yaml.Marshal(app)
		must(err)
		buf.WriteString("---\n")
		buf.Write(b)
	}
	out["expected.yaml"] = buf.String()
	if len(r.errors) > 0 {
		out["errors.txt"] = strings.Join(r.errors, "\n") + "\n"
	}
	return out
}

func main() {
	flag.Parse()
	logrus.SetOutput(io.Discard)
	var err error
	scratch, err = os.MkdirTemp("", "appset-golden")
	must(err)
	defer os.RemoveAll(scratch)
	must(os.Setenv("HOME", scratch))
	must(os.Setenv("TMPDIR", scratch))
	for _, date := range []string{"GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"} {
		must(os.Setenv(date, "2024-01-01T00:00:00Z"))
	}
	for _, newGlobbing := range []bool{false, true} {
		checkouts := filepath.Join(scratch, fmt.Sprint(newGlobbing), "checkouts")
		must(os.MkdirAll(checkouts, 0o700))
		server := repository.NewService(metrics.NewMetricsServer(),
			cache.NewCache(cacheutil.NewCache(cacheutil.NewInMemoryCache(time.Hour)), time.Hour, time.Hour, 0),
			repository.RepoServerInitConstants{}, &git.NoopCredsStore{}, checkouts)
		must(server.Init())
		repoServers[newGlobbing] = server
	}

	sets, err := filepath.Glob(filepath.Join(*root, "cases", "*", "*", "set.yaml"))
	must(err)
	failed := false
	count := map[string]int{}
	for _, path := range sets {
		dir := filepath.Dir(path)
		if !strings.Contains(dir, *only) {
			continue
		}
		opts := options{}
		if b, err := os.ReadFile(filepath.Join(dir, "options.json")); err == nil {
			must(json.Unmarshal(b, &opts))
		}
		if opts.ArgocdVersion != *version {
			continue
		}
		first := run(dir, opts).files()
		for range *runs - 1 {
			if next := run(dir, opts).files(); !maps.Equal(first, next) {
				fmt.Fprintf(os.Stderr, "%s: differs from run to run\n", dir)
				failed = true
				break
			}
		}
		for _, name := range []string{"expected.yaml", "error.txt", "errors.txt"} {
			to := filepath.Join(dir, name)
			text, ok := first[name]
			if !ok {
				os.Remove(to)
				continue
			}
			must(os.WriteFile(to, []byte(text), 0o644))
		}
		count[filepath.Base(filepath.Dir(dir))]++
	}
	total := 0
	for _, group := range slices.Sorted(maps.Keys(count)) {
		fmt.Printf("%-15s %d\n", group, count[group])
		total += count[group]
	}
	fmt.Printf("%-15s %d\n", "total", total)
	if failed {
		os.Exit(1)
	}
}
