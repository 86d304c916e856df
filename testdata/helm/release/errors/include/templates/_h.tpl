{{ define "h" }}{{ include "g" . }}{{ end }}
{{ define "g" }}{{ .Values.a.b }}{{ end }}