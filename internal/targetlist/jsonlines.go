// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package targetlist

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	kjson "sigs.k8s.io/json"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

func (r *Reader) jsonLines(source string, list []byte) {
	line := 0
	for text := range bytes.Lines(list) {
		line++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		target, problem := fromObject(text)
		if problem != "" {
			r.problem(source, line, "%s", problem)
			continue
		}
		if !r.add(source, line, target) {
			return
		}
	}
}

// longestKey is how much is said of a field that nobody knows.
const longestKey = 128

// fromObject is the target that a line names, or what is wrong with the line.
func fromObject(text []byte) (target *v1alpha1.DialOutTarget, problem string) {
	if !utf8.Valid(text) {
		return nil, "The line is not in UTF-8."
	}
	target = &v1alpha1.DialOutTarget{}
	strict, err := kjson.UnmarshalStrict(text, target)
	if wrongType := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrongType) && wrongType.Field != "" {
		return nil, fmt.Sprintf("Field %s has a value of the wrong kind (%s): name, timeZone and the values of parameters are strings, and to is an object.", wrongType.Field, wrongType.Value)
	}
	if err != nil || text[0] != '{' {
		return nil, `The line is no JSON object: write one on each line, such as {"name": "ada", "to": {"phoneNumber": "+14255550123"}}.`
	}
	if len(strict) > 0 {
		what := []rune(strict[0].Error())
		return nil, fmt.Sprintf("The line has the %s: fields are name, to, parameters and timeZone, each once.", string(what[:min(len(what), longestKey)]))
	}
	to := &target.To
	to.PhoneNumber = v1alpha1.PhoneNumber(normalised(string(to.PhoneNumber)))
	// The API server sets this default.
	for _, cloud := range clouds(to) {
		*cloud = cmp.Or(*cloud, v1alpha1.TeamsCloudPublic)
	}
	return target, ""
}

// clouds are those of the party.
func clouds(to *v1alpha1.Identifier) []*v1alpha1.TeamsCloud {
	var found []*v1alpha1.TeamsCloud
	if to.TeamsUser != nil {
		found = append(found, &to.TeamsUser.Cloud)
	}
	if to.TeamsApp != nil {
		found = append(found, &to.TeamsApp.Cloud)
	}
	if to.TeamsExtensionUser != nil {
		found = append(found, &to.TeamsExtensionUser.Cloud)
	}
	return found
}
