// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// service is a provider with one more line below spec.acs.
func service(line string) string {
	return "callbackURL: https://calls.example.com\nacs:\n  connectionStringSecretRef: {name: acs-connection}\n  " + line + "\n"
}

func callback(url string) string {
	return fmt.Sprintf("callbackURL: %q\nacs:\n  connectionStringSecretRef: {name: acs-connection}\n", url)
}

func credentials(fields string) string {
	return "callbackURL: https://calls.example.com\nacs: {" + fields + "}\n"
}

// and is the ordinary provider with one more line below spec.
func and(line string) string { return callback("https://calls.example.com") + line + "\n" }

const saysOneService = "name one service: set either acs or asterisk"

// pbx is a provider with one field of spec.asterisk left out, "" for none, and more of them.
func pbx(without string, more ...string) string {
	fields := []string{"url: https://pbx.example.com:8089/ari", "credentialsSecretRef: {name: pbx}", "endpoint: PJSIP/$(number)@trunk"}
	fields = slices.DeleteFunc(fields, func(field string) bool { return without != "" && strings.HasPrefix(field, without+":") })
	return "asterisk:\n  " + strings.Join(append(fields, more...), "\n  ") + "\n"
}

func TestCallProviderAsterisk(t *testing.T) {
	t.Parallel()
	const (
		saysURL         = "url must be the URL of the REST interface without user and query, such as https://pbx.example.com:8089/ari"
		saysSecret      = "write the name of a Secret: lower case letters, digits, - and ., such as asterisk"
		saysApplication = "application must have only letters, digits, - and _, such as call-operator"
		saysEndpoint    = "endpoint must be a technology and an address with $(number) or $(digits) in it, such as PJSIP/$(number)@trunk"
		saysSIP         = "sipEndpoint must be a technology and an address with $(uri) or $(user) in it, such as PJSIP/trunk/$(uri) or PJSIP/$(user)"
		acs             = "acs: {connectionStringSecretRef: {name: s}}\n"
		called          = "callbackURL: https://calls.example.com\n"
	)
	url := func(url string) string { return pbx("url", fmt.Sprintf("url: %q", url)) }
	secret := func(reference string) string {
		return pbx("credentialsSecretRef", "credentialsSecretRef: "+reference)
	}
	application := func(name string) string { return pbx("", fmt.Sprintf("application: %q", name)) }
	endpoint := func(template string) string { return pbx("endpoint", fmt.Sprintf("endpoint: %q", template)) }
	sip := func(template string) string { return pbx("", fmt.Sprintf("sipEndpoint: %q", template)) }
	judge(t, "CallProvider", []judged{
		{"asterisk", "its events come on a WebSocket: nobody calls back", pbx(""), ""},
		{"callback URL", "the same manifest may be used for both services", called + pbx(""), ""},
		{"numbers", "with limits, as with ACS", pbx("") + `numbers: [{phoneNumber: "+14255550100", maxConcurrentCalls: 30}]`, ""},
		{"both services", "which one", called + acs + pbx(""), saysOneService},
		{"empty service", "all of it is missing", "asterisk: {}", "spec.asterisk.url: Required value"},
		{"no URL", "where it is", pbx("url"), "spec.asterisk.url: Required value"},
		{"URL over http", "a Service in the cluster", url("http://asterisk.telephony.svc:8088/ari"), ""},
		{"URL below a path", "a proxy may have one", url("https://example.com/pbx/ari"), ""},
		{"URL without path", "a proxy may add it", url("https://pbx.example.com"), ""},
		{"URL without scheme", "not a URL", url("pbx.example.com:8088/ari"), saysURL},
		{"URL of a WebSocket", "requests go over HTTP", url("wss://pbx.example.com/ari"), saysURL},
		{"URL with a user", "a password would stand in the spec", url("https://u:p@pbx.example.com/ari"), saysURL},
		{"URL with a query", "a password would stand in the spec", url("https://pbx.example.com/ari?api_key=u:p"), saysURL},
		{"URL with a fragment", "it would never be sent", url("https://pbx.example.com/ari#x"), saysURL},
		{"URL with a space", "not a URL", url("https://pbx.example.com/a ri"), saysURL},
		{"empty URL", "not a URL", url(""), saysURL},
		{"longest URL", "a bound of the schema", url("https://pbx.example.com/" + strings.Repeat("a", 488)), ""},
		{"long URL", "a bound of the schema", url("https://pbx.example.com/" + strings.Repeat("a", 489)), "may not be more than 512 bytes"},
		{"no Secret", "ARI lets nobody in", pbx("credentialsSecretRef"), "spec.asterisk.credentialsSecretRef: Required value"},
		{"nameless Secret", "which one", secret("{}"), "spec.asterisk.credentialsSecretRef.name: Required value"},
		{"Secret elsewhere", "a Secret is named, not located", secret("{name: other/pbx}"), saysSecret},
		{"application", "one of several at one Asterisk", application("call-operator_EU1"), ""},
		{"application with a comma", "it would be a list", application("a,b"), saysApplication},
		{"application with a slash", "it would be part of a path", application("a/b"), saysApplication},
		{"empty application", "no application has that name", application(""), saysApplication},
		{"longest application", "a bound of the schema", application(strings.Repeat("a", 64)), ""},
		{"long application", "a bound of the schema", application(strings.Repeat("a", 65)), "may not be more than 64 bytes"},
		{"no endpoint", "what would it dial", pbx("endpoint"), "spec.asterisk.endpoint: Required value"},
		{"digits", "a trunk without plus signs", endpoint("PJSIP/00$(digits)@trunk"), ""},
		{"number at the end", "another driver's form", endpoint("SIP/trunk/$(number)"), ""},
		{"endpoint without a number", "everybody would be called at one phone", endpoint("PJSIP/desk@trunk"), saysEndpoint},
		{"endpoint with another placeholder", "nothing would take its place", endpoint("PJSIP/${EXTEN}@trunk"), saysEndpoint},
		{"number in the technology", "no technology has that name", endpoint("$(number)/trunk"), saysEndpoint},
		{"endpoint without technology", "Asterisk would refuse it", endpoint("$(number)@trunk"), saysEndpoint},
		{"empty endpoint", "nobody would be called", endpoint(""), saysEndpoint},
		{"longest endpoint", "a bound of the schema", endpoint("PJSIP/$(number)@" + strings.Repeat("t", 240)), ""},
		{"long endpoint", "a bound of the schema", endpoint("PJSIP/$(number)@" + strings.Repeat("t", 241)), "may not be more than 256 bytes"},
		{"SIP address through a trunk", "the trunk's proxy resolves it", sip("PJSIP/trunk/$(uri)"), ""},
		{"SIP user", "a phone of this Asterisk", sip("PJSIP/$(user)"), ""},
		{"SIP address as a number", "it has none", sip("PJSIP/$(number)@trunk"), saysSIP},
		{"SIP address without technology", "Asterisk would refuse it", sip("$(uri)"), saysSIP},
		{"empty SIP endpoint", "nobody would be called", sip(""), saysSIP},
		{"long SIP endpoint", "a bound of the schema", sip("PJSIP/$(user)" + strings.Repeat("t", 244)), "may not be more than 256 bytes"},
	})
}

func TestCallProviderService(t *testing.T) {
	t.Parallel()
	const (
		oneKind      = "choose one kind of credentials: set either connectionStringSecretRef or workloadIdentity"
		saysEndpoint = "endpoint must be a URL with nothing after the host, such as https://RESOURCE.communication.azure.com"
		saysGUID     = "resourceID must be the resource's immutable ID, a GUID such as 00000000-0000-0000-0000-000000000000"
		saysDate     = "apiVersion must be a date, such as 2026-03-12"
		saysSpeech   = "cognitiveServicesEndpoint must be an https URL, such as https://RESOURCE.cognitiveservices.azure.com"
		saysKey      = "write a key of the Secret's data: letters, digits, -, _ and ., such as connectionString"
		entra        = "workloadIdentity: {}, endpoint: \"https://r.communication.azure.com\""
	)
	judge(t, "CallProvider", []judged{
		{"connection string", "an ordinary provider", and(""), ""},
		{"no service", "a provider of what", "callbackURL: https://calls.example.com", saysOneService},
		{"no credentials", "ACS lets nobody in", credentials(`endpoint: "https://r.communication.azure.com"`), oneKind},
		{"both credentials", "which ones", credentials(entra + ", connectionStringSecretRef: {name: s}"), oneKind},
		{"workload identity", "the manager's own", credentials(entra), ""},
		{"workload identity by name", "another one", credentials(`workloadIdentity: {clientID: c, tenantID: t}, endpoint: "https://r.communication.azure.com"`), ""},
		{"workload identity nowhere", "there is no connection string to take it from", credentials("workloadIdentity: {}"), "workloadIdentity needs endpoint, such as https://RESOURCE.communication.azure.com"},
		{"empty client ID", "an empty text is none", credentials(`workloadIdentity: {clientID: ""}, endpoint: "https://r.communication.azure.com"`), "should be at least 1 chars long"},
		{"nameless Secret", "which one", credentials("connectionStringSecretRef: {}"), "spec.acs.connectionStringSecretRef.name: Required value"},
		{"Secret elsewhere", "a Secret is named, not located", credentials("connectionStringSecretRef: {name: other/s}"), saysSecretName},
		{"key", "a key of a Secret", credentials("connectionStringSecretRef: {name: s, key: acs.connection_string-1}"), ""},
		{"bad key", "no Secret has such a key", credentials(`connectionStringSecretRef: {name: s, key: "a b"}`), saysKey},
		{"empty key", "no Secret has such a key", credentials(`connectionStringSecretRef: {name: s, key: ""}`), saysKey},
		{"endpoint", "the resource's URL", service("endpoint: https://r.communication.azure.com"), ""},
		{"endpoint with a slash", "as the portal shows it", service("endpoint: https://r.communication.azure.com/"), ""},
		{"endpoint of a simulator", "the manager decides over http", service("endpoint: http://127.0.0.1:8443"), ""},
		{"endpoint without scheme", "not a URL", service("endpoint: r.communication.azure.com"), saysEndpoint},
		{"endpoint with a path", "requests would go elsewhere", service("endpoint: https://r.communication.azure.com/x"), saysEndpoint},
		{"endpoint with a user", "a password would stand in the spec", service("endpoint: https://u:p@r.communication.azure.com"), saysEndpoint},
		{"endpoint of another kind", "not a URL of the service", service("endpoint: ftp://r.communication.azure.com"), saysEndpoint},
		{"empty endpoint", "not a URL", service(`endpoint: ""`), saysEndpoint},
		{"long endpoint", "a bound of the schema", service("endpoint: https://" + strings.Repeat("r", 505)), "may not be more than 512 bytes"},
		{"resource ID", "a GUID", service("resourceID: 5A1AD0E5-0000-4000-8000-00000000000f"), ""},
		{"resource's name", "the token names the GUID", service("resourceID: my-resource"), saysGUID},
		{"resource's path", "the token names the GUID", service("resourceID: /subscriptions/x"), saysGUID},
		{"api-version", "a date", service(`apiVersion: "2025-06-15"`), ""},
		{"preview", "a date too", service("apiVersion: 2025-08-15-preview"), ""},
		{"version", "not a date", service("apiVersion: v1"), saysDate},
		{"speech", "an Azure AI resource", service("cognitiveServicesEndpoint: https://ai.cognitiveservices.azure.com/"), ""},
		{"speech over http", "ACS speaks https to it", service("cognitiveServicesEndpoint: http://ai.example.com"), saysSpeech},
		{"speech with a query", "it is a base", service("cognitiveServicesEndpoint: https://ai.example.com?x=1"), saysSpeech},
	})
}

func TestCallProviderSettings(t *testing.T) {
	t.Parallel()
	const saysCallback = "callbackURL must be a base URL without user, query and fragment, such as https://calls.example.com"
	judge(t, "CallProvider", []judged{
		{
			"no callback", "ACS could not call back", "acs: {connectionStringSecretRef: {name: s}}",
			"spec.callbackURL: Required value: acs needs callbackURL: set it to the public URL of the webhook receiver, such as https://calls.example.com",
		},
		{"callback below a path", "an ingress may have one", callback("https://example.com/calls"), ""},
		{"callback to a port", "a receiver may have one", callback("http://127.0.0.1:8080"), ""},
		{"callback without scheme", "not a URL", callback("calls.example.com"), saysCallback},
		{"callback with a query", "the token is the query", callback("https://calls.example.com/?x=1"), saysCallback},
		{"callback with a fragment", "it would never be sent", callback("https://calls.example.com/#x"), saysCallback},
		{"callback with a user", "a password would stand in the spec", callback("https://u:p@calls.example.com"), saysCallback},
		{"callback with a space", "not a URL", callback("https://calls.example.com/a b"), saysCallback},
		{"empty callback", "not a URL", callback(""), saysCallback},
		{"long callback", "a bound of the schema", callback("https://" + strings.Repeat("c", 1017)), "may not be more than 1024 bytes"},
		{"numbers", "with and without a limit", and(`numbers: [{phoneNumber: "+14255550100"}, {phoneNumber: "+14255550101", maxConcurrentCalls: 100000}]`), ""},
		{"bad number", "digits only", and(`numbers: [{phoneNumber: "0100"}]`), saysE164},
		{"number twice", "which limit holds", and(`numbers: [{phoneNumber: "+14255550100"}, {phoneNumber: "+14255550100"}]`), "Duplicate value"},
		{"nameless number", "which one", and("numbers: [{maxConcurrentCalls: 1}]"), "spec.numbers[0].phoneNumber: Required value"},
		{"no calls", "a number that may not call is left out", and(`numbers: [{phoneNumber: "+14255550100", maxConcurrentCalls: 0}]`), "should be greater than or equal to 1"},
		{"too many calls", "a bound of the schema", and(`numbers: [{phoneNumber: "+14255550100", maxConcurrentCalls: 100001}]`), "should be less than or equal to 100000"},
		{"most numbers", "a thousand", and(manyNumbers(1000)), ""},
		{"too many numbers", "a bound of the schema", and(manyNumbers(1001)), "must have at most 1000 items"},
		{"lists", "in ConfigMaps and Secrets", and(`doNotCall: [{configMapKeyRef: {name: do-not-call, key: numbers}}, {secretKeyRef: {name: private, key: a.b_c}}]`), ""},
		{"list in both", "which one", and(`doNotCall: [{configMapKeyRef: {name: a, key: b}, secretKeyRef: {name: a, key: b}}]`), "name one list: set either configMapKeyRef or secretKeyRef"},
		{"list in neither", "which one", and(`doNotCall: [{}]`), "name one list: set either configMapKeyRef or secretKeyRef"},
		{"list without a key", "there is no usual one", and(`doNotCall: [{configMapKeyRef: {name: a}}]`), "spec.doNotCall[0].configMapKeyRef.key: Required value"},
		{"list without a name", "which object", and(`doNotCall: [{secretKeyRef: {key: a}}]`), "spec.doNotCall[0].secretKeyRef.name: Required value"},
		{"list with a bad name", "no object has it", and(`doNotCall: [{secretKeyRef: {name: A, key: a}}]`), "write the name of a ConfigMap or a Secret"},
		{"list with a bad key", "no object has it", and(`doNotCall: [{secretKeyRef: {name: a, key: a/b}}]`), "write a key of the data"},
		{"slow", "one a second", and("callsPerSecond: 1"), ""},
		{"fast", "ten thousand a second", and("callsPerSecond: 10000"), ""},
		{"standing still", "a provider without calls is none", and("callsPerSecond: 0"), "should be greater than or equal to 1"},
		{"too fast", "a bound of the schema", and("callsPerSecond: 10001"), "should be less than or equal to 10000"},
	})
}

func manyNumbers(n int) string {
	var text strings.Builder
	text.WriteString("numbers:\n")
	for i := range n {
		fmt.Fprintf(&text, "- phoneNumber: \"+44207946%04d\"\n", i)
	}
	return text.String()
}
