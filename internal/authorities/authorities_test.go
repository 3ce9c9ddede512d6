// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

//go:debug x509usefallbackroots=1

package authorities

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/call-operator/call-operator/internal/selfsigned"
)

// asked has this test binary trust the file that it names, once, and say which of the certificates in certificatesVariable
// it trusts then.
const (
	asked                = "AUTHORITIES_TEST_FILE"
	certificatesVariable = "AUTHORITIES_TEST_CERTIFICATES"
)

func TestMain(m *testing.M) {
	if file, ok := os.LookupEnv(asked); ok {
		answer(file)
	}
	os.Exit(m.Run())
}

// answer prints the names of the certificates that are trusted, and ends the process.
func answer(file string) {
	var certificates map[string][]byte
	if err := errors.Join(json.Unmarshal([]byte(os.Getenv(certificatesVariable)), &certificates), Trust(file)); err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	for _, name := range slices.Sorted(maps.Keys(certificates)) {
		certificate, err := x509.ParseCertificate(certificates[name])
		if err != nil {
			panic(err)
		}
		if _, err := certificate.Verify(x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err == nil {
			_, _ = os.Stdout.WriteString(name + "\n")
		}
	}
	os.Exit(0)
}

// trusted is what the process says of certificates, with further variables.
func trusted(t *testing.T, file string, certificates map[string][]byte, variables ...string) ([]string, error) {
	t.Helper()
	list, err := json.Marshal(certificates)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append([]string{asked + "=" + file, certificatesVariable + "=" + string(list)}, variables...)
	output, err := command.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, errors.New(string(exit.Stderr))
	}
	return strings.Fields(string(output)), err
}

func authority(t *testing.T, name string) (der, text []byte) {
	t.Helper()
	pair, err := selfsigned.New(name, time.Hour, name)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(pair.Certificate)
	return block.Bytes, pair.Certificate
}

func write(t *testing.T, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// public is a certificate of a public authority.
func public(t *testing.T) []byte {
	t.Helper()
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err == nil && root.Constraint == nil && certificate.NotAfter.After(time.Now()) {
			return root.Certificate
		}
	}
	t.Fatal("there is no public authority")
	return nil
}

func TestTrust(t *testing.T) {
	systems, systemsText := authority(t, "system.example.com")
	extra, extraText := authority(t, "proxy.example.com")
	other, _ := authority(t, "other.example.com")
	certificates := map[string][]byte{"system": systems, "extra": extra, "other": other, "public": public(t)}
	nothing := []string{"SSL_CERT_FILE=/nonexistent", "SSL_CERT_DIR=/nonexistent"}
	base := []string{"SSL_CERT_FILE=" + write(t, systemsText), "SSL_CERT_DIR=/nonexistent"}
	file := write(t, extraText)
	tests := []struct {
		name, reason, file string
		variables          []string
		want               []string
	}{
		{"EmptyBase", "an image without certificates trusts the public authorities", "", nothing, []string{"public"}},
		{"EmptyBaseAndFile", "further authorities take nothing away", file, nothing, []string{"extra", "public"}},
		{"Base", "the certificates of the base take precedence", "", base, []string{"system"}},
		{"BaseAndFile", "further authorities take nothing away", file, base, []string{"extra", "system"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := trusted(t, tc.file, certificates, tc.variables...)
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("%s (-want +got, %v):\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestTrustRefuses(t *testing.T) {
	_, base := authority(t, "system.example.com")
	_, good := authority(t, "proxy.example.com")
	pair, err := selfsigned.New("a", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, file, variable, want string }{
		{"NoFile", "/nonexistent/ca.crt", "", "read --extra-ca-file: open /nonexistent/ca.crt"},
		{"NoPEM", write(t, []byte("a certificate")), "", "it contains no certificate: add"},
		{"Key", write(t, pair.Key), "", "it contains a PRIVATE KEY: keep only certificates"},
		{"CutOff", write(t, slices.Concat(good, good[:100])), "", "only 1 of 2 certificates can be read: check"},
		{"Nonsense", write(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})), "", "certificate 1 cannot be read"},
		{"TurnedOff", write(t, good), "GODEBUG=x509usefallbackroots=0", "are not trusted: remove x509usefallbackroots from GODEBUG"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := trusted(t, tc.file, nil, "SSL_CERT_FILE="+write(t, base), "SSL_CERT_DIR=/nonexistent", tc.variable)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, which lacks %q", err, tc.want)
			}
		})
	}
}
