// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package pbx

import "syscall"

func withParent() *syscall.SysProcAttr { return nil }
