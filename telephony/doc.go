// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package telephony is what the operator needs from a telephony service, in words that fit all of them. It knows no service: a
// folder below it is an adapter for one.
//
// Traffic goes both ways. A [Service] carries out requests. [Reports] authenticate what a service reports, and turn it into an
// [Event] or an [IncomingCall]. State machines see only the types of this package, so codes and wording of a service stay in its adapter.
package telephony
