//go:build !v33

package main

// What differs between versions of Argo CD: 3.5.

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/argoproj/argo-cd/v3/applicationset/generators"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/argoproj/argo-cd/v3/util/settings"
)

func clusterGenerators(ctx context.Context, c client.Client, kube kubernetes.Interface, dyn dynamic.Interface) (clusters, decisions generators.Generator) {
	informer, err := settings.NewClusterInformer(kube, argocdNamespace)
	must(err)
	go informer.Run(ctx.Done())
	for !informer.HasSynced() {
		time.Sleep(time.Millisecond)
	}
	return generators.NewClusterGenerator(c, argocdNamespace), generators.NewDuckTypeGenerator(ctx, dyn, kube, argocdNamespace, informer)
}

// As services.argoCDService does. Every revision is the head.

func (r *repos) GetFiles(ctx context.Context, url, _, _, pattern string, noCache bool, _ *v1alpha1.SourceIntegrity) (map[string][]byte, error) {
	repo, err := r.repo(url)
	if err != nil {
		return nil, err
	}
	res, err := repoServers[r.newGlobbing].GetGitFiles(ctx, &apiclient.GitFilesRequest{
		Repo: repo, Revision: "HEAD", Path: pattern, NewGitFileGlobbingEnabled: r.newGlobbing, NoRevisionCache: noCache,
	})
	if err != nil {
		return nil, fmt.Errorf("error retrieving Git files: %w", err)
	}
	return res.GetMap(), nil
}

func (r *repos) GetDirectories(ctx context.Context, url, _, _ string, noCache bool, _ *v1alpha1.SourceIntegrity) ([]string, error) {
	repo, err := r.repo(url)
	if err != nil {
		return nil, err
	}
	res, err := repoServers[r.newGlobbing].GetGitDirectories(ctx, &apiclient.GitDirectoriesRequest{Repo: repo, Revision: "HEAD", NoRevisionCache: noCache})
	if err != nil {
		return nil, fmt.Errorf("error retrieving Git Directories: %w", err)
	}
	return res.GetPaths(), nil
}
