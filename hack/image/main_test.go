// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// made writes an image of two binaries that were built in a folder, each time anew, and returns the archive.
func made(t *testing.T, arch string) []byte {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"manager", "webhookreceiver"} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, time.Unix(1_790_000_000, 0)); err != nil {
			t.Fatal(err)
		}
	}
	o := options{tag: "call-operator:dev", binaries: folder, arch: arch, base: noBase, out: filepath.Join(t.TempDir(), "image.tar")}
	if err := o.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	archive, err := os.ReadFile(o.out)
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

func TestTheSameBytes(t *testing.T) {
	if !bytes.Equal(made(t, "amd64"), made(t, "amd64")) {
		t.Error("two images of the same binaries differ")
	}
	if bytes.Equal(made(t, "amd64"), made(t, "arm64")) {
		t.Error("images for two architectures are the same")
	}
}

func TestWhatIsInIt(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(archive, made(t, "arm64"), 0o600); err != nil {
		t.Fatal(err)
	}
	image, err := tarball.ImageFromPath(archive, nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join([]string{config.OS, config.Architecture, config.Config.User, config.Created.UTC().Format(time.RFC3339)}, " ")
	if want := "linux arm64 65532:65532 2026-09-21T14:13:20Z"; got != want {
		t.Errorf("the image is %s, want %s", got, want)
	}
}

func TestNothingToPutIntoIt(t *testing.T) {
	o := options{tag: "call-operator:dev", binaries: t.TempDir(), arch: "amd64", base: noBase, out: filepath.Join(t.TempDir(), "image.tar")}
	if err := o.write(t.Context()); err == nil || !strings.Contains(err.Error(), "no files") {
		t.Errorf("the error is %v, want one that says that there are no files", err)
	}
}
