{{/* What to do next. The lines for Spark are those of the ConfigMap. */}}
{{- define "spark-exporter.notes" -}}
{{- $name := include "spark-exporter.fullname" . }}
{{- $conf := include "spark-exporter.sparkConf" . | fromYaml }}
{{- $templates := include "spark-exporter.templates" . }}
{{- $executors := eq .Values.plugin.delivery "init" }}
{{- include "spark-exporter.notesLook" . }}
{{- include "spark-exporter.notesScrape" . }}
{{- if or $conf $templates }}

spark-submit
------------
{{ if and (include "spark-exporter.fleet" .) (not .Values.discovery.enabled) -}}
This is for those targets that are drivers on Kubernetes.

{{ end -}}
{{ if $templates -}}
The pod templates, as files:

  kubectl -n {{ .Release.Namespace }} get configmap {{ $name }}-spark -o jsonpath='{.data.driver-pod-template\.yaml}' > driver-pod-template.yaml
  {{- if $executors }}
  kubectl -n {{ .Release.Namespace }} get configmap {{ $name }}-spark -o jsonpath='{.data.executor-pod-template\.yaml}' > executor-pod-template.yaml
  {{- end }}

{{ end -}}
Add to spark-submit:

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

{{ if index $conf "spark.jars" -}}
Put jars, Python files and plugins of your own into the same lists, separated by commas: --jars and --py-files would replace them.
{{- if $executors }} On executors spark.executorEnv.PYTHONPATH replaces the PYTHONPATH of your image: plugin.pythonPath is for what that has.{{ end }}

{{ end -}}
{{ with and $templates .Values.imagePullSecrets -}}
The pod templates name {{ join ", " . }} to pull the image with: each has to be a Secret in the namespaces of the drivers.

{{ end -}}
The same lines for spark-defaults.conf are in the ConfigMap {{ $name }}-spark.

The two resources below get the same, from an operator: merge it into yours.
{{- if index $conf "spark.jars" }} What spec.deps has of jars and pyFiles would replace the lists.{{ end }}
{{- if $templates }} Kubeflow's webhook leaves pods with a template alone: give volumes, tolerations, affinity and the like in the template.{{ end }}

SparkApplication of the Kubeflow operator (sparkoperator.k8s.io/v1beta2)
------------------------------------------------------------------------
{{- include "spark-exporter.application" (dict "root" . "driver" "driver" "executor" "executor" "pod" "template") }}

SparkApplication of Apache's operator (spark.apache.org/v1)
-----------------------------------------------------------
{{- include "spark-exporter.application" (dict "root" . "driver" "driverSpec" "executor" "executorSpec" "pod" "podTemplateSpec") }}
{{- end }}
{{- if .Values.control.enabled }}
{{- include "spark-exporter.notesToken" . }}
{{- end }}
{{- end }}

{{/* What is watched, and where to look at it. */}}
{{- define "spark-exporter.notesLook" }}
{{- $name := include "spark-exporter.fullname" . }}
{{- if include "spark-exporter.fleet" . }}
{{- $given := or .Values.targets .Values.historyServer.url (include "spark-exporter.hasFileSd" .) }}
spark-exporter watches {{ if not .Values.discovery.enabled }}the targets that it was given{{ else if .Values.discovery.allNamespaces }}the drivers of all namespaces{{ else }}the drivers in {{ include "spark-exporter.namespaces" . | fromJsonArray | join ", " }}{{ end }}{{ if and $given .Values.discovery.enabled }}, and the targets that it was given{{ end }}. Look at it:

  kubectl -n {{ .Release.Namespace }} port-forward service/{{ $name }} {{ .Values.service.port }}
  {{ include "spark-exporter.scheme" . }}://127.0.0.1:{{ .Values.service.port }}/
{{- if .Values.web.tls.enabled }}

The certificate is not for 127.0.0.1, so a browser warns.
{{- end }}
{{- if gt (int .Values.sharding.shards) 1 }}

Each of the {{ .Values.sharding.shards }} shards shows, and steers, its own applications. To see another's: port-forward pod/{{ $name }}-0 4060, or -1 and so on. In Prometheus the label instance of spark_app_up says who has an application.
{{- end }}
{{- if .Values.tests.enabled }}

Ask whether it answers: helm -n {{ .Release.Namespace }} test {{ .Release.Name }}
{{- end }}
{{- else }}
spark-exporter runs beside each driver that is started as below. Look at one:

  kubectl -n NAMESPACE port-forward DRIVER-POD 4060
  http://127.0.0.1:4060/
{{- end }}
{{- end }}

{{/* How Prometheus and Grafana get what there is. */}}
{{- define "spark-exporter.notesScrape" }}
{{- $monitor := eq .Values.mode "fleet" | ternary "serviceMonitor" "podMonitor" }}
{{- $made := or (include "spark-exporter.hasServiceMonitor" .) (include "spark-exporter.hasPodMonitor" .) }}
{{- $ruled := include "spark-exporter.hasPrometheusRule" . }}
{{- if not $made }}
{{- if eq $monitor "serviceMonitor" }}

No ServiceMonitor was made: the Service has the annotations prometheus.io/scrape, scheme, port and path instead.
{{- else }}

No PodMonitor was made: drivers have the annotations prometheus.io/scrape, scheme, port and path instead.
{{- end }}
Prometheus' job must be called spark-exporter and have honor_labels: true (docs/kubernetes.md has one).
{{- end }}
{{- if and (include "spark-exporter.hasPodMonitor" .) (not .Values.discovery.allNamespaces) }}

Prometheus scrapes drivers in {{ include "spark-exporter.namespaces" . | fromJsonArray | join ", " }} only. For others name their namespaces in discovery.namespaces, or set discovery.allNamespaces.
{{- end }}
{{- with .Values.web.tls }}
{{- if and .enabled .existingSecret (not .scrapeConfig) (include "spark-exporter.hasServiceMonitor" $) }}

Prometheus must trust the certificate in the Secret {{ .existingSecret }}. Unless its own authorities do, say how in web.tls.scrapeConfig, such as
{ca: {secret: {name: {{ .existingSecret }}, key: ca.crt}}}.
{{- end }}
{{- end }}
{{- if not $ruled }}

No PrometheusRule was made, and the dashboards need its recording rules: load dashboards/rules/*.yaml into your Prometheus.
{{- end }}
{{- $unlabelled := list }}
{{- if and $made (not (index .Values $monitor).labels) }}{{ $unlabelled = append $unlabelled (printf "%s.labels" $monitor) }}{{ end }}
{{- if and $ruled (not .Values.prometheusRule.labels) }}{{ $unlabelled = append $unlabelled "prometheusRule.labels" }}{{ end }}
{{- with $unlabelled }}

The Prometheus of kube-prometheus-stack takes only what has the label release with the name of its release: set {{ join " and " . }}, unless yours takes everything.
{{- end }}
{{- end }}

{{/* Who has the token, and who needs it. */}}
{{- define "spark-exporter.notesToken" }}
{{- $fleet := include "spark-exporter.fleet" . }}
{{- $secret := include "spark-exporter.tokenSecret" . }}
{{- $key := .Values.control.secretKey }}
{{- $drivers := include "spark-exporter.namespaces" . | fromJsonArray }}
{{- $must := include "spark-exporter.driversWantToken" . }}
{{- if and (include "spark-exporter.discovers" .) (eq .Values.plugin.delivery "none") }}

Drivers with a plugin of their own need spark.exporter.host=0.0.0.0 and, from this Secret, the environment variable SPARK_EXPORTER_TOKEN.
{{- end }}

{{ if include "spark-exporter.generatesToken" . -}}
The token is in the Secret {{ $secret }}, key {{ $key }}, in {{ append $drivers .Release.Namespace | uniq | join ", " }}.
{{- else -}}
The Secret {{ $secret }} with the key {{ $key }} has to be in {{ append $drivers .Release.Namespace | uniq | join ", " }}{{ if $must }}: without it, drivers do not start{{ end }}.
{{- end }} To steer with it:

  export SPARK_EXPORTER_TOKEN=$(kubectl -n {{ .Release.Namespace }} get secret {{ $secret }} -o jsonpath='{.data.{{ $key | replace "." "\\." }}}' | base64 -d)
{{- if or .Values.discovery.allNamespaces (not $fleet) }}

Drivers in other namespaces need it in theirs{{ if $must }}: without it, they do not start{{ else if $fleet }}: without it, their plugin serves nothing{{ else }} to be steered{{ end }}.

  printf %s "$SPARK_EXPORTER_TOKEN" | kubectl -n NAMESPACE create secret generic {{ $secret }} --from-file={{ $key }}=/dev/stdin
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
