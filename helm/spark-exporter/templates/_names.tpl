{{/* Names, labels and the image. */}}

{{- define "spark-exporter.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $name = contains .Chart.Name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) -}}
{{- end -}}
{{- /* What is appended to it must fit into 63 characters, too. */ -}}
{{- $name | trunc 45 | trimSuffix "-" -}}
{{- end }}

{{/* The name of a resource in a namespace, or in none: outside the release's own, no other release has the same. */}}
{{- define "spark-exporter.nameIn" -}}
{{- $name := include "spark-exporter.fullname" .root -}}
{{- eq .namespace .root.Release.Namespace | ternary $name (printf "%s-%s" .root.Release.Namespace $name) -}}
{{- end }}

{{- define "spark-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "spark-exporter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "spark-exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "spark-exporter.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.pullSecrets" -}}
{{- with .Values.imagePullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "spark-exporter.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "spark-exporter.fullname" .) "default") -}}
{{- end }}

{{- define "spark-exporter.tokenSecret" -}}
{{- .Values.control.existingSecret | default (printf "%s-token" (include "spark-exporter.fullname" .)) -}}
{{- end }}

{{- define "spark-exporter.tlsSecret" -}}
{{- .Values.web.tls.existingSecret | default (printf "%s-tls" (include "spark-exporter.fullname" .)) -}}
{{- end }}

{{- define "spark-exporter.webConfigSecret" -}}
{{- .Values.web.existingConfigSecret | default (printf "%s-web-config" (include "spark-exporter.fullname" .)) -}}
{{- end }}

{{- define "spark-exporter.fileSdConfigMap" -}}
{{- .Values.fileSd.existingConfigMap | default (printf "%s-file-sd" (include "spark-exporter.fullname" .)) -}}
{{- end }}

{{- define "spark-exporter.scheme" -}}
{{- .Values.web.tls.enabled | ternary "https" "http" -}}
{{- end }}

{{- define "spark-exporter.url" -}}
{{ include "spark-exporter.scheme" . }}://{{ include "spark-exporter.fullname" . }}.{{ .Release.Namespace }}.svc:{{ .Values.service.port }}
{{- end }}

{{/* The namespaces of the drivers, as JSON. */}}
{{- define "spark-exporter.namespaces" -}}
{{- .Values.discovery.namespaces | default (list .Release.Namespace) | uniq | toJson -}}
{{- end }}
