// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command golangci-lint is golangci-lint with the linter plug-in for Kubernetes APIs built in.
package main

import (
	"fmt"
	"os"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"
	_ "sigs.k8s.io/kube-api-linter/pkg/plugin/base"
	_ "sigs.k8s.io/kube-api-linter/pkg/registration"
)

func main() {
	if err := commands.Execute(commands.BuildInfo{Version: "pinned"}); err != nil {
		fmt.Fprintln(os.Stderr, "golangci-lint:", err)
		os.Exit(exitcodes.Failure)
	}
}
