// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Errors of the page itself are shown in an element of their own, because drawing the page may be what failed.

export function report(problem) {
  console.error(problem);
  const place = document.getElementById('fault');
  place.textContent = `The page has an error and may show wrong data: ${problem?.message ?? problem}. Reload it.`;
  place.hidden = false;
}

addEventListener('unhandledrejection', (event) => report(event.reason));
