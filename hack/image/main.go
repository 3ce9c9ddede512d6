// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Command image builds an image from existing binaries, as an archive for docker load, podman load and kind load
// image-archive, or as an OCI image layout for several architectures. It needs no container engine. The same binaries and base give
// the same bytes: the image and its files have the date of the binaries.
package main

import (
	"archive/tar"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// nonroot is the user of the image, as in the distroless images.
const nonroot = "65532:65532"

// noBase is the base that has nothing in it.
const noBase = "scratch"

// sourceLabel is in every image. Registries link an image to its repository by it.
const sourceLabel, source = "org.opencontainers.image.source", "https://github.com/call-operator/call-operator"

// licensesLabel names the licences of what is in the image.
const licensesLabel = "org.opencontainers.image.licenses"

type options struct {
	tag, binaries, arch, base, out, layout, licenses string
}

func main() {
	var o options
	flag.StringVar(&o.tag, "tag", "", "name of the image, such as call-operator:dev")
	flag.StringVar(&o.binaries, "binaries", "", "folder with what the image is to have; with -layout, with a folder linux-ARCH for each architecture")
	flag.StringVar(&o.arch, "arch", "", "architecture of the binaries, such as amd64; with -layout several, separated by commas")
	flag.StringVar(&o.base, "base", noBase, "base image, which is pulled from its registry, or scratch")
	flag.StringVar(&o.out, "out", "", "file to write the archive to")
	flag.StringVar(&o.layout, "layout", "", "folder to write an OCI image layout to, instead of an archive")
	flag.StringVar(&o.licenses, "licenses", "Apache-2.0", "licences of what is in the image, as an SPDX expression")
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
	if o.layout != "" {
		return o.writeLayout(ctx, tag)
	}
	image, err := o.build(ctx)
	if err != nil {
		return err
	}
	return tarball.WriteToFile(o.out, tag, image)
}

// writeLayout writes one image for each architecture, behind one index that carries the tag.
func (o *options) writeLayout(ctx context.Context, tag name.Tag) error {
	var index v1.ImageIndex = empty.Index
	for _, arch := range strings.Split(o.arch, ",") {
		one := options{binaries: filepath.Join(o.binaries, "linux-"+arch), arch: arch, base: o.base, licenses: o.licenses}
		image, err := one.build(ctx)
		if err != nil {
			return err
		}
		platform := v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: platform})
	}
	root, err := layout.Write(o.layout, empty.Index)
	if err != nil {
		return err
	}
	return root.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": tag.TagStr(),
		"io.containerd.image.name":          tag.Name(), // what ctr and kind call it
	}))
}

// build is the image of one architecture.
func (o *options) build(ctx context.Context) (v1.Image, error) {
	base, err := o.baseImage(ctx)
	if err != nil {
		return nil, err
	}
	content, made, err := layer(o.binaries)
	if err != nil {
		return nil, err
	}
	return o.image(base, content, made)
}

func (o *options) baseImage(ctx context.Context) (v1.Image, error) {
	if o.base == noBase {
		return mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), nil
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
	baseType, err := base.MediaType()
	if err != nil {
		return nil, err
	}
	layerType := types.DockerLayer
	if baseType == types.OCIManifestSchema1 {
		layerType = types.OCILayer
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		tarball.WithMediaType(layerType))
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
	if config.Config.Labels == nil {
		config.Config.Labels = map[string]string{}
	}
	maps.Copy(config.Config.Labels, map[string]string{sourceLabel: source, licensesLabel: o.licenses})
	return mutate.ConfigFile(image, config)
}

// layer is an archive of a folder with all that is in it, and when the youngest file was made.
func layer(folder string) (content []byte, made time.Time, err error) {
	entries, made, err := contents(folder)
	if err != nil {
		return nil, made, err
	}
	var buffer bytes.Buffer
	archive := tar.NewWriter(&buffer)
	for _, entry := range entries {
		if err := entry.writeTo(archive, made); err != nil {
			return nil, made, err
		}
	}
	return buffer.Bytes(), made, archive.Close()
}

// entry is something in a folder: a file, a folder or a symbolic link.
type entry struct {
	path, name string
	info       fs.FileInfo
}

// contents are all entries below a folder, by name, and when the youngest file was made.
func contents(folder string) (entries []entry, made time.Time, err error) {
	files := 0
	err = filepath.WalkDir(folder, func(path string, found fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		info, err := found.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			files++
			if info.ModTime().After(made) {
				made = info.ModTime()
			}
		}
		entries = append(entries, entry{path: path, name: filepath.ToSlash(name), info: info})
		return nil
	})
	if err == nil && files == 0 {
		err = fmt.Errorf("there are no files in %s", folder)
	}
	return entries, made.UTC().Truncate(time.Second), err
}

// writeTo writes the entry as root's, and not to be written by others. Folders and links have one date, since theirs is that of the copy.
func (e *entry) writeTo(archive *tar.Writer, made time.Time) error {
	header := &tar.Header{Name: e.name, ModTime: made}
	switch mode := e.info.Mode(); {
	case mode.IsDir():
		header.Typeflag, header.Name, header.Mode = tar.TypeDir, e.name+"/", 0o755
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(e.path)
		if err != nil {
			return err
		}
		header.Typeflag, header.Linkname, header.Mode = tar.TypeSymlink, target, 0o777
	case mode.IsRegular():
		return e.writeFileTo(archive)
	default:
		return fmt.Errorf("%s is no file, folder or symbolic link", e.path)
	}
	return archive.WriteHeader(header)
}

func (e *entry) writeFileTo(archive *tar.Writer) error {
	file, err := os.ReadFile(e.path)
	if err != nil {
		return err
	}
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: e.name, Size: int64(len(file)), Mode: 0o644, ModTime: e.info.ModTime().UTC().Truncate(time.Second),
	}
	if e.info.Mode()&0o111 != 0 {
		header.Mode = 0o755
	}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = archive.Write(file)
	return err
}
