// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// checkNew refuses a file that exists, unless it may be overwritten.
func checkNew(file string, overwrite bool) error {
	switch info, err := os.Lstat(file); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder: name a file with --file", file)
	case !overwrite:
		return fmt.Errorf("%s exists: name another file with --file, or overwrite it with --force", file)
	default:
		return nil
	}
}

// saveFile writes a content into a file that only its owner may read. The file appears when it is complete: until then the content is in
// a temporary file next to it, which is removed if something goes wrong.
func saveFile(file string, content io.Reader, limit int64, overwrite bool) (size int64, err error) {
	temporary, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = temporary.Close()
			_ = os.Remove(temporary.Name())
		}
	}()
	size, err = io.Copy(temporary, io.LimitReader(content, limit+1))
	switch {
	case err != nil:
		return 0, fmt.Errorf("the connection broke off after %d bytes: %w", size, err)
	case size > limit:
		return 0, fmt.Errorf("the content is larger than %d bytes", limit)
	}
	if err := temporary.Close(); err != nil {
		return 0, err
	}
	if err := checkNew(file, overwrite); err != nil {
		return 0, err
	}
	return size, os.Rename(temporary.Name(), file)
}
