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

{{/*
Environment variables of a component: the proxy's, and its own. Those of the proxy always exempt the API server, whose
address every container has in KUBERNETES_SERVICE_HOST.
*/}}
{{- define "call-operator.env" -}}
{{- $component := .component }}
{{- $extra := (get .Values .component).extraEnv }}
{{- $names := list }}
{{- range $extra }}
{{- if has .name (list "NO_PROXY" "no_proxy") }}
{{- fail (printf "%s.extraEnv sets %s, which would take the API server through the proxy: set proxy.noProxy, to which the API server is added" $component .name) }}
{{- end }}
{{- if eq .name "GOMEMLIMIT" }}
{{- fail (printf "%s.extraEnv sets GOMEMLIMIT, which is the container's limit of memory: set %s.resources.limits.memory" $component $component) }}
{{- end }}
{{- if has .name $names }}
{{- fail (printf "%s.extraEnv sets %s twice: remove one" $component .name) }}
{{- end }}
{{- if and (hasKey . "value") (hasKey . "valueFrom") }}
{{- fail (printf "%s.extraEnv sets both value and valueFrom of %s: remove one" $component .name) }}
{{- end }}
{{- $names = append $names .name }}
{{- end }}
{{- $env := list }}
{{- $proxied := false }}
{{- range $name, $setting := dict "HTTPS_PROXY" "httpsProxy" "HTTP_PROXY" "httpProxy" }}
{{- $value := get $.Values.proxy $setting }}
{{- $own := or (has $name $names) (has (lower $name) $names) }}
{{- if and $value $own }}
{{- fail (printf "%s.extraEnv sets %s, and so does proxy.%s: remove one" $component $name $setting) }}
{{- end }}
{{- if $value }}{{ $env = append $env (dict "name" $name "value" $value) }}{{ end }}
{{- if or $value $own }}{{ $proxied = true }}{{ end }}
{{- end }}
{{- if $proxied }}
{{- $direct := concat (list "$(KUBERNETES_SERVICE_HOST)" ".svc" ".cluster.local") .Values.proxy.noProxy }}
{{- $env = append $env (dict "name" "NO_PROXY" "value" (join "," $direct)) }}
{{- end }}
{{- with concat $env $extra }}{{ toYaml . }}{{ end }}
{{- end }}

{{/* The ports of the proxies, for a NetworkPolicy. */}}
{{- define "call-operator.proxyPorts" -}}
{{- $ports := list }}
{{- range compact (list .Values.proxy.httpsProxy .Values.proxy.httpProxy) }}
{{- $default := hasPrefix "https:" . | ternary "443" (hasPrefix "socks5:" . | ternary "1080" "80") }}
{{- $ports = append $ports (regexFind ":[0-9]+/?$" . | trimAll ":/" | default $default) }}
{{- end }}
{{- $rules := list }}
{{- range without (uniq $ports) "443" "6443" }}{{ $rules = append $rules (dict "port" (int .)) }}{{ end }}
{{- with $rules }}{{ toYaml . }}{{ end }}
{{- end }}

{{/* The volume with further authorities. */}}
{{- define "call-operator.extraCAVolume" -}}
{{- with .Values.extraCA }}
{{- if and .configMap .secret }}
{{- fail "extraCA.configMap and extraCA.secret are both set: set the one that holds the certificates" }}
{{- end }}
{{- if or .configMap .secret -}}
- name: extra-ca
  {{- if .configMap }}
  configMap:
    name: {{ .configMap }}
  {{- else }}
  secret:
    secretName: {{ .secret }}
  {{- end }}
    items:
    - key: {{ .key }}
      path: ca.crt
{{- end }}
{{- end }}
{{- end }}
