// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/call-operator/call-operator/api/v1alpha1"
)

// Authenticator authenticates users.
type Authenticator interface {
	// Person returns the user of a request.
	Person(r *http.Request) (Person, error)
	// SignIn tells whether users sign in with a token of the cluster, which the page asks for unless a proxy adds one.
	SignIn() bool
}

// Person is a user of the page.
type Person struct {
	// ID identifies a user, and contains no secret.
	ID string
	// Config accesses the API server with the user's permissions.
	Config *rest.Config
}

// errUnknown says that a request has no known user.
var errUnknown = errors.New("not signed in")

// LocalUser is the only user of a local dashboard. The session token authenticates this user.
type LocalUser struct {
	config *rest.Config
	token  string
}

// NewLocalUser returns the user of a config, with a new session token.
func NewLocalUser(config *rest.Config) *LocalUser {
	return &LocalUser{config: config, token: rand.Text()}
}

// Token is the session token, for the page's address.
func (o *LocalUser) Token() string { return o.token }

// SignIn is false: the page's address contains the token.
func (o *LocalUser) SignIn() bool { return false }

// Person checks the session token.
func (o *LocalUser) Person(r *http.Request) (Person, error) {
	if subtle.ConstantTimeCompare([]byte(bearer(r)), []byte(o.token)) != 1 {
		return Person{}, errUnknown
	}
	return Person{ID: "user", Config: o.config}, nil
}

// TokenUsers authenticate with a token of the cluster.
type TokenUsers struct{ server *rest.Config }

// NewTokenUsers returns the TokenUsers of an API server. It uses only the address and the trust settings of the config.
func NewTokenUsers(config *rest.Config) *TokenUsers {
	return &TokenUsers{server: rest.AnonymousClientConfig(config)}
}

// SignIn is true: the page asks for the token.
func (b *TokenUsers) SignIn() bool { return true }

// Person returns the user of the token. The API server validates it.
func (b *TokenUsers) Person(r *http.Request) (Person, error) {
	token := bearer(r)
	if token == "" {
		return Person{}, errUnknown
	}
	config := rest.CopyConfig(b.server)
	config.BearerToken = token
	sum := sha256.Sum256([]byte(token))
	return Person{ID: hex.EncodeToString(sum[:]), Config: config}, nil
}

func bearer(r *http.Request) string {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return ""
	}
	return strings.TrimSpace(token)
}

// client accesses the API server for a user. It has a static list of the few kinds it needs, without discovery.
func (p Person) client() (client.WithWatch, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		v1alpha1.AddToScheme, corev1.AddToScheme, authenticationv1.AddToScheme, authorizationv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	config := rest.CopyConfig(p.Config)
	// API priority and fairness limits users in the server.
	config.QPS = -1
	return client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: knownKinds(scheme)})
}

func knownKinds(scheme *runtime.Scheme) meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper(scheme.PrioritizedVersionsAllGroups())
	for kind := range shown {
		mapper.Add(v1alpha1.GroupVersion.WithKind(kind), meta.RESTScopeNamespace)
	}
	mapper.Add(authenticationv1.SchemeGroupVersion.WithKind("SelfSubjectReview"), meta.RESTScopeRoot)
	mapper.Add(authorizationv1.SchemeGroupVersion.WithKind("SelfSubjectAccessReview"), meta.RESTScopeRoot)
	return mapper
}

// nameOf asks the API server for the user's name.
func nameOf(ctx context.Context, c client.Client) (string, error) {
	review := &authenticationv1.SelfSubjectReview{ObjectMeta: metav1.ObjectMeta{}}
	if err := c.Create(ctx, review); err != nil {
		return "", err
	}
	return review.Status.UserInfo.Username, nil
}
