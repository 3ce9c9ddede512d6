// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// made is a release that is complete, with next to nothing in its files.
func made(t *testing.T) release {
	t.Helper()
	r := release{dir: t.TempDir(), version: "v1.2.3"}
	for _, name := range r.files() {
		write(t, r, name, "anything")
	}
	write(t, r, "install.yaml", "image: ghcr.io/call-operator/call-operator:v1.2.3\n")
	write(t, r, "install-simulator.yaml", "- image: ghcr.io/call-operator/call-operator-simulator:v1.2.3\n")
	write(t, r, r.chart(), packed(t, map[string]string{
		"call-operator/Chart.yaml":  "version: 1.2.3\nappVersion: v1.2.3\n",
		"call-operator/values.yaml": "image:\n  repository: ghcr.io/call-operator/call-operator\n  tag: \"\"\n",
	}))
	manifest := "apiVersion: krew.googlecontainertools.github.com/v1alpha2\nkind: Plugin\nmetadata: {name: call}\nspec:\n  version: v1.2.3\n  platforms:\n"
	for _, platform := range platforms {
		bin, pack := "kubectl-call", packed
		if strings.HasPrefix(platform, "windows") {
			bin, pack = "kubectl-call.exe", zipped
		}
		write(t, r, r.archive(platform), pack(t, map[string]string{"LICENSE": "licence", bin: platform}))
		sum, err := r.sum(r.archive(platform))
		if err != nil {
			t.Fatal(err)
		}
		system, arch, _ := strings.Cut(platform, "_")
		manifest += fmt.Sprintf("  - selector: {matchLabels: {os: %s, arch: %s}}\n    uri: %s\n    sha256: %s\n    bin: %s\n",
			system, arch, downloads+"v1.2.3/"+r.archive(platform), sum, bin)
	}
	write(t, r, krew, manifest)
	sign(t, r)
	return r
}

// sign writes the checksums anew.
func sign(t *testing.T, r release) {
	t.Helper()
	var lines strings.Builder
	for _, name := range r.files() {
		if name == sums {
			continue
		}
		sum, err := r.sum(name)
		if err != nil {
			t.Fatal(err)
		}
		lines.WriteString(sum + "  " + name + "\n")
	}
	write(t, r, sums, lines.String())
}

func write(t *testing.T, r release, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// edit replaces a text in a file, and signs the release again, as a mistake in hack/release.sh would be signed.
func edit(t *testing.T, r release, name, old, replacement string) {
	t.Helper()
	content, err := r.read(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(content), old, replacement, 1)
	if changed == string(content) {
		t.Fatalf("%s does not have %q", name, old)
	}
	write(t, r, name, changed)
	sign(t, r)
}

func packed(t *testing.T, files map[string]string) string {
	t.Helper()
	var buffer bytes.Buffer
	compressed := gzip.NewWriter(&buffer)
	archive := tar.NewWriter(compressed)
	for name, content := range files {
		if err := archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.String()
}

func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	for name, content := range files {
		file, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.String()
}

func TestCompleteRelease(t *testing.T) {
	if err := made(t).check(); err != nil {
		t.Error(err)
	}
}

func TestBrokenRelease(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, r release)
		want  string
	}{
		{name: "FileMissing", want: "the files are", spoil: func(t *testing.T, r release) {
			if err := os.Remove(filepath.Join(r.dir, "install.yaml")); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "FileTooMany", want: "the files are", spoil: func(t *testing.T, r release) { write(t, r, "notes.txt", "notes") }},
		{name: "FileEmpty", want: "is empty", spoil: func(t *testing.T, r release) { write(t, r, "install.yaml", "") }},
		{name: "Tampered", want: "SHA256SUMS has", spoil: func(t *testing.T, r release) {
			write(t, r, "call-operator_v1.2.3.oci.tar", "something else")
		}},
		{name: "KrewChecksum", want: "that of the archive", spoil: func(t *testing.T, r release) { edit(t, r, krew, "sha256: ", "sha256: 0") }},
		{name: "KrewAddress", want: "the address is", spoil: func(t *testing.T, r release) { edit(t, r, krew, "/v1.2.3/", "/v1.2.2/") }},
		{name: "KrewVersion", want: "call.yaml is", spoil: func(t *testing.T, r release) { edit(t, r, krew, "version: v1.2.3", "version: v1.2.2") }},
		{name: "KrewPlatform", want: "call.yaml is for", spoil: func(t *testing.T, r release) { edit(t, r, krew, "os: darwin", "os: linux") }},
		{name: "KrewBinary", want: "the archive holds", spoil: func(t *testing.T, r release) { edit(t, r, krew, "bin: kubectl-call", "bin: kubectl-calls") }},
		{name: "ImageOfABuild", want: "names the image", spoil: func(t *testing.T, r release) {
			edit(t, r, "install.yaml", "ghcr.io/call-operator/call-operator:v1.2.3", "call-operator:dev")
		}},
		{name: "ChartOfABuild", want: "version, appVersion", spoil: func(t *testing.T, r release) {
			write(t, r, r.chart(), packed(t, map[string]string{
				"call-operator/Chart.yaml": "version: 0.1.0\nappVersion: dev\n", "call-operator/values.yaml": "image: {repository: call-operator}\n",
			}))
			sign(t, r)
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r := made(t)
			tc.spoil(t, r)
			if err := r.check(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want one with %q", err, tc.want)
			}
		})
	}
}
