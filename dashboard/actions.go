// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/call-operator/call-operator/api/v1alpha1"
	"github.com/call-operator/call-operator/internal/useractions"
)

// maxBody is more than any action needs.
const maxBody = 256 << 10

// atOnce limits the concurrent requests that one action sends to the API server.
const atOnce = 8

// action carries out the action in a body, and returns the answer for the user.
type action func(ctx context.Context, client useractions.Client, body *json.Decoder) (done, error)

// done is the result of an action.
type done struct {
	Message string `json:"message"`
	// Name is the name of what was created.
	Name string `json:"name,omitempty"`
	// Failed are the failures among several.
	Failed []string `json:"failed,omitempty"`
}

// actions are the actions of users, by path. Each creates or changes a resource.
var actions = map[string]action{
	"/api/dial":    dial,
	"/api/hang-up": hangUp,
	"/api/take":    take,
	"/api/retry":   retry,
	"/api/move":    move,
	"/api/operate": operate,
	"/api/suspend": suspend,
}

func (s *Server) action(act action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, c, ok := s.person(w, r)
		if !ok {
			return
		}
		body := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		body.DisallowUnknownFields()
		did, err := act(r.Context(), useractions.Client{Kube: c}, body)
		if err != nil {
			refuse(w, err)
			return
		}
		writeJSON(w, http.StatusOK, did)
	}
}

// read reads a body.
func read[T any](body *json.Decoder) (T, error) {
	var value T
	if err := body.Decode(&value); err != nil {
		return value, fmt.Errorf("the request cannot be read: %w", err)
	}
	return value, nil
}

func dial(ctx context.Context, client useractions.Client, body *json.Decoder) (done, error) {
	request, err := read[useractions.DialRequest](body)
	if err != nil {
		return done{}, err
	}
	call, err := client.Dial(ctx, request)
	if err != nil {
		return done{}, err
	}
	return done{Message: fmt.Sprintf("Call %s is on its way.", call.Name), Name: call.Name}, nil
}

// hangUp ends one call or several. It tries all of them, and names the failures.
func hangUp(ctx context.Context, client useractions.Client, body *json.Decoder) (done, error) {
	refs, err := read[[]useractions.Ref](body)
	if err != nil {
		return done{}, err
	}
	if len(refs) == 1 {
		_, err := client.HangUp(ctx, refs[0])
		return done{Message: fmt.Sprintf("Call %s is being hung up.", refs[0].Name)}, err
	}
	failed := hangUpAll(ctx, client, refs)
	return done{Message: fmt.Sprintf("%d of %d calls are being hung up.", len(refs)-len(failed), len(refs)), Failed: failed}, nil
}

// hangUpAll ends calls, some concurrently, and returns the failures in the order of the calls.
func hangUpAll(ctx context.Context, client useractions.Client, refs []useractions.Ref) []string {
	said := make([]string, len(refs))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, ref := range refs {
		group.Go(func() error {
			if err := client.HangUpSeen(ctx, ref); err != nil {
				said[i] = fmt.Sprintf("%s: %s", ref.Name, words(err))
			}
			return nil
		})
	}
	_ = group.Wait() // what failed is in said
	return slices.DeleteFunc(said, func(text string) bool { return text == "" })
}

// taking is an action for an incoming call.
type taking struct {
	Call useractions.Ref `json:"call"`
	// Action is answer, redirect or reject; To is the target of a redirect.
	Action string `json:"action"`
	To     string `json:"to,omitempty"`
}

func take(ctx context.Context, client useractions.Client, body *json.Decoder) (done, error) {
	request, err := read[taking](body)
	if err != nil {
		return done{}, err
	}
	action, err := useractions.ParseAction(request.Action, request.To)
	if err != nil {
		return done{}, err
	}
	_, err = client.HandleIncoming(ctx, request.Call, action)
	return done{Message: actionText(action)}, err
}

func actionText(action v1alpha1.RouteAction) string {
	switch {
	case action.Answer != nil:
		return "The call is being answered."
	case action.Redirect != nil:
		return "The call is being redirected."
	default:
		return "The call is being rejected."
	}
}

func retry(ctx context.Context, client useractions.Client, body *json.Decoder) (done, error) {
	ref, err := read[useractions.Ref](body)
	if err != nil {
		return done{}, err
	}
	call, err := client.Retry(ctx, ref)
	if err != nil {
		return done{}, err
	}
	return done{Message: fmt.Sprintf("The call is retried as %s.", call.Name), Name: call.Name}, nil
}

func move(ctx context.Context, client useractions.Client, body *json.Decoder) (done, error) {
	request, err := read[useractions.MoveRequest](body)
	if err != nil {
		return done{}, err
	}
	created, err := client.Move(ctx, request)
	if err != nil {
		return done{}, err
	}
	return done{Message: fmt.Sprintf("%s is being moved to %s.", useractions.PartyText(request.Participant), request.To), Name: created.Name}, nil
}

func operate(ctx context.Context, client useractions.Client, body *json.Decoder) (done, error) {
	request, err := read[useractions.OperateRequest](body)
	if err != nil {
		return done{}, err
	}
	action, err := client.Operate(ctx, request)
	if err != nil {
		return done{}, err
	}
	return done{Message: fmt.Sprintf("CallAction %s was created.", action.Name), Name: action.Name}, nil
}

// suspending suspends or resumes a DialOut.
type suspending struct {
	DialOut useractions.Ref `json:"dialOut"`
	Suspend bool            `json:"suspend"`
}

func suspend(ctx context.Context, client useractions.Client, body *json.Decoder) (done, error) {
	request, err := read[suspending](body)
	if err != nil {
		return done{}, err
	}
	_, err = client.Suspend(ctx, request.DialOut, request.Suspend)
	message := "The dial-out continues."
	if request.Suspend {
		message = "The dial-out starts no more calls."
	}
	return done{Message: message}, err
}

// words is an error as text for the user.
func words(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		return plain(status)
	}
	return err.Error()
}

// plain is an API server's error without the boilerplate around each cause.
func plain(status apierrors.APIStatus) string {
	details := status.Status().Details
	if details == nil || len(details.Causes) == 0 {
		return status.Status().Message
	}
	causes := make([]string, 0, len(details.Causes))
	for _, cause := range details.Causes {
		text := strings.TrimPrefix(cause.Message, "Invalid value: ")
		if cause.Field != "" && cause.Field != "<nil>" {
			text = cause.Field + ": " + text
		}
		causes = append(causes, text)
	}
	return strings.Join(causes, "; ")
}
