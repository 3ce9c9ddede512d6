// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dashboard is a live page over the custom resources. It is an HTTP handler with the page in it.
//
// # Rights
//
// The dashboard has none of its own. Every request to the API server is sent with the credentials of the person who looks:
// on a person's own machine those of the kubeconfig, in a cluster the token that the page sends along. RBAC and the audit
// log see that person.
//
// That is why in a cluster each person has a watch of their own: one that is shared would have to be somebody else's, and
// filtering what it sees would be a second RBAC beside the API server's. All windows of one person share one watch a kind,
// and so on a person's own machine there is one watch a kind in all.
//
// # Requests from elsewhere
//
// The page sends its token in a header that no other site can set; there are no cookies, so that a browser adds nothing
// by itself to what another site has it send. Beside that, requests of other origins are refused by the standard
// library's CrossOriginProtection, and on a person's own machine names other than the loopback address are, which is
// how a rebound DNS name would come in. What changes something is a POST; phone numbers are in bodies only.
package dashboard
