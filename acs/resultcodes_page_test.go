// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package acs

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// The page for people, and the heading of its section that ends with the table.
const (
	codesPage    = "../docs/troubleshooting.md"
	codesHeading = "\n## Codes of ACS\n"
	codesHead    = "| code | sub-code | what it means |\n| --- | --- | --- |\n"
)

var update = flag.Bool("update", false, "write the table of codes in "+codesPage+" anew")

// TestTroubleshootingHasEveryCode compares the table that people read with the sentences that Describe says.
func TestTroubleshootingHasEveryCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(codesPage)
	if err != nil {
		t.Fatal(err)
	}
	before, section, found := strings.Cut(string(page), codesHeading)
	if !found {
		t.Fatalf("%s has no heading %q", codesPage, strings.TrimSpace(codesHeading))
	}
	text, _, _ := strings.Cut(section, codesHead)
	want := before + codesHeading + text + codesTable()
	if *update {
		if err := os.WriteFile(codesPage, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(page) != want {
		t.Errorf("the table of codes in %s is stale: run make generate", codesPage)
	}
}

// codesTable is every code and sub-code that has a sentence of its own: pairs, then sub-codes, then codes.
func codesTable() string {
	var table strings.Builder
	table.WriteString(codesHead)
	row := func(code, subCode any, meaning string) {
		fmt.Fprintf(&table, "| %v | %v | %s |\n", code, subCode, meaning)
	}
	pairs := slices.SortedFunc(maps.Keys(pairMeanings), func(a, b codePair) int {
		return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.subCode, b.subCode))
	})
	for _, pair := range pairs {
		row(pair.code, pair.subCode, pairMeanings[pair].says)
	}
	for _, subCode := range slices.Sorted(maps.Keys(subCodeMeanings)) {
		row("any", subCode, subCodeMeanings[subCode].says)
	}
	if subCodes := authenticationSubCodes(); len(subCodes) > 0 {
		row("any", "others of "+ranges(subCodes), Describe(0, subCodes[0]))
	}
	for _, code := range slices.Sorted(maps.Keys(codeMeanings)) {
		row(code, "none known", codeMeanings[code].says)
	}
	return table.String()
}

// authenticationSubCodes are those that isAuthentication speaks of and that have no sentence of their own, in order.
func authenticationSubCodes() []int {
	var found []int
	for subCode := range 10000 {
		if isAuthentication(subCode) && subCodeMeanings[subCode].says == "" {
			found = append(found, subCode)
		}
	}
	return found
}

// ranges writes numbers in order as ranges. Sub-codes between two of them that have a sentence of their own are no gap.
func ranges(numbers []int) string {
	var parts []string
	for first := 0; first < len(numbers); {
		last := first
		for last+1 < len(numbers) && consecutive(numbers[last], numbers[last+1]) {
			last++
		}
		parts = append(parts, fmt.Sprintf("%d to %d", numbers[first], numbers[last]))
		first = last + 1
	}
	return strings.Join(parts, ", ")
}

func consecutive(a, b int) bool {
	for between := a + 1; between < b; between++ {
		if subCodeMeanings[between].says == "" {
			return false
		}
	}
	return true
}
