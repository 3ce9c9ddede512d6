// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command image builds an image from existing binaries, as an archive for docker load, podman load and kind load
// image-archive. It needs no container engine. The same binaries and base give the same bytes: the image and its files have
// the date of the binaries.
package main

import (
	"archive/tar"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// nonroot is the user of the image, as in the distroless images.
const nonroot = "65532:65532"

// noBase is the base that has nothing in it.
const noBase = "scratch"

type options struct {
	tag, binaries, arch, base, out string
}

func main() {
	var o options
	flag.StringVar(&o.tag, "tag", "", "name of the image, such as call-operator:dev")
	flag.StringVar(&o.binaries, "binaries", "", "folder with the binaries")
	flag.StringVar(&o.arch, "arch", "", "architecture of the binaries, such as amd64")
	flag.StringVar(&o.base, "base", noBase, "base image, which is pulled from its registry, or scratch")
	flag.StringVar(&o.out, "out", "", "file to write the archive to")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := o.write(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func (o *options) write(ctx context.Context) error {
	tag, err := name.NewTag(o.tag)
	if err != nil {
		return err
	}
	base, err := o.baseImage(ctx)
	if err != nil {
		return err
	}
	content, made, err := layer(o.binaries)
	if err != nil {
		return err
	}
	image, err := o.image(base, content, made)
	if err != nil {
		return err
	}
	return tarball.WriteToFile(o.out, tag, image)
}

func (o *options) baseImage(ctx context.Context) (v1.Image, error) {
	if o.base == noBase {
		return empty.Image, nil
	}
	reference, err := name.ParseReference(o.base)
	if err != nil {
		return nil, err
	}
	platform := v1.Platform{OS: "linux", Architecture: o.arch}
	image, err := remote.Image(reference, remote.WithContext(ctx), remote.WithPlatform(platform), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return nil, fmt.Errorf("pull the base image: %w", err)
	}
	return image, nil
}

// image is a base with one layer on top.
func (o *options) image(base v1.Image, content []byte, made time.Time) (v1.Image, error) {
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil })
	if err != nil {
		return nil, err
	}
	image, err := mutate.Append(base, mutate.Addendum{
		Layer: layer, History: v1.History{Created: v1.Time{Time: made}, CreatedBy: "call-operator hack/image"},
	})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", o.arch, v1.Time{Time: made}
	config.Config.User = nonroot
	return mutate.ConfigFile(image, config)
}

// layer is an archive of the files of a folder, and when the youngest of them was made.
func layer(folder string) (content []byte, made time.Time, err error) {
	entries, err := os.ReadDir(folder) // sorted by name
	if err != nil {
		return nil, made, err
	}
	var buffer bytes.Buffer
	archive := tar.NewWriter(&buffer)
	for _, entry := range entries {
		file := filepath.Join(folder, entry.Name())
		info, err := entry.Info()
		if err != nil {
			return nil, made, err
		}
		if !info.Mode().IsRegular() {
			return nil, made, fmt.Errorf("%s is no file", file)
		}
		binary, err := os.ReadFile(file)
		if err != nil {
			return nil, made, err
		}
		at := info.ModTime().UTC().Truncate(time.Second)
		if at.After(made) {
			made = at
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: entry.Name(), Size: int64(len(binary)), Mode: 0o755, ModTime: at}
		if err := archive.WriteHeader(header); err != nil {
			return nil, made, err
		}
		if _, err := archive.Write(binary); err != nil {
			return nil, made, err
		}
	}
	if buffer.Len() == 0 {
		return nil, made, fmt.Errorf("there are no files in %s", folder)
	}
	return buffer.Bytes(), made, archive.Close()
}
