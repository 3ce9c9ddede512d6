// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package acs is the adapter of package telephony for Azure Communication Services.
package acs
