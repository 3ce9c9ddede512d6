// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package asterisk

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
)

// keyParts is how many parts a key has.
const keyParts = 5

// keyOf is the object that an attempt is for, and its CallProvider, as a channel carries them.
func keyOf(attempt telephony.Attempt) string {
	target, provider := attempt.Target, noProvider
	if service := attempt.Record.Service; service != nil && service.ProviderUID != "" {
		provider = service.ProviderUID
	}
	return strings.Join([]string{target.Kind, target.Namespace, target.Name, string(target.UID), string(provider)}, "/")
}

// noProvider stands in the key of an attempt that names no provider.
const noProvider = types.UID("-")

// TargetOf reads what keyOf wrote. No part of it has a slash.
func TargetOf(key string) (target callbackurl.Target, provider types.UID, ours bool) {
	parts := strings.Split(key, "/")
	if len(parts) != keyParts || slices.Contains(parts, "") {
		return callbackurl.Target{}, "", false
	}
	return callbackurl.Target{Kind: parts[0], Namespace: parts[1], Name: parts[2], UID: types.UID(parts[3])}, types.UID(parts[4]), true
}
