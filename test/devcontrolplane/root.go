// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package devcontrolplane

import (
	"bytes"
	"os"
	"path/filepath"
)

// module is the first line of the go.mod at the root of the repository.
const module = "module github.com/call-operator/call-operator\n"

// Root is the root of the repository that the working directory is in. It is found by its go.mod, since binaries that are built
// with -trimpath do not know where their source is. It panics outside the repository: this package is of use only inside it.
func Root() string {
	folder, err := os.Getwd()
	if err != nil {
		panic("find the root of the repository: " + err.Error())
	}
	for {
		contents, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		if err == nil && bytes.HasPrefix(contents, []byte(module)) {
			return folder
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			panic("the working directory is not inside a clone of call-operator: run this from the clone")
		}
		folder = parent
	}
}
