// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Package browser tries the dashboard in a real browser, against a real API server and a simulated ACS. It is a module of
// its own, so that what drives the browser is no dependency of the product. It needs Chromium in the PATH.
package browser
