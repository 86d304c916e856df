{{- define "web.hidden" -}}
{{- get .Values.env "hidden-name" | default "none" -}}
{{- end -}}
