// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// made writes an image of two binaries that were built in a folder, each time anew, and returns the archive.
func made(t *testing.T, arch string) []byte {
	t.Helper()
	folder := t.TempDir()
	build(t, folder)
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

// build writes placeholders for two binaries.
func build(t *testing.T, folder string) {
	t.Helper()
	for _, name := range []string{"manager", "webhookreceiver"} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, time.Unix(1_790_000_000, 0)); err != nil {
			t.Fatal(err)
		}
	}
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

func TestEverythingInTheFolderIsInTheImage(t *testing.T) {
	folder := t.TempDir()
	build(t, folder)
	if err := os.MkdirAll(filepath.Join(folder, "usr", "lib"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "usr", "lib", "text"), []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("usr/lib", filepath.Join(folder, "lib")); err != nil {
		t.Fatal(err)
	}
	content, _, err := layer(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for archive := tar.NewReader(bytes.NewReader(content)); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSpace(fmt.Sprintf("%04o %s %s", header.Mode, header.Name, header.Linkname)))
	}
	want := []string{"0777 lib usr/lib", "0755 manager", "0755 usr/", "0755 usr/lib/", "0644 usr/lib/text", "0755 webhookreceiver"}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("the layer has %v, want %v", got, want)
	}
}

func TestLayoutForSeveralArchitectures(t *testing.T) {
	binaries := t.TempDir()
	for _, arch := range []string{"amd64", "arm64"} {
		folder := filepath.Join(binaries, "linux-"+arch)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		build(t, folder)
	}
	o := options{tag: "ghcr.io/call-operator/call-operator:v1.2.3", binaries: binaries, arch: "amd64,arm64", base: noBase, layout: t.TempDir()}
	if err := o.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	root, err := layout.ImageIndexFromPath(o.layout)
	if err != nil {
		t.Fatal(err)
	}
	// Every blob is there, and is what its digest says.
	if err := validate.Index(root); err != nil {
		t.Error(err)
	}
	tagged, err := root.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(tagged.Manifests) != 1 || tagged.Manifests[0].Annotations["io.containerd.image.name"] != o.tag {
		t.Fatalf("the layout has %+v, want one index that is called %s", tagged.Manifests, o.tag)
	}
	index, err := root.ImageIndex(tagged.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, image := range manifest.Manifests {
		got = append(got, image.Platform.String()+" "+string(image.MediaType))
	}
	want := "linux/amd64 application/vnd.oci.image.manifest.v1+json, linux/arm64 application/vnd.oci.image.manifest.v1+json"
	if strings.Join(got, ", ") != want {
		t.Errorf("the index has %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestNothingToPutIntoIt(t *testing.T) {
	o := options{tag: "call-operator:dev", binaries: t.TempDir(), arch: "amd64", base: noBase, out: filepath.Join(t.TempDir(), "image.tar")}
	if err := o.write(t.Context()); err == nil || !strings.Contains(err.Error(), "no files") {
		t.Errorf("the error is %v, want one that says that there are no files", err)
	}
}
