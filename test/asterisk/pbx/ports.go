// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package pbx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
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

// taken tells whether a process has a port for UDP. It asks the kernel, and does not try the port itself: that takes it for a moment, just
// when the process may want it.
func taken(address string, port int) (bool, error) {
	sockets, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		return false, err
	}
	ip := netip.MustParseAddr(address).As4()
	return strings.Contains(string(sockets), fmt.Sprintf(" %08X:%04X ", binary.NativeEndian.Uint32(ip[:]), port)), nil
}
