// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Ports are chosen below those that the system gives to outgoing connections, and outside the range for sound (rtp.conf), so that one
// that is free now is free for a process that starts a little later.
const (
	firstPort = 10_000
	lastPort  = 19_998
)

// ports were chosen by this process.
var ports = struct {
	sync.Mutex
	chosen map[int]bool
}{chosen: map[int]bool{}}

var errNoPort = errors.New("no port between " + strconv.Itoa(firstPort) + " and " + strconv.Itoa(lastPort) + " is free")

// freePort is an even port that is free for TCP and UDP at an address, and the next one but one for UDP.
func freePort(address string) (int, error) {
	ports.Lock()
	defer ports.Unlock()
	for range 1000 {
		port := (firstPort + rand.IntN(lastPort-firstPort)) &^ 1
		if !ports.chosen[port] && free(address, port) {
			ports.chosen[port], ports.chosen[port+2] = true, true
			return port, nil
		}
	}
	return 0, errNoPort
}

func free(address string, port int) bool {
	stream, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		return false
	}
	_ = stream.Close()
	for _, port := range []int{port, port + 2} {
		packets, err := net.ListenPacket("udp", net.JoinHostPort(address, strconv.Itoa(port)))
		if err != nil {
			return false
		}
		_ = packets.Close()
	}
	return true
}
