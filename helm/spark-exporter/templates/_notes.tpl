{{/* What to do next. The lines for Spark are those of the ConfigMap. */}}
{{- define "spark-exporter.notes" -}}
{{- $name := include "spark-exporter.fullname" . }}
{{- $fleet := include "spark-exporter.fleet" . }}
{{- $conf := include "spark-exporter.sparkConf" . | fromYaml }}
{{- $templates := include "spark-exporter.templates" . }}
{{- $executors := eq .Values.plugin.delivery "init" }}
{{- if $fleet }}
spark-exporter watches {{ if not .Values.discovery.enabled }}the targets that it was given{{ else if .Values.discovery.allNamespaces }}the drivers of all namespaces{{ else }}the drivers in {{ include "spark-exporter.namespaces" . | fromJsonArray | join ", " }}{{ end }}. Look at it:

  kubectl -n {{ .Release.Namespace }} port-forward service/{{ $name }} {{ .Values.service.port }}
  {{ include "spark-exporter.scheme" . }}://127.0.0.1:{{ .Values.service.port }}/
{{- if .Values.tests.enabled }}

Ask whether it answers: helm -n {{ .Release.Namespace }} test {{ .Release.Name }}
{{- end }}
{{- else }}
spark-exporter runs beside each driver that is started as below.
{{- end }}

{{- if not (or (include "spark-exporter.hasServiceMonitor" .) (include "spark-exporter.hasPodMonitor" .)) }}
{{- if $fleet }}

No ServiceMonitor was made: the Service has the annotations prometheus.io/scrape, scheme, port and path instead.
{{- else }}

No PodMonitor was made: drivers have the annotations prometheus.io/scrape, scheme, port and path instead.
{{- end }}
{{- end }}
{{- if not (include "spark-exporter.hasPrometheusRule" .) }}

No PrometheusRule was made, and the dashboards need its recording rules: load dashboards/rules/*.yaml into your Prometheus.
{{- end }}
{{- if or $conf $templates }}

spark-submit
------------
{{- if $templates }}
The pod templates, as files:

  kubectl -n {{ .Release.Namespace }} get configmap {{ $name }}-spark -o jsonpath='{.data.driver-pod-template\.yaml}' > driver-pod-template.yaml
  {{- if $executors }}
  kubectl -n {{ .Release.Namespace }} get configmap {{ $name }}-spark -o jsonpath='{.data.executor-pod-template\.yaml}' > executor-pod-template.yaml
  {{- end }}

{{- end }}

Add to spark-submit (your own jars and Python files beside ours, separated by commas):

{{- $lines := list }}
{{- range $key, $value := $conf }}
{{- $lines = append $lines (printf "  --conf %s=%s" $key $value) }}
{{- end }}
{{- if $templates }}
{{- $lines = append $lines "  --conf spark.kubernetes.driver.podTemplateFile=driver-pod-template.yaml" }}
{{- end }}
{{- if $executors }}
{{- $lines = append $lines "  --conf spark.kubernetes.executor.podTemplateFile=executor-pod-template.yaml" }}
{{- end }}
{{ join " \\\n" $lines }}

The same lines for spark-defaults.conf are in the ConfigMap {{ $name }}-spark.

SparkApplication of the Kubeflow operator (sparkoperator.k8s.io/v1beta2)
------------------------------------------------------------------------
{{- include "spark-exporter.application" (dict "root" . "driver" "driver" "executor" "executor" "pod" "template") }}

SparkApplication of Apache's operator (spark.apache.org/v1)
-----------------------------------------------------------
{{- include "spark-exporter.application" (dict "root" . "driver" "driverSpec" "executor" "executorSpec" "pod" "podTemplateSpec") }}
{{- end }}
{{- if .Values.control.enabled }}

Drivers in other namespaces than {{ include "spark-exporter.namespaces" . | fromJsonArray | join ", " }} need a Secret {{ include "spark-exporter.tokenSecret" . }} with the key {{ .Values.control.secretKey }} in theirs. Steer with it:

  export SPARK_EXPORTER_TOKEN=$(kubectl -n {{ .Release.Namespace }} get secret {{ include "spark-exporter.tokenSecret" . }} -o jsonpath='{.data.{{ .Values.control.secretKey | replace "." "\\." }}}' | base64 -d)
{{- end }}
{{- end }}

{{/* What to add to a SparkApplication of an operator, which names the pods' templates. */}}
{{- define "spark-exporter.application" }}
spec:
{{- with include "spark-exporter.sparkConf" .root | fromYaml }}
  sparkConf:
    {{- range $key, $value := . }}
    {{ $key }}: {{ $value | quote }}
    {{- end }}
{{- end }}
{{- if include "spark-exporter.templates" .root }}
  {{ .driver }}:
    {{ .pod }}:
      {{- include "spark-exporter.driverTemplate" .root | nindent 6 }}
{{- end }}
{{- if eq .root.Values.plugin.delivery "init" }}
  {{ .executor }}:
    {{ .pod }}:
      {{- include "spark-exporter.executorTemplate" .root | nindent 6 }}
{{- end }}
{{- end }}
