// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dialout

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Bounds of a chunk, so that a result costs the same however many targets there are.
const (
	chunkLines = 200
	chunkBytes = 100_000
)

// Cut writes targets as JSON, one on each line of text, in chunks. The hash identifies them.
func Cut(targets []v1alpha1.DialOutTarget) (chunks [][]byte, hash string, err error) {
	var chunk []byte
	lines, sum := 0, sha256.New()
	for i := range targets {
		line, err := json.Marshal(&targets[i])
		if err != nil {
			return nil, "", err
		}
		if lines == chunkLines || lines > 0 && len(chunk)+len(line) >= chunkBytes {
			chunks, chunk, lines = append(chunks, chunk), nil, 0
		}
		chunk = append(append(chunk, line...), '\n')
		lines++
	}
	if lines > 0 {
		chunks = append(chunks, chunk)
	}
	for _, chunk := range chunks {
		sum.Write(chunk)
	}
	return chunks, hex.EncodeToString(sum.Sum(nil))[:10], nil
}
