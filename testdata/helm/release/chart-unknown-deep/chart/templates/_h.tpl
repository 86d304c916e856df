{{ define "x" }}
{{ .Chart.Name.Deep }}{{ end }}