{{/* Settings of the rules, and of scraping, with which an alert could never fire. */}}
{{- define "spark-exporter.checkRules" -}}
{{- $rules := .Values.rules -}}
{{- $seconds := "spark-exporter.seconds" -}}
{{- range $window, $names := include "spark-exporter.ends" . | fromJson -}}
{{- $length := index $rules.windows $window -}}
{{- range $name := $names -}}
{{- with index $rules.alerts $name -}}
{{- if and .enabled (ge (include $seconds .for | int) (include $seconds $length | int)) -}}
{{- fail (printf "rules.alerts.%s.for (%s) must be less than rules.windows.%s (%s), after which the alert ends." $name .for $window $length) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $rules.windows -}}
{{- if lt (include $seconds .custom_moving_window | int) (include $seconds .custom_stall_window | int | mul 2 | int) -}}
{{- fail (printf "rules.windows.custom_moving_window (%s) must be twice rules.windows.custom_stall_window (%s) at least." .custom_moving_window .custom_stall_window) -}}
{{- end -}}
{{- end -}}
{{- end }}
