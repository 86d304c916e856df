{{ define "h" }}<{{ . }}>{{ end }}
{{ define "name" }}{{ .Values.s }}{{ end }}
{{ define "bad" }}
  {{ .Values.none.x }}{{ end }}
{{ define "req" }}{{ required "it is needed" .Values.none }}{{ end }}
{{ define "outer" }}{{ include "bad" . }}{{ end }}
{{ define "loop" }}{{ include "loop" . }}{{ end }}
{{ define "ping" }}{{ include "pong" . }}{{ end }}
{{ define "pong" }}{{ include "ping" . }}{{ end }}
{{ define "set" }}{{ $_ := set .Values "made" "here" }}{{ end }}
{{ define "err" }}{{ atoi .Values.s | add "x" }}{{ end }}
{{ define "e2" }}{{ fromJson 1 }}{{ end }}
{{ define "deep" }}{{ if gt . 0 }}{{ include "deep" (sub . 1) }}{{ else }}end{{ end }}{{ end }}
{{ define "tplbad" }}{{ tpl "{{ .x.y.z }}" . }}{{ end }}
{{ define "fails" }}{{ fail "no\nway" }}{{ end }}
{{ define "unt" }}{{ until -1 | first | upper }}{{ end }}