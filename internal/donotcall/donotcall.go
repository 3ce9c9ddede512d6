// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package donotcall reads do-not-call lists and finds numbers on them.
//
// A list is text with one entry on each line: a telephone number in E.164 form, such as +14255550123, or a prefix, such as +1425*. Spaces
// and the marks -.()/ between digits are ignored, and so are blank lines and what follows a #.
package donotcall

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/numbering"
)

// List is a do-not-call list. The zero List is empty.
type List struct {
	// numbers and prefixes are sorted. No number in E.164 form begins with 0, so that its digits and their value are the same thing.
	numbers, prefixes []uint64
}

// Parse reads a list. A line that is no entry makes the whole list unusable: the error names the line, and does not repeat it.
func Parse(text string) (*List, error) {
	list := &List{}
	line := 0
	// Editors on Windows begin a file with a byte order mark.
	for row := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line++
		entry, _, _ := strings.Cut(row, "#")
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		if err := list.add(entry); err != nil {
			return nil, fmt.Errorf("line %d %w", line, err)
		}
	}
	slices.Sort(list.numbers)
	slices.Sort(list.prefixes)
	list.numbers, list.prefixes = slices.Compact(list.numbers), slices.Compact(list.prefixes)
	return list, nil
}

func (l *List) add(entry string) error {
	entry, isPrefix := strings.CutSuffix(entry, "*")
	digits, international := strings.CutPrefix(numbering.WithoutMarks(entry, moreMarks), "+")
	switch value, err := valueOf(digits); {
	case !international:
		return errors.New("does not begin with +")
	case isPrefix && digits == "":
		l.prefixes = append(l.prefixes, everything)
	case err != nil:
		return err
	case isPrefix:
		l.prefixes = append(l.prefixes, value)
	case len(digits) < 2:
		return errors.New("is too short for a number; a prefix ends with *")
	default:
		l.numbers = append(l.numbers, value)
	}
	return nil
}

const (
	// everything is the prefix of every number.
	everything = 0
	// mostDigits is the length of the longest number.
	mostDigits = 15
	// moreMarks are what may stand between the digits of an entry besides the usual.
	moreMarks = "\t" + numbering.NoBreakSpace
)

// Has tells whether a list has a telephone number in E.164 form, or a prefix of it.
func (l *List) Has(number string) bool {
	value, err := valueOf(strings.TrimPrefix(number, "+"))
	if err != nil {
		return false
	}
	if _, found := slices.BinarySearch(l.numbers, value); found {
		return true
	}
	for ; value != everything; value /= 10 {
		if _, found := slices.BinarySearch(l.prefixes, value); found {
			return true
		}
	}
	return len(l.prefixes) > 0 && l.prefixes[0] == everything
}

// valueOf is the value of the digits of a number or of a prefix.
func valueOf(digits string) (uint64, error) {
	switch {
	case strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }):
		return 0, errors.New("has other characters than digits after the +")
	case digits == "" || digits[0] == '0':
		return 0, errors.New("has no country code after the +")
	case len(digits) > mostDigits:
		return 0, fmt.Errorf("has more than %d digits", mostDigits)
	}
	return strconv.ParseUint(digits, 10, 64)
}

// shortestNumber is how many digits the user of a SIP address without a plus sign has at least if it is taken for a telephone number
// rather than an extension.
const shortestNumber = 8

// NumberOf is the telephone number under which a party is called; "" if it has none. A SIP address whose user is a telephone number may
// reach the telephone network.
func NumberOf(who *v1alpha1.Identifier) string {
	switch {
	case who == nil:
		return ""
	case who.PhoneNumber != "":
		return string(who.PhoneNumber)
	}
	_, address, _ := strings.Cut(who.SIPURI, ":")
	user, _, _ := strings.Cut(address, "@")
	if unescaped, err := url.PathUnescape(user); err == nil {
		user = unescaped
	}
	digits, international := strings.CutPrefix(numbering.WithoutMarks(user, moreMarks), "+")
	if _, err := valueOf(digits); err != nil || !international && len(digits) < shortestNumber {
		return ""
	}
	return "+" + digits
}
