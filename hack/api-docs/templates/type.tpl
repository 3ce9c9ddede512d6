{{- define "type" }}
{{- if markdownShouldRenderType . }}
## {{ .Name }}

{{ .Doc }}
{{- if .IsAlias }}

It is a {{ markdownRenderTypeLink .UnderlyingType }}.
{{- end }}
{{- with .SortedReferences }}

In:{{ range . }} {{ markdownRenderTypeLink . }}{{ end }}.
{{- end }}
{{ if .Members }}
| field | what it is | default | rules |
| --- | --- | --- | --- |
{{ range .Members -}}
| `{{ .Name }}` {{ markdownRenderType .Type }} | {{ template "prose" .Doc }} | {{ markdownRenderDefault .Default }} | {{ template "rules" .Validation }} |
{{ end }}
{{- end }}
{{- if .EnumValues }}
| value | what it means |
| --- | --- |
{{ range .EnumValues -}}
| `{{ .Name }}` | {{ template "prose" .Doc }} |
{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "prose" }}{{ markdownRenderFieldDoc . | replace "<br />" " " | trim }}{{ end }}

{{- define "rules" }}
{{- $rules := list }}
{{- range . }}
{{- if eq . "Required: {}" }}{{ $rules = prepend $rules "*required*" }}
{{- else if ne . "Optional: {}" }}{{ $rules = append $rules (markdownRenderFieldDoc .) }}{{ end }}
{{- end }}
{{- join "<br>" $rules }}
{{- end }}
