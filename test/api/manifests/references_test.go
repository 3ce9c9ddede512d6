// Copyright The call-operator Authors.
// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/call-operator/call-operator/test/devcontrolplane"
	"github.com/call-operator/call-operator/test/manifestfiles"
)

// referenced is the kind of the object that each field names, for every field of a spec that names an object.
var referenced = map[string]string{
	"CallProvider spec.acs.connectionStringSecretRef.name": "Secret",
	"CallProvider spec.asterisk.credentialsSecretRef.name": "Secret",
	"CallProvider spec.doNotCall.configMapKeyRef.name":     "ConfigMap",
	"CallProvider spec.doNotCall.secretKeyRef.name":        "Secret",
	"Call spec.providerRef.name":                           "CallProvider",
	"Call spec.flow.name":                                  "CallFlow",
	"Call spec.action.answer.flow.name":                    "CallFlow",
	"CallFlow spec.steps.moveTo.call.name":                 "Call",
	"CallRoute spec.action.answer.flow.name":               "CallFlow",
	"CallRoute spec.providerRef.name":                      "CallProvider",
	"CallAction spec.call.name":                            "Call",
	"CallAction spec.record.startedBy":                     "CallAction",
	"DialOut spec.callTemplate.spec.flow.name":             "CallFlow",
	"DialOut spec.callTemplate.spec.providerRef.name":      "CallProvider",
	"DialOut spec.onConnected.moveTo.name":                 "Call",
	"DialOut spec.targetsFrom.configMapKeyRef.name":        "ConfigMap",
	"DialOut spec.targetsFrom.secretKeyRef.name":           "Secret",
	"ParticipantMove spec.from.name":                       "Call",
	"ParticipantMove spec.to.name":                         "Call",
}

// otherNames are fields that are called names and name no object.
var otherNames = []string{
	"Call spec.from.displayName",
	"Call spec.inbound.callerDisplayName",
	"CallAction spec.addParticipant.from.displayName",
	"CallAction spec.transfer.from.displayName",
	"CallFlow spec.parameters.name",
	"CallFlow spec.steps.addParticipant.from.displayName",
	"CallFlow spec.steps.name",
	"CallFlow spec.steps.record.startedBy",
	"CallFlow spec.steps.transfer.from.displayName",
	"CallRoute spec.match.headers.name",
	"DialOut spec.callTemplate.spec.displayName",
	"DialOut spec.targets.name",
}

// A new field that is called a name is listed above, or this fails.
func TestEachFieldThatIsANameIsKnown(t *testing.T) {
	var found []string
	for _, definition := range ofKind[apiextensionsv1.CustomResourceDefinition](t, renderFolder(t, "crd"), "CustomResourceDefinition") {
		for _, version := range definition.Spec.Versions {
			spec := version.Schema.OpenAPIV3Schema.Properties["spec"]
			for _, path := range names(&spec, "spec") {
				found = append(found, definition.Spec.Names.Kind+" "+path)
			}
		}
	}
	known := slices.Clone(otherNames)
	for field := range referenced {
		known = append(known, field)
	}
	slices.Sort(known)
	slices.Sort(found)
	if diff := cmp.Diff(known, slices.Compact(found)); diff != "" {
		t.Errorf("the fields of the CRDs that are names, and those that this test knows (-test +CRDs).\n"+
			"Add a field that names an object to referenced and to config/components/name-references, any other to otherNames:\n%s", diff)
	}
}

// names are the paths of the text fields below a schema that are called name or startedBy, or end in Name or Ref, or in the plural of these.
func names(schema *apiextensionsv1.JSONSchemaProps, path string) []string {
	if schema.Items != nil && schema.Items.Schema != nil {
		return names(schema.Items.Schema, path)
	}
	if schema.Type == "string" && isName(path) {
		return []string{path}
	}
	var found []string
	for field, below := range schema.Properties {
		found = append(found, names(&below, path+"."+field)...)
	}
	return found
}

func isName(path string) bool {
	field := path[strings.LastIndex(path, ".")+1:]
	for _, end := range []string{"Name", "Names", "Ref", "Refs"} {
		if strings.HasSuffix(field, end) {
			return true
		}
	}
	return slices.Contains([]string{"name", "names", "startedBy"}, field)
}

// objectsOfEachKind name each other in every way that there is. All are called one.
const objectsOfEachKind = `
apiVersion: call-operator.dev/v1alpha1
kind: CallProvider
metadata: {name: one}
spec:
  acs: {connectionStringSecretRef: {name: one}}
  asterisk: {credentialsSecretRef: {name: one}}
  doNotCall: [{configMapKeyRef: {name: one, key: numbers}, secretKeyRef: {name: one, key: numbers}}]
---
apiVersion: call-operator.dev/v1alpha1
kind: Call
metadata: {name: one}
spec: {providerRef: {name: one}, flow: {name: one}, action: {answer: {flow: {name: one}}}}
---
apiVersion: call-operator.dev/v1alpha1
kind: CallFlow
metadata: {name: one}
spec: {steps: [{name: move, moveTo: {call: {name: one}}}]}
---
apiVersion: call-operator.dev/v1alpha1
kind: CallRoute
metadata: {name: one}
spec: {providerRef: {name: one}, action: {answer: {flow: {name: one}}}}
---
apiVersion: call-operator.dev/v1alpha1
kind: CallAction
metadata: {name: one}
spec: {call: {name: one}, record: {startedBy: one}}
---
apiVersion: call-operator.dev/v1alpha1
kind: DialOut
metadata: {name: one}
spec:
  callTemplate: {spec: {providerRef: {name: one}, flow: {name: one}}}
  targetsFrom: [{configMapKeyRef: {name: one, key: list.csv}, secretKeyRef: {name: one, key: list.csv}}]
  onConnected: {moveTo: {name: one}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
---
apiVersion: call-operator.dev/v1alpha1
kind: ParticipantMove
metadata: {name: one}
spec: {from: {name: one}, to: {name: one}}
---
apiVersion: call-operator.dev/v1alpha1
kind: ParticipantMove
metadata: {name: of-an-incoming-call}
spec: {from: {name: incoming}, to: {name: one}}
`

// renaming are the lines of a kustomization that change all names, and make the Secret.
func renaming(secret string) string {
	return `
namePrefix: team-a-
nameSuffix: -v2
secretGenerator:
- name: ` + secret + `
  literals: ["connectionString=endpoint=https://my-calls.communication.azure.com/;accesskey=a2V5"]
`
}

// Everything is renamed and the Secret has a hash: each reference names what it named before.
func TestReferencesFollowWhenKustomizeRenames(t *testing.T) {
	objects := overlayOf(t, "resources: [objects.yaml]\ncomponents: [CONFIG/components/name-references]\n"+renaming("one"))
	for field, kind := range referenced {
		from, path, _ := strings.Cut(field, " ")
		want := named(t, objects, kind, "team-a-one-v2").GetName()
		if got := reference(named(t, objects, from, "team-a-one-v2"), path); got != want {
			t.Errorf("%s is %q, and the %s is called %q: add the field to config/components/name-references", field, got, kind, want)
		}
	}
	if got := reference(named(t, objects, "ParticipantMove", "team-a-of-an-incoming-call"), "spec.from.name"); got != "incoming" {
		t.Errorf("the name of a Call that no manifest describes became %q", got)
	}
}

// The samples bring the configuration along, also where the overlay lists it again.
func TestReferencesInSamplesFollow(t *testing.T) {
	for _, sample := range []string{
		"first-calls", "lobby", "actions", "multiple-dial-out", "appointment-reminder", "phone-menu", "recorded-conference",
		"reminders", "recurring-reminders", "escalation", "conference-dial-out",
	} {
		for _, further := range []string{"", "components: [CONFIG/components/name-references]\n"} {
			objects := overlayOf(t, "resources: [CONFIG/samples/"+sample+"]\n"+further+renaming("acs-connection"))
			for _, object := range objects {
				checkReferences(t, sample, object, objects)
			}
		}
	}
}

// The jobs of the phone menu change the route whose priority they are to change, and may do so.
func TestTheJobsOfThePhoneMenuFollow(t *testing.T) {
	objects := overlayOf(t, "resources: [CONFIG/samples/phone-menu]\n"+renaming("acs-connection"))
	route := named(t, objects, "CallRoute", "team-a-opening-hours").GetName()
	for _, role := range ofKind[rbacv1.Role](t, objects, "Role") {
		if diff := cmp.Diff([]string{route}, role.Rules[0].ResourceNames); diff != "" {
			t.Errorf("the routes that the Role names (-want +got):\n%s", diff)
		}
	}
	jobs := ofKind[batchv1.CronJob](t, objects, "CronJob")
	if len(jobs) != 2 {
		t.Errorf("there are %d CronJobs, not one that opens and one that closes", len(jobs))
	}
	for _, job := range jobs {
		if arguments := job.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args; !slices.Contains(arguments, route) {
			t.Errorf("%s does not name the route %s: %v", job.Name, route, arguments)
		}
	}
}

// checkReferences looks for what an object names among objects.
func checkReferences(t *testing.T, folder string, object *unstructured.Unstructured, among []*unstructured.Unstructured) {
	t.Helper()
	for field, kind := range referenced {
		from, path, _ := strings.Cut(field, " ")
		if from != object.GetKind() {
			continue
		}
		name := reference(object, path)
		found := slices.ContainsFunc(among, func(o *unstructured.Unstructured) bool { return o.GetKind() == kind && o.GetName() == name })
		if name != "" && !found {
			t.Errorf("%s: %s %s names the %s %q in %s, which is not there", folder, from, object.GetName(), kind, name, path)
		}
	}
}

// reference is the text in a field; of a list, that of its first item.
func reference(object *unstructured.Unstructured, path string) string {
	var value any = object.Object
	for _, field := range strings.Split(path, ".") {
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
		fields, _ := value.(map[string]any)
		value = fields[field]
	}
	name, _ := value.(string)
	return name
}

// named is the object of a kind whose name begins so.
func named(t *testing.T, objects []*unstructured.Unstructured, kind, prefix string) *unstructured.Unstructured {
	t.Helper()
	for _, object := range objects {
		if object.GetKind() == kind && strings.HasPrefix(object.GetName(), prefix) {
			return object
		}
	}
	t.Fatalf("there is no %s %s…: add one to objectsOfEachKind", kind, prefix)
	return nil
}

// overlayOf renders a kustomization that has objectsOfEachKind as objects.yaml, and config/ as CONFIG.
func overlayOf(t *testing.T, kustomization string) []*unstructured.Unstructured {
	t.Helper()
	// What the components hold is read by kubectl alone.
	renderAll(t)
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	config, err := filepath.Rel(folder, filepath.Join(devcontrolplane.Root(), "config"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"kustomization.yaml": strings.ReplaceAll(kustomization, "CONFIG", config), "objects.yaml": objectsOfEachKind,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	objects, err := manifestfiles.Kustomize(folder)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}
