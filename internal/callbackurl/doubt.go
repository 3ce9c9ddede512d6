// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package callbackurl

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// tunnels are the domains of services that forward a public host to a user's machine. They listen on 443.
var tunnels = []string{
	"devtunnels.ms", "tunnels.api.visualstudio.com", "ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "ngrok-free.dev",
	"trycloudflare.com", "loca.lt", "lhr.life", "serveo.net",
}

// localNames are the suffixes of names that do not resolve on the internet (RFC 2606, RFC 6761, RFC 6762, RFC 8375), and those
// within a cluster.
var localNames = []string{"localhost", "local", "test", "example", "invalid", "internal", "home.arpa", "svc", "cluster.local"}

// Doubt says why ACS is known not to call a base URL, and what to write instead; "" if no problem is known. URLs for a simulator,
// such as the name of a Service in a cluster, are accepted.
func Doubt(base string) string {
	parsed, err := url.Parse(base)
	if err != nil || parsed.Hostname() == "" {
		return ""
	}
	host, port := strings.ToLower(strings.TrimSuffix(parsed.Hostname(), ".")), parsed.Port()
	isTunnel := slices.ContainsFunc(tunnels, func(domain string) bool { return below(host, domain) })
	switch {
	case isPrivate(host):
		return ""
	case isTunnel && port != "" && port != "443":
		return fmt.Sprintf("ACS cannot reach port %s of %s: a tunnel listens on port 443. Write only the host, as the tunnel prints it, with the port of your machine in the name if it has one (https://NAME-%s.REGION.devtunnels.ms).", port, host, port)
	case isTunnel && inspects(host):
		return fmt.Sprintf("%s is the page that shows a tunnel's traffic, and does not reach the receiver: remove -inspect from the name.", host)
	case parsed.Scheme == "http":
		return "ACS refuses a callback URL that begins with http://: write https://, with a certificate of a public authority."
	default:
		return ""
	}
}

// below tells whether a name is a domain, or below it.
func below(name, domain string) bool { return name == domain || strings.HasSuffix(name, "."+domain) }

// inspects tells whether a dev tunnel's host is the page that shows its traffic, such as abc-8080-inspect.euw.devtunnels.ms.
func inspects(host string) bool {
	first, _, _ := strings.Cut(host, ".")
	return below(host, "devtunnels.ms") && strings.HasSuffix(first, "-inspect")
}

// isPrivate tells whether a host is in no public network.
func isPrivate(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast() || address.IsUnspecified()
	}
	return !strings.Contains(host, ".") || slices.ContainsFunc(localNames, func(domain string) bool { return below(host, domain) })
}
