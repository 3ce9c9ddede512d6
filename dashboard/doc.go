// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dashboard serves a live page of the custom resources. It is an HTTP handler with the page embedded.
//
// # Rights
//
// The dashboard has no permissions of its own. It sends every request to the API server with the user's credentials: on a
// local machine those of the kubeconfig, in a cluster the token that the page sends. RBAC and the audit log see that user.
//
// Therefore each user in a cluster has their own watches. A shared watch would need other credentials, and a second RBAC
// to filter its results. All windows of one user share one watch per kind, so on a local machine there is one watch per
// kind in total.
//
// # Requests from elsewhere
//
// The page sends its token in a header that no other site can set. There are no cookies, so a browser adds no credentials
// to requests that another site triggers. In addition, the standard library's CrossOriginProtection refuses requests of
// other origins. On a local machine, host names other than the loopback address are refused, which blocks DNS rebinding.
// Every change is a POST; phone numbers are in bodies only.
package dashboard
