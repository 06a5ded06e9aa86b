{{/* Gives what the values lack its default: what is null, and what is newer than the values of `--reuse-values`.
Each template begins with it, as Helm promises no order. */}}
{{- define "spark-exporter.defaults" -}}
{{- include "spark-exporter.fill" (list .Values (.Files.Get "files/defaults.json" | fromJson)) -}}
{{- with .Values -}}
{{- $drivers := or (include "spark-exporter.discovers" $) (not (include "spark-exporter.fleet" $)) .targets (include "spark-exporter.hasFileSd" $) -}}
{{- if not (or $drivers .control.existingSecret .control.allow) -}}
{{- /* A history server alone: it has no plugin, and nothing to steer. */ -}}
{{- $_ := set .plugin "delivery" "none" -}}
{{- $_ := set .control "enabled" false -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.fill" -}}
{{- $values := first . -}}
{{- /* Whoever sets a key of these to null wants it gone. */ -}}
{{- $whole := list "annotations" "labels" "podSecurityContext" "resources" "securityContext" -}}
{{- range $key, $default := last . -}}
{{- if not (hasKey $values $key) -}}
{{- $_ := set $values $key $default -}}
{{- else if and (kindIs "map" $default) (not (has $key $whole)) -}}
{{- include "spark-exporter.fill" (list (index $values $key) $default) -}}
{{- end -}}
{{- end -}}
{{- end }}
