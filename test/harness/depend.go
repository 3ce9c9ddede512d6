// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/call-operator/call-operator/test/devcontrolplane"
)

// DependOn opens every file below folders of the repository. Without it go test, which remembers results by the files
// that a test opens, would not run again when one changes that only a command of the test reads.
func DependOn(folders ...string) error {
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(devcontrolplane.Root(), folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			return file.Close()
		})
		if err != nil {
			return err
		}
	}
	return nil
}
