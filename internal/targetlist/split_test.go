// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package targetlist

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// read reads pieces with the numbers of lines in the whole list.
func read(format v1alpha1.TargetsFormat, pieces []Piece) *Reader {
	r := &Reader{}
	for _, piece := range pieces {
		before := len(r.Problems)
		if format == v1alpha1.TargetsCSV {
			r.CSV("list", piece.Text)
		} else {
			r.JSONLines("list", piece.Text)
		}
		for i := before; i < len(r.Problems); i++ {
			r.Problems[i].Line += piece.Before
		}
	}
	return r
}

func TestSplit(t *testing.T) {
	t.Parallel()
	var lines, objects strings.Builder
	lines.WriteString(byteOrderMark + "name,phoneNumber,text\n")
	for i := range 50 {
		fmt.Fprintf(&lines, "n%d,+1425555%04d,\"a\nb, \"\"c\"\"\"\r\n", i, 100+i)
		fmt.Fprintf(&objects, "{\"to\": {\"phoneNumber\": \"+1425555%04d\"}}\n\n", 100+i)
	}
	lines.WriteString("bad,112,\n")
	cases := []struct {
		name, reason string
		format       v1alpha1.TargetsFormat
		list         string
		most, pieces int
	}{
		{"CSV", "records with line breaks stay whole, and each piece has the header", v1alpha1.TargetsCSV, lines.String(), 300, 6},
		{"JSON lines", "each piece has whole lines", v1alpha1.TargetsJSONLines, objects.String(), 300, 8},
		{"short", "it is one piece", v1alpha1.TargetsCSV, lines.String(), 1 << 20, 1},
		{"lines longer than a piece", "each is a piece", v1alpha1.TargetsCSV, lines.String(), 1, 51},
		{"header only", "somebody has to say that nobody is in it", v1alpha1.TargetsCSV, "phoneNumber\n", 10, 1},
		{"empty", "somebody has to say so", v1alpha1.TargetsCSV, "", 10, 1},
		{"no CSV", "what is wrong is found all the same", v1alpha1.TargetsCSV, "phoneNumber\n+14255550100\n\"\n+14255550101\n", 30, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			whole := []Piece{{Text: []byte(c.list)}}
			pieces := Split(c.format, []byte(c.list), c.most)
			if len(pieces) != c.pieces {
				t.Errorf("%s: there are %d pieces, want %d", c.reason, len(pieces), c.pieces)
			}
			for _, piece := range pieces {
				if len(piece.Text) > max(c.most, 60) {
					t.Errorf("%s: a piece has %d bytes", c.reason, len(piece.Text))
				}
			}
			want, got := read(c.format, whole), read(c.format, pieces)
			if diff := cmp.Diff(want.Targets, got.Targets); diff != "" {
				t.Errorf("%s (-whole +pieces):\n%s", c.reason, diff)
			}
			if diff := cmp.Diff(want.Problems, got.Problems); diff != "" {
				t.Errorf("%s (-whole +pieces):\n%s", c.reason, diff)
			}
		})
	}
}
