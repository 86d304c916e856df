{{- define "rich.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- define "rich.labels" -}}
app.kubernetes.io/name: {{ include "rich.name" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
{{- define "rich.image" -}}
{{- $tag := .image.tag | default .root.Chart.AppVersion -}}
{{- if .image.digest -}}
{{ printf "%s/%s@%s" .root.Values.global.registry .image.repository .image.digest }}
{{- else -}}
{{ printf "%s/%s:%s" .root.Values.global.registry .image.repository $tag }}
{{- end -}}
{{- end -}}
{{- define "rich.defaults" -}}
level: {{ .Values.level }}
{{- if .Values.debug }}
verbose: true
{{- end }}
ports:
{{- range $name, $port := .Values.service.ports }}
  - {name: {{ $name }}, port: {{ $port }}}
{{- end }}
{{- end -}}
{{- define "rich.collect" -}}
{{- if .Values.autoscale.enabled }}{{ $_ := set .seen "scaled" "yes" }}{{ end }}
{{- $_ := set .seen "mode" .Values.mode }}
{{- end -}}
