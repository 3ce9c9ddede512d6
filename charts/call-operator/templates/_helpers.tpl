{{/* Labels that every object has beside its own. */}}
{{- define "call-operator.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: call-operator
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The image: by its digest, else by its tag. */}}
{{- define "call-operator.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* The Secret with the callback keys. */}}
{{- define "call-operator.callbackKeySecret" -}}
{{ .Values.callbackKey.existingSecret | default "call-operator-callback-key" }}
{{- end }}

{{/* Annotations of a component's ServiceAccount, with those of a workload identity of Azure. */}}
{{- define "call-operator.serviceAccountAnnotations" -}}
{{- $annotations := deepCopy .serviceAccount.annotations }}
{{- with .workloadIdentity }}
{{- if and .enabled .clientID }}{{ $_ := set $annotations "azure.workload.identity/client-id" .clientID }}{{ end }}
{{- if and .enabled .tenantID }}{{ $_ := set $annotations "azure.workload.identity/tenant-id" .tenantID }}{{ end }}
{{- end }}
{{- if $annotations }}{{ toYaml $annotations }}{{ end }}
{{- end }}
