// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	clusterName = "call-operator-e2e"

	// nodePatience is how long a cluster may take to be Ready on a slow machine.
	nodePatience = "5m"
)

// cluster is a kind cluster of one node.
type cluster struct {
	kind       string
	kubeconfig string
}

// createCluster creates the cluster, on the node image that KIND_NODE_IMAGE names, or kind's own default.
func createCluster(ctx context.Context, dir string) (*cluster, error) {
	c := &cluster{kind: os.Getenv("KIND"), kubeconfig: filepath.Join(dir, "kubeconfig")}
	if c.kind == "" {
		return nil, errors.New("KIND does not name the kind command: run make test-e2e")
	}
	args := []string{"create", "cluster", "--name", clusterName, "--kubeconfig", c.kubeconfig, "--wait", nodePatience}
	if image := os.Getenv("KIND_NODE_IMAGE"); image != "" {
		args = append(args, "--image", image)
	}
	_, err := run(ctx, exec.Command(c.kind, args...))
	return c, err
}

// load makes an image of the container engine known to the node.
func (c *cluster) load(ctx context.Context, image string) error {
	_, err := run(ctx, exec.Command(c.kind, "load", "docker-image", image, "--name", clusterName))
	return err
}

// loadArchive makes the image in an archive known to the node.
func (c *cluster) loadArchive(ctx context.Context, archive string) error {
	_, err := run(ctx, exec.Command(c.kind, "load", "image-archive", archive, "--name", clusterName))
	return err
}

// onNode runs a command on the node.
func (c *cluster) onNode(ctx context.Context, script string) (string, error) {
	return run(ctx, exec.Command("docker", "exec", clusterName+"-control-plane", "sh", "-c", script))
}

// keepLogs writes the logs of all pods and of the node to a folder.
func (c *cluster) keepLogs(ctx context.Context, dir string) error {
	_, err := run(ctx, exec.Command(c.kind, "export", "logs", dir, "--name", clusterName))
	return err
}

func (c *cluster) delete(ctx context.Context) error {
	_, err := run(ctx, exec.Command(c.kind, "delete", "cluster", "--name", clusterName, "--kubeconfig", c.kubeconfig))
	return err
}

// run runs a command and returns what it says on standard output. What it says on standard error is in the error.
func run(ctx context.Context, command *exec.Cmd) (string, error) {
	var out, problems strings.Builder
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Start(); err != nil {
		return "", fmt.Errorf("start %s: %w", filepath.Base(command.Path), err)
	}
	stop := context.AfterFunc(ctx, func() { _ = command.Process.Kill() })
	defer stop()
	if err := command.Wait(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w: %s", filepath.Base(command.Path), strings.Join(command.Args[1:], " "), err,
			strings.TrimSpace(problems.String()+"\n"+out.String()))
	}
	return out.String(), nil
}

// await calls check until it returns nil, and fails with its last error when that takes too long.
func await(ctx context.Context, patience time.Duration, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %w", patience, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
