// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import "github.com/call-operator/call-operator/internal/secret"

// Secret is confidential text that grants access, such as an incoming call's context. It prints as REDACTED; Reveal
// returns it. JSON contains the text itself, since requests carry it.
type Secret = secret.Text

// NewSecret returns text as a Secret.
func NewSecret(text string) Secret { return secret.New(text) }
