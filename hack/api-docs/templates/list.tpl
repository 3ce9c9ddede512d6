{{- define "gvList" -}}
# API reference

<!-- Generated from api/ by make generate: change the comments there. -->

Every field of every kind, as `kubectl explain` shows it too. Fields are optional unless it says *required*.
{{ range . }}
{{- template "gvDetails" . }}
{{- end }}
{{- end }}
