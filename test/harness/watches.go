// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"io"
	"net/http"
	"path"
	"sync"

	"k8s.io/client-go/rest"
)

// Watches counts the watches that are open, by resource, and the most of them at one time. A busy API server ends watches at any
// time, and each is taken up again.
type Watches struct {
	mu         sync.Mutex
	open, most map[string]int
}

// CountWatches is a config whose watches are counted.
func CountWatches(config *rest.Config) (*rest.Config, *Watches) {
	w := &Watches{open: map[string]int{}, most: map[string]int{}}
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) { return w.pass(next, r) })
	})
	return config, w
}

// Most is how many watches of a resource were open at one time, at most.
func (w *Watches) Most(resource string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.most[resource]
}

func (w *Watches) add(resource string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[resource] += n
	w.most[resource] = max(w.most[resource], w.open[resource])
}

func (w *Watches) pass(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	answer, err := next.RoundTrip(r)
	if r.URL.Query().Get("watch") == "" || err != nil {
		return answer, err
	}
	resource := path.Base(r.URL.Path)
	w.add(resource, 1)
	answer.Body = &closing{ReadCloser: answer.Body, closed: sync.OnceFunc(func() { w.add(resource, -1) })}
	return answer, nil
}

// closing tells when a body is closed.
type closing struct {
	io.ReadCloser
	closed func()
}

func (c *closing) Close() error {
	c.closed()
	return c.ReadCloser.Close()
}
