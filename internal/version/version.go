// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package version reports the running build of call-operator.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Set by hack/build-binaries.sh. Empty in a plain go build, which records the commit itself.
var (
	version  string
	revision string
)

// Version is the release, such as v1.2.3, or what git describes; "devel" when the build was not told.
func Version() string {
	if version == "" {
		return "devel"
	}
	return version
}

// Revision is the commit, or "unknown".
func Revision() string {
	if revision != "" {
		return revision
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return revisionOf(info.Settings)
}

// revisionOf reads the version control data that the go command records.
func revisionOf(settings []debug.BuildSetting) string {
	found, modified := "unknown", ""
	for _, setting := range settings {
		switch setting.Key {
		case "vcs.revision":
			found = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				modified = "+modified"
			}
		}
	}
	return found + modified
}

// String is one line for --version.
func String() string {
	return fmt.Sprintf("%s (commit %s, %s, %s/%s)", Version(), Revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
