{{/* web-config.yml, in the form of Prometheus' exporters. */}}
{{- define "spark-exporter.webConfig" -}}
{{- if .Values.web.tls.enabled -}}
tls_server_config:
  cert_file: /etc/spark-exporter/tls/tls.crt
  key_file: /etc/spark-exporter/tls/tls.key
{{ end -}}
{{- with .Values.web.basicAuth.users -}}
basic_auth_users:
  {{- toYaml . | nindent 2 }}
{{ end -}}
{{- end }}

{{/* How Prometheus reaches a daemon: fields of an endpoint of a ServiceMonitor. */}}
{{- define "spark-exporter.scrapeAccess" -}}
scheme: {{ include "spark-exporter.scheme" . }}
{{- if .Values.web.tls.enabled }}
{{- $own := dict "serverName" (printf "%s.%s.svc" (include "spark-exporter.fullname" .) .Release.Namespace) }}
{{- if .Values.web.tls.certManager.enabled }}
{{- $ca := dict "secret" (dict "name" (include "spark-exporter.tlsSecret" .) "key" "ca.crt") }}
{{- $own = merge $own (dict "ca" $ca) }}
{{- end }}
tlsConfig:
  {{- .Values.web.tls.scrapeConfig | default $own | toYaml | nindent 2 }}
{{- end }}
{{- with .Values.web.basicAuth }}
{{- if .scrapeSecret }}
basicAuth:
  username:
    name: {{ .scrapeSecret | quote }}
    key: {{ .usernameKey | quote }}
  password:
    name: {{ .scrapeSecret | quote }}
    key: {{ .passwordKey | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* The job is what the rules look for, whatever the release is called. */}}
{{- define "spark-exporter.relabelings" -}}
- targetLabel: job
  replacement: {{ .root.Chart.Name }}
{{- with .further }}
{{ toYaml . }}
{{- end }}
{{- end }}
