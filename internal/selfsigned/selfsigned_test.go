// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package selfsigned

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"
)

func TestNew(t *testing.T) {
	pair, err := New("simulator", time.Hour, "localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		t.Fatalf("the key is not the certificate's: %v", err)
	}
	other, err := New("simulator", time.Hour, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		trusted Pair
		host    string
		at      time.Time
		good    bool
	}{
		"its name":                        {pair, "localhost", time.Now(), true},
		"its address":                     {pair, "127.0.0.1", time.Now(), true},
		"a clock that is behind":          {pair, "localhost", time.Now().Add(-50 * time.Minute), true},
		"after its life":                  {pair, "localhost", time.Now().Add(2 * time.Hour), false},
		"another host":                    {pair, "example.com", time.Now(), false},
		"another one with the same names": {other, "localhost", time.Now(), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(test.trusted.Certificate)
			_, err := loaded.Leaf.Verify(x509.VerifyOptions{DNSName: test.host, Roots: roots, CurrentTime: test.at})
			if (err == nil) != test.good {
				t.Errorf("verified: %v, want good=%t", err, test.good)
			}
		})
	}
}
