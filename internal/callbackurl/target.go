// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callbackurl

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	// KindCalls is the Target.Kind of a Call.
	KindCalls = "calls"
	// KindCallActions is the Target.Kind of a CallAction.
	KindCallActions = "callactions"
	// KindParticipantMoves is the Target.Kind of a ParticipantMove.
	KindParticipantMoves = "participantmoves"

	// TokenParameter is the query parameter that carries the token.
	TokenParameter = "token"

	// pathPrefix is in front of the four parts that name an object. Its version is that of the whole scheme: a path
	// with another version has tokens that are computed in another way.
	pathPrefix = "/v1/callbacks/"
)

// ErrPath says that a path names no object.
var ErrPath = errors.New("the path is not " + pathPrefix + "KIND/NAMESPACE/NAME/UID")

// The parts are checked against what Kubernetes allows in them. None of these characters needs escaping in a URL, so
// that each target has exactly one spelling.
var (
	kindPattern = regexp.MustCompile(`^[a-z]{1,63}$`)
	uidPattern  = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)
)

// Target is the object of a callback.
type Target struct {
	// Kind is the resource name in lower-case plural, such as calls.
	Kind string
	// Namespace and Name are those of the object.
	Namespace, Name string
	// UID distinguishes the object from others of the same name.
	UID types.UID
}

// path is the target's path below the base URL. Call validate first.
func (t Target) path() string {
	return pathPrefix + strings.Join([]string{t.Kind, t.Namespace, t.Name, string(t.UID)}, "/")
}

// validate says which part of the target cannot stand in a URL.
func (t Target) validate() error {
	switch {
	case !kindPattern.MatchString(t.Kind):
		return errors.New("the kind must be lower-case letters, such as calls")
	case len(validation.IsDNS1123Label(t.Namespace)) > 0:
		return errors.New("the namespace must be a DNS label")
	case len(validation.IsDNS1123Subdomain(t.Name)) > 0:
		return errors.New("the name must be a DNS subdomain")
	case !uidPattern.MatchString(string(t.UID)):
		return errors.New("the UID must be letters, digits and hyphens")
	}
	return nil
}

// ParsePath parses the path of a URL from Keys.URL. An error wraps ErrPath and does not repeat the path.
func ParsePath(path string) (Target, error) {
	rest, found := strings.CutPrefix(path, pathPrefix)
	parts := strings.Split(rest, "/")
	if !found || len(parts) != 4 {
		return Target{}, ErrPath
	}
	target := Target{Kind: parts[0], Namespace: parts[1], Name: parts[2], UID: types.UID(parts[3])}
	if err := target.validate(); err != nil {
		return Target{}, fmt.Errorf("%w: %w", ErrPath, err)
	}
	return target, nil
}

// parseBase checks the public base URL of the receiver, which may end in a path of its own.
func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	switch {
	// The error of url.Parse repeats the URL, which may have a password in it.
	case err != nil:
		return nil, errors.New("the base URL cannot be parsed: it must look like https://calls.example.com")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, errors.New("the base URL must begin with https:// or http:// and a host, such as https://calls.example.com")
	case u.User != nil, u.RawQuery != "", u.ForceQuery, strings.Contains(base, "#"):
		return nil, errors.New("the base URL must have no user, query or fragment")
	}
	return u, nil
}
