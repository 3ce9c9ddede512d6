// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"net"
	"strconv"
	"testing"
)

// TestTaken: a port is taken at its own address while a socket has it.
func TestTaken(t *testing.T) {
	t.Parallel()
	const address, neighbour = "127.250.7.2", "127.250.7.3"
	port, err := freePort(address)
	if err != nil {
		t.Fatal(err)
	}
	check := func(when, address string, want bool) {
		t.Helper()
		if got, err := taken(address, port); err != nil || got != want {
			t.Errorf("%s: got %t, %v, want %t", when, got, err, want)
		}
	}
	check("nobody has it", address, false)
	socket, err := net.ListenPacket("udp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	check("somebody has it", address, true)
	check("at another address", neighbour, false)
	if err := socket.Close(); err != nil {
		t.Fatal(err)
	}
	check("it is given back", address, false)
}
