// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package targetlist

import (
	"bytes"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Piece is a part of a list, and a list itself.
type Piece struct {
	Text []byte
	// Before is what to add to the number of a line to have its number in the whole list.
	Before int
}

// Split divides a list into pieces of at most most bytes, unless one line or the header is longer. Each piece of a CSV list has the
// header. What follows a line that is no CSV stays in one piece, which Reader finds wrong.
func Split(format v1alpha1.TargetsFormat, list []byte, most int) []Piece {
	list = bytes.TrimPrefix(list, []byte(byteOrderMark))
	header, ends := []byte(nil), endsOfLines(list)
	if format != v1alpha1.TargetsJSONLines {
		if ends = endsOfRecords(list); len(ends) > 0 {
			header, ends = list[:ends[0]], ends[1:]
		}
	}
	var pieces []Piece
	start, end := len(header), len(header)
	cut := func() {
		text := append(bytes.Clone(header), list[start:end]...)
		before := bytes.Count(list[:start], []byte("\n")) - bytes.Count(header, []byte("\n"))
		pieces, start = append(pieces, Piece{text, before}), end
	}
	for _, next := range ends {
		if len(header)+next-start > most && end > start {
			cut()
		}
		end = next
	}
	if end > start || len(pieces) == 0 {
		cut()
	}
	return pieces
}

func endsOfLines(list []byte) []int {
	var ends []int
	at := 0
	for line := range bytes.Lines(list) {
		at += len(line)
		ends = append(ends, at)
	}
	return ends
}

// endsOfRecords are where the records of CSV end, the last one at the end of the list.
func endsOfRecords(list []byte) []int {
	lines := newCSVReader(list)
	var ends []int
	for {
		if _, err := lines.Read(); err != nil {
			break
		}
		ends = append(ends, int(lines.InputOffset()))
	}
	if len(ends) == 0 || ends[len(ends)-1] < len(list) {
		ends = append(ends, len(list))
	}
	return ends
}
