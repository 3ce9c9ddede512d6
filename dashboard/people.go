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

// People says who asks.
type People interface {
	// Person is who sends a request.
	Person(r *http.Request) (Person, error)
	// SignIn tells whether people are known by a token of the cluster, which the page asks for unless a proxy adds one.
	SignIn() bool
}

// Person is somebody who looks at the page.
type Person struct {
	// ID tells people apart, and holds no secret.
	ID string
	// Config reaches the API server with the person's rights.
	Config *rest.Config
}

// errUnknown says that a request comes from nobody.
var errUnknown = errors.New("not signed in")

// Owner is the one person of a dashboard on that person's machine. Whoever has the session token is that person.
type Owner struct {
	config *rest.Config
	token  string
}

// NewOwner is the person whose config it is, with a new session token.
func NewOwner(config *rest.Config) *Owner {
	return &Owner{config: config, token: rand.Text()}
}

// Token is the session token, for the page's address.
func (o *Owner) Token() string { return o.token }

// SignIn is false: the address that the person opens has the token.
func (o *Owner) SignIn() bool { return false }

// Person knows the session token.
func (o *Owner) Person(r *http.Request) (Person, error) {
	if subtle.ConstantTimeCompare([]byte(bearer(r)), []byte(o.token)) != 1 {
		return Person{}, errUnknown
	}
	return Person{ID: "owner", Config: o.config}, nil
}

// Bearers are the people who send a token of the cluster's.
type Bearers struct{ server *rest.Config }

// NewBearers are people of an API server. Of the config only what reaches and trusts the server is used.
func NewBearers(config *rest.Config) *Bearers {
	return &Bearers{server: rest.AnonymousClientConfig(config)}
}

// SignIn is true: the page asks for the token.
func (b *Bearers) SignIn() bool { return true }

// Person is whoever the token is for. Whether it is good is the API server's to say.
func (b *Bearers) Person(r *http.Request) (Person, error) {
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

// client reaches the API server for a person. It knows the few kinds that it needs, and asks nobody for them.
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
	// API priority and fairness bounds people in the server.
	config.QPS = -1
	return client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: knownKinds(scheme)})
}

func knownKinds(scheme *runtime.Scheme) meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper(scheme.PrioritizedVersionsAllGroups())
	for _, kind := range []string{kindCall, kindMove, kindRoute, kindProvider} {
		mapper.Add(v1alpha1.GroupVersion.WithKind(kind), meta.RESTScopeNamespace)
	}
	mapper.Add(authenticationv1.SchemeGroupVersion.WithKind("SelfSubjectReview"), meta.RESTScopeRoot)
	mapper.Add(authorizationv1.SchemeGroupVersion.WithKind("SelfSubjectAccessReview"), meta.RESTScopeRoot)
	return mapper
}

// nameOf asks the API server whom it takes the person for.
func nameOf(ctx context.Context, c client.Client) (string, error) {
	review := &authenticationv1.SelfSubjectReview{ObjectMeta: metav1.ObjectMeta{}}
	if err := c.Create(ctx, review); err != nil {
		return "", err
	}
	return review.Status.UserInfo.Username, nil
}
