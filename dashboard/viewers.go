// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"errors"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// viewerIdleTimeout is how long a viewer stays after its last window closed, so that a reloaded page is there at once. After that
	// the user's token is forgotten.
	viewerIdleTimeout = 15 * time.Second
	// maxViewers limits the watched combinations of user and namespace.
	maxViewers = 256
	// maxPerUser limits how many of them one user has, over all tokens.
	maxPerUser = 16
)

var (
	errTooManyUsers = errors.New("too many users have this dashboard open: try again later")
	errTooManyViews = errors.New("you have too many namespaces open: close some windows, or show all namespaces in one")
)

// viewers are the viewers of all users.
type viewers struct {
	log logr.Logger

	mu     sync.Mutex
	open   map[viewerKey]*shared
	closed bool
}

type viewerKey struct{ person, namespace string }

// shared is a viewer and how many windows it has.
type shared struct {
	viewer  *viewer
	user    string
	windows int
	// closing ends a viewer without windows.
	closing *time.Timer
}

func newViewers(log logr.Logger) *viewers {
	return &viewers{log: log, open: map[viewerKey]*shared{}}
}

// enter returns the user's viewer of a namespace, and leave, to call when the window is closed. user is the user's name at
// the API server.
func (v *viewers) enter(person Person, user string, c client.WithWatch, namespace string) (found *viewer, leave func(), err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := viewerKey{person.ID, namespace}
	s := v.open[key]
	switch {
	case v.closed:
		return nil, nil, errors.New("the dashboard is shutting down")
	case s == nil:
		if err := v.room(user); err != nil {
			return nil, nil, err
		}
		viewer, err := newViewer(c, namespace)
		if err != nil {
			return nil, nil, err
		}
		s = &shared{viewer: viewer, user: user}
		v.open[key] = s
	case s.closing != nil:
		s.closing.Stop()
		s.closing = nil
	}
	s.windows++
	return s.viewer, func() { v.leave(key, s) }, nil
}

// room makes room for another viewer of a user, if necessary by closing one without windows.
func (v *viewers) room(user string) error {
	theirs := 0
	var idle viewerKey
	for key, s := range v.open {
		if s.user != user {
			continue
		}
		theirs++
		if s.windows == 0 {
			idle = key
		}
	}
	switch left := v.open[idle]; {
	case theirs >= maxPerUser && left == nil:
		return errTooManyViews
	case theirs >= maxPerUser:
		left.closing.Stop()
		left.viewer.stop()
		delete(v.open, idle)
		return nil
	case len(v.open) >= maxViewers:
		return errTooManyUsers
	default:
		return nil
	}
}

func (v *viewers) leave(key viewerKey, s *shared) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s.windows--; s.windows > 0 || v.closed {
		return
	}
	s.closing = time.AfterFunc(viewerIdleTimeout, func() { v.drop(key, s) })
}

func (v *viewers) drop(key viewerKey, s *shared) {
	v.mu.Lock()
	if s.windows > 0 || v.open[key] != s {
		v.mu.Unlock()
		return
	}
	delete(v.open, key)
	v.mu.Unlock()
	s.viewer.stop()
}

func (v *viewers) close() {
	v.mu.Lock()
	v.closed = true
	open := v.open
	v.open = map[viewerKey]*shared{}
	v.mu.Unlock()
	for _, s := range open {
		s.viewer.stop()
	}
}
