{{- define "gvDetails" }}
`apiVersion: {{ .GroupVersionString }}`

Kinds:
{{- range .SortedKinds }} [{{ . }}](#{{ lower . }}){{ end }}.
{{- $group := . }}
{{ range .SortedKinds }}{{ template "type" $group.TypeForKind . }}{{ end }}
{{- range .SortedTypes }}{{ if not .GVK }}{{ template "type" . }}{{ end }}{{ end }}
{{- end }}
