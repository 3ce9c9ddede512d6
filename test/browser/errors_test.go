// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// watchErrors fails a test on every error in the page, such as a script that throws or a violation of the
// Content-Security-Policy.
func (p *page) watchErrors() {
	p.t.Helper()
	must(p.t, chromedp.Listen(p.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			p.t.Errorf("the page threw an error: %v", &chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails})
		case *log.EventEntryAdded:
			// Some tests are about an unavailable server, and a refusal is the answer to an action.
			if !p.quiet && e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "Failed to load resource") {
				p.t.Errorf("the page logged: %s", e.Entry.Text)
			}
		}
	}))
	_, err := chromedp.Call(p.ctx, log.Enable, cdp.Empty{})
	must(p.t, err)
}
