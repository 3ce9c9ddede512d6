// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// fullNumber is an unmasked telephone number.
var fullNumber = regexp.MustCompile(`\+[1-9][0-9]{9,14}`)

// leaks finds secrets where people and machines look, numbers that are not masked, and contexts of incoming calls that
// outlive their use (invariant 8).
func leaks(x *index) []Violation {
	var found []Violation
	for _, text := range x.Texts {
		found = append(found, leaksInText(x, text)...)
	}
	for i := range x.Revisions {
		r := &x.Revisions[i]
		contents, err := json.Marshal(r)
		if err != nil {
			panic("an object is always JSON: " + err.Error())
		}
		for _, secret := range x.Secrets {
			if strings.Contains(string(contents), secret.Value) {
				found = append(found, violation(SecretsStaySecret, []Step{stepOfRevision(r, "it holds "+secret.What)}, "an object holds %s", secret.What))
			}
		}
	}
	return append(found, leftContexts(x)...)
}

func leaksInText(x *index, text Text) []Violation {
	var found []Violation
	for _, secret := range x.Secrets {
		if strings.Contains(text.Text, secret.Value) {
			found = append(found, violation(SecretsStaySecret, nil, "%s holds %s", text.Where, secret.What))
		}
	}
	if span := fullNumber.FindStringIndex(text.Text); text.Masked && span != nil {
		const around = 80
		piece := text.Text[max(0, span[0]-around):min(len(text.Text), span[1]+around)]
		found = append(found, violation(SecretsStaySecret, []Step{{time.Time{}, fmt.Sprintf("%s: ...%s...", text.Where, piece)}}, "%s holds a phone number that is not masked", text.Where))
	}
	return found
}

// leftContexts finds Secrets with an incoming call's context, which have the Call's name, that are still there although the call is taken or
// over. Answers to sensitive questions stay as long as their owners.
func leftContexts(x *index) []Violation {
	if x.Rest == nil {
		return nil
	}
	var found []Violation
	for _, revisions := range x.revisions(func(r *Revision) bool { return r.Secret != nil }) {
		secret := last(revisions)
		if secret.Gone {
			continue
		}
		for _, owner := range secret.Secret.OwnerReferences {
			if call := x.lastCall(owner.UID); call != nil && call.Name == secret.Secret.Name && (call.Status.Result != nil || call.Status.ConnectionID != "") {
				found = append(found, violation(SecretsStaySecret, []Step{stepOfRevision(secret, "the context of Call "+call.Name)},
					"the context of an incoming call is kept after its use"))
			}
		}
	}
	return found
}

// lastCall is the Call as it was last there; nil when it is gone, so that the garbage collector's work is no leak.
func (x *index) lastCall(uid types.UID) *v1alpha1.Call {
	revisions := x.objects[uid]
	if len(revisions) == 0 || last(revisions).Gone {
		return nil
	}
	return last(revisions).Call
}
