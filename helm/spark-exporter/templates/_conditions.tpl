{{/* What is on, as "true" or nothing. */}}

{{- define "spark-exporter.fleet" -}}
{{- if eq .Values.mode "fleet" }}true{{ end -}}
{{- end }}

{{- define "spark-exporter.discovers" -}}
{{- if and (include "spark-exporter.fleet" .) .Values.discovery.enabled }}true{{ end -}}
{{- end }}

{{/* A StatefulSet gives each pod its index and a volume of its own. */}}
{{- define "spark-exporter.stateful" -}}
{{- if and (include "spark-exporter.fleet" .) (or (gt (int .Values.sharding.shards) 1) .Values.persistence.enabled) }}true{{ end -}}
{{- end }}

{{- define "spark-exporter.hasWebConfig" -}}
{{- if or .Values.web.tls.enabled .Values.web.basicAuth.users .Values.web.existingConfigSecret }}true{{ end -}}
{{- end }}

{{- define "spark-exporter.hasFileSd" -}}
{{- if or .Values.fileSd.targets .Values.fileSd.existingConfigMap }}true{{ end -}}
{{- end }}

{{- define "spark-exporter.generatesToken" -}}
{{- if and .Values.control.enabled .Values.control.generate (not .Values.control.existingSecret) }}true{{ end -}}
{{- end }}

{{/* Of Prometheus' operator: whether a resource of this kind is wanted, of `enabled` and what the cluster has. */}}
{{- define "spark-exporter.monitors" -}}
{{- $has := .root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind) -}}
{{- if or (eq (toString .enabled) "true") (and (eq (toString .enabled) "auto") $has) }}true{{ end -}}
{{- end }}

{{- define "spark-exporter.hasServiceMonitor" -}}
{{- if include "spark-exporter.fleet" . -}}
{{- include "spark-exporter.monitors" (dict "root" . "kind" "ServiceMonitor" "enabled" .Values.serviceMonitor.enabled) -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.hasPodMonitor" -}}
{{- if not (include "spark-exporter.fleet" .) -}}
{{- include "spark-exporter.monitors" (dict "root" . "kind" "PodMonitor" "enabled" .Values.podMonitor.enabled) -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.hasPrometheusRule" -}}
{{- include "spark-exporter.monitors" (dict "root" . "kind" "PrometheusRule" "enabled" .Values.prometheusRule.enabled) -}}
{{- end }}
