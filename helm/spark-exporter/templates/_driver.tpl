{{/* What Spark needs: pod templates of drivers and executors, and Spark's settings. */}}

{{/* The container that copies jar and zip to where Spark's containers see them. */}}
{{- define "spark-exporter.copyContainer" -}}
name: spark-exporter-plugin
image: {{ include "spark-exporter.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [install-plugin, /plugin]
resources:
  requests:
    cpu: 10m
    memory: 64Mi
  limits:
    memory: 128Mi
{{ include "spark-exporter.sidecarSecurity" . }}
volumeMounts:
  - name: spark-exporter-plugin
    mountPath: /plugin
{{- end }}

{{- define "spark-exporter.sidecarSecurity" -}}
securityContext:
  {{- $user := dict "runAsNonRoot" true "runAsUser" .Values.sidecar.runAsUser "seccompProfile" (dict "type" "RuntimeDefault") }}
  {{- merge $user .Values.securityContext | toYaml | nindent 2 }}
{{- end }}

{{- define "spark-exporter.tokenVariable" -}}
name: SPARK_EXPORTER_TOKEN
valueFrom:
  secretKeyRef:
    name: {{ include "spark-exporter.tokenSecret" . }}
    key: {{ .Values.control.secretKey }}
    {{- /* A driver that cannot be steered is better than one that does not start. */}}
    optional: true
{{- end }}

{{/* The daemon beside the driver: it starts before it and ends after it. */}}
{{- define "spark-exporter.sidecarContainer" -}}
name: spark-exporter
image: {{ include "spark-exporter.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
restartPolicy: Always
args:
  - serve
  - --web.listen-address=:4060
  - --target=http://127.0.0.1:4040
  - --sidecar.last-scrape={{ .Values.sidecar.lastScrapeSeconds }}s
  - --state.directory=
  {{- with include "spark-exporter.flags" .Values.exporter.flags | trim }}
  {{- . | nindent 2 }}
  {{- end }}
{{- if or .Values.control.enabled .Values.exporter.env }}
env:
  {{- if .Values.control.enabled }}
  - {{ include "spark-exporter.tokenVariable" . | nindent 4 | trim }}
  {{- end }}
  {{- with .Values.exporter.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
ports:
  - name: exporter
    containerPort: 4060
{{- with .Values.sidecar.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{ include "spark-exporter.sidecarSecurity" . }}
{{- end }}

{{/* The fields of a driver's pod. No probe: nothing of the sidecar may hold up a driver. */}}
{{- define "spark-exporter.driverTemplate" -}}
{{- $fleet := include "spark-exporter.fleet" . -}}
{{- $copies := eq .Values.plugin.delivery "init" -}}
{{- if not $fleet -}}
metadata:
  labels:
    spark-exporter.io/release: {{ .Release.Name }}
  {{- if not (include "spark-exporter.hasPodMonitor" .) }}
  annotations:
    {{- include "spark-exporter.scrapeAnnotations" . | nindent 4 }}
  {{- end }}
{{ end -}}
spec:
  {{- if not $fleet }}
  shareProcessNamespace: true
  terminationGracePeriodSeconds: {{ add .Values.sidecar.lastScrapeSeconds 30 }}
  {{- end }}
  {{- if or $copies (not $fleet) }}
  initContainers:
    {{- if $copies }}
    - {{ include "spark-exporter.copyContainer" . | nindent 6 | trim }}
    {{- end }}
    {{- if not $fleet }}
    - {{ include "spark-exporter.sidecarContainer" . | nindent 6 | trim }}
    {{- end }}
  {{- end }}
  containers:
    - name: spark-kubernetes-driver
      {{- if .Values.control.enabled }}
      env:
        - {{ include "spark-exporter.tokenVariable" . | nindent 10 | trim }}
      {{- end }}
      {{- include "spark-exporter.pluginMount" . | nindent 6 }}
  {{- include "spark-exporter.pluginVolume" . | nindent 2 }}
{{- end }}

{{/* The fields of an executor's pod, with delivery by an init container. */}}
{{- define "spark-exporter.executorTemplate" -}}
spec:
  initContainers:
    - {{ include "spark-exporter.copyContainer" . | nindent 6 | trim }}
  containers:
    - name: spark-kubernetes-executor
      {{- include "spark-exporter.pluginMount" . | nindent 6 }}
  {{- include "spark-exporter.pluginVolume" . | nindent 2 }}
{{- end }}

{{- define "spark-exporter.pluginMount" -}}
{{- if eq .Values.plugin.delivery "init" -}}
volumeMounts:
  - name: spark-exporter-plugin
    mountPath: {{ .Values.plugin.directory }}
    readOnly: true
{{- end }}
{{- end }}

{{- define "spark-exporter.pluginVolume" -}}
{{- if eq .Values.plugin.delivery "init" -}}
volumes:
  - name: spark-exporter-plugin
    emptyDir: {}
{{- end }}
{{- end }}

{{- define "spark-exporter.scrapeAnnotations" -}}
prometheus.io/scrape: "true"
prometheus.io/scheme: {{ include "spark-exporter.scheme" . }}
prometheus.io/port: "4060"
prometheus.io/path: /metrics
{{- end }}

{{/* Whether drivers need a pod template, and executors another. */}}
{{- define "spark-exporter.templates" -}}
{{- if or (eq .Values.plugin.delivery "init") (not (include "spark-exporter.fleet" .)) }}true{{ end -}}
{{- end }}

{{/* Spark's settings as YAML. */}}
{{- define "spark-exporter.sparkConf" -}}
{{- $conf := dict }}
{{- with .Values.plugin }}
{{- $jar := printf "spark-exporter-plugin-%s.jar" $.Chart.AppVersion }}
{{- $zip := printf "spark-exporter-client-%s.zip" $.Chart.AppVersion }}
{{- if eq .delivery "init" }}
{{- $_ := set $conf "spark.jars" (printf "local://%s/%s" .directory $jar) }}
{{- $_ := set $conf "spark.submit.pyFiles" (printf "local://%s/%s" .directory $zip) }}
{{- /* Spark sends no file to executors that is local to each of them, and does not tell their Python either. */}}
{{- $_ := set $conf "spark.executorEnv.PYTHONPATH" (printf "%s/%s" .directory $zip) }}
{{- else if eq .delivery "served" }}
{{- $base := .served.url | default (include "spark-exporter.url" $) | trimSuffix "/" }}
{{- $path := printf "%s/plugin/%s-%s" $base $.Chart.AppVersion .served.checksum }}
{{- $_ := set $conf "spark.jars" (printf "%s/%s" $path $jar) }}
{{- $_ := set $conf "spark.submit.pyFiles" (printf "%s/%s" $path $zip) }}
{{- end }}
{{- if ne .delivery "none" }}
{{- $_ := set $conf "spark.plugins" "io.sparkexporter.ExporterPlugin" }}
{{- if include "spark-exporter.fleet" $ }}
{{- $_ := set $conf "spark.exporter.host" "0.0.0.0" }}
{{- end }}
{{- with $.Values.control.allow }}
{{- $_ := set $conf "spark.exporter.events.allow" (join "," .) }}
{{- end }}
{{- /* With a pod template the variable is there, and may be missing. */}}
{{- if and $.Values.control.enabled (not (include "spark-exporter.templates" $)) }}
{{- $token := printf "%s:%s" (include "spark-exporter.tokenSecret" $) $.Values.control.secretKey }}
{{- $_ := set $conf "spark.kubernetes.driver.secretKeyRef.SPARK_EXPORTER_TOKEN" $token }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $conf }}
{{- end }}
