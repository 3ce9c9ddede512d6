// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

// Reads a JSON array of callbacks' bodies from standard input, parses each with the official SDK, and prints an array of the results:
// what it read, or the error. The first argument is the folder that the SDK is in.
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");

const sdk = createRequire(process.argv[2] + "/")("@azure/communication-call-automation");
const read = (body) => {
  try {
    return { event: sdk.parseCallAutomationEvent(body) };
  } catch (error) {
    return { error: String(error) };
  }
};
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(read)));
