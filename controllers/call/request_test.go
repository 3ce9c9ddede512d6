// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package call

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/controllers/shared/controllertest"
	"github.com/call-operator/call-operator/internal/callbackurl"
	"github.com/call-operator/call-operator/telephony"
)

func TestCallbackURL(t *testing.T) {
	r, _ := newReconciler(t, newAPI(t, interceptor.Funcs{}), nil)
	got, err := (&callRequest{call: controllertest.CallWith(controllertest.Attempted)}).About().SentWith(r.CallbackKeys, controllertest.ProviderWith())
	if err != nil {
		t.Fatal(err)
	}
	checkCallback(t, r.CallbackKeys, got.CallbackURL)
}

// checkCallback: the URL names the object, and its token is good for that object alone.
func checkCallback(t *testing.T, keys callbackurl.Keys, uri string) {
	t.Helper()
	callback, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	target := callbackurl.Target{Kind: callbackurl.KindCalls, Namespace: "n", Name: "c", UID: "u"}
	token := callback.Query().Get(callbackurl.TokenParameter)
	if !strings.HasPrefix(uri, "https://calls.example.com/") || !keys.Verify(target, token) {
		t.Errorf("the callback URL %s does not lead to this Call", callback.Path)
	}
	if target.UID = "other"; keys.Verify(target, token) {
		t.Error("the token is good for another object of that name")
	}
}

func TestAttemptWithoutCallback(t *testing.T) {
	r, _ := newReconciler(t, newAPI(t, interceptor.Funcs{}), nil)
	_, err := (&callRequest{call: controllertest.CallWith(controllertest.Attempted)}).About().SentWith(r.CallbackKeys, controllertest.ProviderWith(controllertest.CallbackTo("ftp://calls.example.com")))
	var cause *telephony.UnusableError
	if !errors.As(err, &cause) || cause.Reason != v1alpha1.ReasonInvalidCallbackURL {
		t.Errorf("a call whose events nobody would hear is not placed: got %v", err)
	}
	if text := fmt.Sprint(err); !strings.HasPrefix(text, "The callback URL cannot be made: ") || !strings.HasSuffix(text, ".") {
		t.Errorf("the text is a sentence: got %q", text)
	}
}
