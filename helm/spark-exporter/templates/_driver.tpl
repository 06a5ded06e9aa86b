{{/* What Spark needs: pod templates of drivers and executors, and Spark's settings. */}}

{{/* The container that copies jar and zip to where Spark's containers see them. */}}
{{- define "spark-exporter.copyContainer" -}}
name: spark-exporter-plugin
image: {{ include "spark-exporter.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [install-plugin, /plugin]
{{- with .Values.plugin.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{ include "spark-exporter.addedSecurity" (dict "root" . "user" .Values.plugin.runAsUser) }}
volumeMounts:
  - name: spark-exporter-plugin
    mountPath: /plugin
{{- end }}

{{/* Of a container that is added to Spark's pods: their own security context is Spark's. */}}
{{- define "spark-exporter.addedSecurity" -}}
{{- $context := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- with .user -}}
{{- $_ := set $context "runAsUser" . -}}
{{- end -}}
securityContext:
  {{- merge $context .root.Values.securityContext | toYaml | nindent 2 }}
{{- end }}

{{- define "spark-exporter.tokenVariable" -}}
name: SPARK_EXPORTER_TOKEN
valueFrom:
  secretKeyRef:
    name: {{ include "spark-exporter.tokenSecret" . | quote }}
    key: {{ .Values.control.secretKey | quote }}
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
  - --target=http://127.0.0.1:{{ .Values.discovery.uiPort | default 4040 }}
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
{{ include "spark-exporter.addedSecurity" (dict "root" . "user" .Values.sidecar.runAsUser) }}
{{- end }}

{{/* The fields of a driver's pod. No probe: nothing of the sidecar may hold up a driver. */}}
{{- define "spark-exporter.driverTemplate" -}}
{{- $fleet := include "spark-exporter.fleet" . -}}
{{- $copies := eq .Values.plugin.delivery "init" -}}
{{- if not $fleet -}}
metadata:
  labels:
    {{- include "spark-exporter.sidecarLabels" . | nindent 4 }}
  annotations:
    # A fleet leaves it alone: what the sidecar has is published once.
    spark-exporter.io/scrape: "false"
    {{- if not (include "spark-exporter.hasPodMonitor" .) }}
    {{- include "spark-exporter.scrapeAnnotations" . | nindent 4 }}
    {{- end }}
{{ end -}}
spec:
  {{- if not $fleet }}
  shareProcessNamespace: true
  terminationGracePeriodSeconds: {{ add .Values.sidecar.lastScrapeSeconds 30 }}
  {{- end }}
  {{- if or $copies (not $fleet) }}
  {{- with include "spark-exporter.pullSecrets" . }}
  {{- . | nindent 2 }}
  {{- end }}
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
  {{- with include "spark-exporter.pullSecrets" . }}
  {{- . | nindent 2 }}
  {{- end }}
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

{{/* By which the PodMonitor of this release finds its sidecars: another release may have the same name. */}}
{{- define "spark-exporter.sidecarLabels" -}}
spark-exporter.io/release: {{ .Release.Name | quote }}
spark-exporter.io/release-namespace: {{ .Release.Namespace | quote }}
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

{{/* Whether drivers do not start without the token's Secret: Spark's setting for it has no `optional`, as a template has. */}}
{{- define "spark-exporter.driversWantToken" -}}
{{- $set := and .Values.control.enabled (ne .Values.plugin.delivery "none") }}
{{- if and $set (not (include "spark-exporter.templates" .)) }}true{{ end -}}
{{- end }}

{{/* Spark's settings as YAML. */}}
{{- define "spark-exporter.sparkConf" -}}
{{- $conf := dict }}
{{- with .Values.plugin }}
{{- if eq .delivery "init" }}
{{- /* Without a version: the image may have another than the chart. */}}
{{- $zip := printf "%s/spark-exporter-client.zip" .directory }}
{{- $_ := set $conf "spark.jars" (printf "local://%s/spark-exporter-plugin.jar" .directory) }}
{{- $_ := set $conf "spark.submit.pyFiles" (printf "local://%s" $zip) }}
{{- /* Spark sends no file to executors that is local to each of them, and does not tell their Python either. */}}
{{- $_ := set $conf "spark.executorEnv.PYTHONPATH" (prepend .pythonPath $zip | join ":") }}
{{- else if eq .delivery "served" }}
{{- $base := .served.url | default (include "spark-exporter.url" $) | trimSuffix "/" }}
{{- $version := .served.version | default $.Chart.AppVersion }}
{{- $path := printf "%s/plugin/%s-%s" $base $version .served.checksum }}
{{- $_ := set $conf "spark.jars" (printf "%s/spark-exporter-plugin-%s.jar" $path $version) }}
{{- $_ := set $conf "spark.submit.pyFiles" (printf "%s/spark-exporter-client-%s.zip" $path $version) }}
{{- end }}
{{- if ne .delivery "none" }}
{{- $_ := set $conf "spark.plugins" "io.sparkexporter.ExporterPlugin" }}
{{- if include "spark-exporter.fleet" $ }}
{{- $_ := set $conf "spark.exporter.host" "0.0.0.0" }}
{{- end }}
{{- with $.Values.control.allow }}
{{- $_ := set $conf "spark.exporter.events.allow" (join "," .) }}
{{- end }}
{{- if include "spark-exporter.driversWantToken" $ }}
{{- $token := printf "%s:%s" (include "spark-exporter.tokenSecret" $) $.Values.control.secretKey }}
{{- $_ := set $conf "spark.kubernetes.driver.secretKeyRef.SPARK_EXPORTER_TOKEN" $token }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $conf }}
{{- end }}
