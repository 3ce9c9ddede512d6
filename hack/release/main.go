// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command release checks what hack/release.sh wrote: each file of a release is there and no other, checksums agree, the krew
// manifest leads to the archives, and the manifests and the chart name the images of this version.
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

const (
	registry  = "ghcr.io/call-operator/"
	downloads = "https://github.com/call-operator/call-operator/releases/download/"
	sums      = "SHA256SUMS"
	krew      = "call.yaml"
)

var platforms = []string{"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64", "windows_amd64", "windows_arm64"}

func main() {
	dir := flag.String("dir", "bin/release", "folder of the release")
	version := flag.String("version", "", "version of the release, such as v1.2.3")
	flag.Parse()
	r := release{dir: *dir, version: *version}
	if err := r.check(); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
	fmt.Printf("%s: the %d files of %s are complete, and their checksums agree\n", r.dir, len(r.files()), r.version)
}

type release struct {
	dir, version string
}

func (r release) check() error {
	return errors.Join(r.checkFiles(), r.checkSums(), r.checkKrew(), r.checkManifests(), r.checkChart())
}

// archive is the file with kubectl-call for a platform.
func (r release) archive(platform string) string {
	suffix := ".tar.gz"
	if strings.HasPrefix(platform, "windows_") {
		suffix = ".zip"
	}
	return "kubectl-call_" + r.version + "_" + platform + suffix
}

func (r release) chart() string {
	return "call-operator-" + strings.TrimPrefix(r.version, "v") + ".tgz"
}

// files are the names of all files of a release, sorted.
func (r release) files() []string {
	names := []string{
		sums, krew, r.chart(), "install.yaml", "install-simulator.yaml",
		"call-operator_" + r.version + ".oci.tar", "call-operator-simulator_" + r.version + ".oci.tar",
		"call-operator_" + r.version + "_sbom.tar.gz",
	}
	for _, platform := range platforms {
		names = append(names, r.archive(platform))
	}
	slices.Sort(names)
	return names
}

func (r release) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(r.dir, name))
}

func (r release) checkFiles() error {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return err
	}
	var got []string
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.Size() == 0 {
			return fmt.Errorf("%s is empty", entry.Name())
		}
		got = append(got, entry.Name())
	}
	if want := r.files(); !slices.Equal(got, want) {
		return fmt.Errorf("the files are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return nil
}

// sum is the SHA-256 of a file, in hexadecimal digits.
func (r release) sum(name string) (string, error) {
	content, err := r.read(name)
	return fmt.Sprintf("%x", sha256.Sum256(content)), err
}

func (r release) checkSums() error {
	content, err := r.read(sums)
	if err != nil {
		return err
	}
	listed := map[string]string{}
	for line := range strings.Lines(string(content)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok {
			return fmt.Errorf("%s: the line %q is not a checksum, two spaces and a name", sums, line)
		}
		listed[name] = sum
	}
	want := slices.DeleteFunc(r.files(), func(name string) bool { return name == sums })
	if got := slices.Sorted(maps.Keys(listed)); !slices.Equal(got, want) {
		return fmt.Errorf("%s lists %v, want %v", sums, got, want)
	}
	var failed []error
	for _, name := range want {
		sum, err := r.sum(name)
		if err == nil && sum != listed[name] {
			err = fmt.Errorf("%s has %s for %s, which has %s", sums, listed[name], name, sum)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// plugin is what is checked of a krew manifest.
type plugin struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version          string     `json:"version"`
		Homepage         string     `json:"homepage"`
		ShortDescription string     `json:"shortDescription"`
		Description      string     `json:"description"`
		Caveats          string     `json:"caveats"`
		Platforms        []platform `json:"platforms"`
	} `json:"spec"`
}

type platform struct {
	Selector struct {
		MatchLabels struct {
			OS   string `json:"os"`
			Arch string `json:"arch"`
		} `json:"matchLabels"`
	} `json:"selector"`
	URI    string `json:"uri"`
	SHA256 string `json:"sha256"`
	Bin    string `json:"bin"`
}

func (r release) checkKrew() error {
	content, err := r.read(krew)
	if err != nil {
		return err
	}
	var manifest plugin
	if err := yaml.UnmarshalStrict(content, &manifest); err != nil {
		return fmt.Errorf("%s: %w", krew, err)
	}
	got := []string{manifest.APIVersion, manifest.Kind, manifest.Metadata.Name, manifest.Spec.Version}
	if want := []string{"krew.googlecontainertools.github.com/v1alpha2", "Plugin", "call", r.version}; !slices.Equal(got, want) {
		return fmt.Errorf("%s is %v, want %v", krew, got, want)
	}
	var found []string
	var failed []error
	for _, p := range manifest.Spec.Platforms {
		name := p.Selector.MatchLabels.OS + "_" + p.Selector.MatchLabels.Arch
		found = append(found, name)
		if err := r.checkPlatform(p, name); err != nil {
			failed = append(failed, fmt.Errorf("%s: %s: %w", krew, name, err))
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, platforms) {
		failed = append(failed, fmt.Errorf("%s is for %v, want %v", krew, found, platforms))
	}
	return errors.Join(failed...)
}

// checkPlatform compares what krew would download with the archive, and what it would run with what is in there.
func (r release) checkPlatform(p platform, name string) error {
	archive := r.archive(name)
	if want := downloads + r.version + "/" + archive; p.URI != want {
		return fmt.Errorf("the address is %s, want %s", p.URI, want)
	}
	sum, err := r.sum(archive)
	if err != nil {
		return err
	}
	if p.SHA256 != sum {
		return fmt.Errorf("the checksum is %s, that of the archive %s", p.SHA256, sum)
	}
	content, err := r.read(archive)
	if err != nil {
		return err
	}
	unpack := untar
	if path.Ext(archive) == ".zip" {
		unpack = unzip
	}
	packed, err := unpack(content)
	if err != nil {
		return err
	}
	if got, want := slices.Sorted(maps.Keys(packed)), []string{"LICENSE", p.Bin}; !slices.Equal(got, want) {
		return fmt.Errorf("the archive holds %v, want %v", got, want)
	}
	return nil
}

var image = regexp.MustCompile(`(?m)^\s*(?:- )?image: (.*)$`)

// checkManifests fails for an image that is not one of this version.
func (r release) checkManifests() error {
	var failed []error
	for _, name := range []string{"install.yaml", "install-simulator.yaml"} {
		content, err := r.read(name)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		images := image.FindAllSubmatch(content, -1)
		if len(images) == 0 {
			failed = append(failed, fmt.Errorf("%s names no image", name))
		}
		for _, match := range images {
			got := string(match[1])
			if got != registry+"call-operator:"+r.version && got != registry+"call-operator-simulator:"+r.version {
				failed = append(failed, fmt.Errorf("%s names the image %s, want one below %s with the tag %s", name, got, registry, r.version))
			}
		}
	}
	return errors.Join(failed...)
}

func (r release) checkChart() error {
	content, err := r.read(r.chart())
	if err != nil {
		return err
	}
	files, err := untar(content)
	if err != nil {
		return fmt.Errorf("%s: %w", r.chart(), err)
	}
	var chart struct {
		Version    string `json:"version"`
		AppVersion string `json:"appVersion"`
	}
	var values struct {
		Image struct {
			Repository string `json:"repository"`
			Tag        string `json:"tag"`
		} `json:"image"`
	}
	err = errors.Join(yaml.Unmarshal(files["call-operator/Chart.yaml"], &chart), yaml.Unmarshal(files["call-operator/values.yaml"], &values))
	if err != nil {
		return fmt.Errorf("%s: %w", r.chart(), err)
	}
	got := []string{"v" + chart.Version, chart.AppVersion, values.Image.Repository, values.Image.Tag}
	if want := []string{r.version, r.version, registry + "call-operator", ""}; !slices.Equal(got, want) {
		return fmt.Errorf("%s has version, appVersion, image and tag %q, want %q", r.chart(), got, want)
	}
	return nil
}

func untar(content []byte) (map[string][]byte, error) {
	compressed, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	archive := tar.NewReader(compressed)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			return nil, err
		}
	}
}

func unzip(content []byte) (map[string][]byte, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, entry := range archive.File {
		reader, err := entry.Open()
		if err != nil {
			return nil, err
		}
		if files[entry.Name], err = io.ReadAll(reader); err != nil {
			return nil, err
		}
		if err := reader.Close(); err != nil {
			return nil, err
		}
	}
	return files, nil
}
