// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// Keys in the data of the objects of a DialOut.
const (
	// TargetsKey is where an object has targets, one JSON object on each line.
	TargetsKey = "targets.jsonl"
	// ResultsKey is where an object has a Line for each of them.
	ResultsKey = "results.jsonl"
)

// longestBase is how much of a DialOut's name is in the names of its objects.
const longestBase = 180

// CallName is the name of the n-th Call, from 1, to a target.
func CallName(dialOut string, uid types.UID, index int, identity string, n int) string {
	sum := sha256.Sum256([]byte(string(uid) + "\n" + identity))
	return fmt.Sprintf("%s-%d-%s-%d", base(dialOut), index, hex.EncodeToString(sum[:4]), n)
}

// TargetsName is the name of the object with the targets of a chunk.
func TargetsName(dialOut, hash string, chunk int) string {
	return fmt.Sprintf("%s-%s-targets-%d", base(dialOut), hash, chunk)
}

// ResultsName is the name of the object with the results of a chunk.
func ResultsName(dialOut, hash string, chunk int) string {
	return fmt.Sprintf("%s-%s-results-%d", base(dialOut), hash, chunk)
}

// base is a DialOut's name, as short as the names of its objects need it.
func base(name string) string {
	return strings.TrimRight(name[:min(len(name), longestBase)], "-.")
}
