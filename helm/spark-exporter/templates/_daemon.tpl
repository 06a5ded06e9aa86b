{{/* The daemon of mode fleet: its arguments, its volumes, its pod. */}}

{{- define "spark-exporter.arguments" -}}
- serve
- --web.listen-address=:4060
{{- if .Values.control.enabled }}
- --token-file=/etc/spark-exporter/token/{{ .Values.control.secretKey }}
{{- end }}
{{- if include "spark-exporter.hasWebConfig" . }}
- --web.config.file=/etc/spark-exporter/web/web-config.yml
{{- end }}
{{- with .Values.discovery }}
{{- if .enabled }}
- --kubernetes.discovery=true
{{- if .allNamespaces }}
- --kubernetes.all-namespaces=true
{{- end }}
{{- range .namespaces | uniq }}
- --kubernetes.namespace={{ . }}
{{- end }}
{{- range .selectors }}
- {{ printf "--kubernetes.selector=%s" . | quote }}
{{- end }}
{{- with .uiPort }}
- --kubernetes.ui-port={{ . }}
{{- end }}
- --kubernetes.allowed-ports={{ .allowedPorts }}
{{- range .allowedAddresses }}
- --kubernetes.allowed-addresses={{ . }}
{{- end }}
{{- end }}
{{- end }}
{{- range .Values.targets }}
- {{ printf "--target=%s" . | quote }}
{{- end }}
{{- with .Values.historyServer.url }}
- {{ printf "--target=%s" . | quote }}
{{- end }}
{{- if .Values.fileSd.targets }}
- --file-sd.path=/etc/spark-exporter/file-sd/targets.json
{{- end }}
{{- range .Values.fileSd.files }}
- --file-sd.path=/etc/spark-exporter/file-sd/{{ . }}
{{- end }}
{{- if gt (int .Values.sharding.shards) 1 }}
{{- if .Values.discovery.enabled }}
{{- /* Their number is no argument: they follow each other, and none restarts when it changes. */}}
- --kubernetes.shards={{ include "spark-exporter.daemonLabels" . | fromYaml | include "spark-exporter.selector" }}
{{- else }}
- --total-shards={{ .Values.sharding.shards }}
{{- end }}
{{- end }}
- --state.directory=/var/lib/spark-exporter
{{- include "spark-exporter.flags" .Values.exporter.flags }}
{{- end }}

{{/* Further flags by name; a list repeats the flag. */}}
{{- define "spark-exporter.flags" -}}
{{- range $name, $given := . }}
{{- range (kindIs "slice" $given | ternary $given (list $given)) }}
{{- /* Helm reads numbers as floats, and would write 1000000 as 1e+06. */}}
{{- $value := kindIs "float64" . | ternary (printf "%.12g" .) (toString .) }}
- {{ printf "--%s=%s" $name $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "spark-exporter.probe" -}}
{{- if .root.Values.web.existingConfigSecret -}}
{{- /* It may want a certificate of the kubelet. Health needs no password. */ -}}
tcpSocket:
  port: http-metrics
{{- else -}}
httpGet:
  path: {{ .path }}
  port: http-metrics
  scheme: {{ include "spark-exporter.scheme" .root | upper }}
{{- end }}
{{- end }}

{{- define "spark-exporter.container" -}}
name: spark-exporter
image: {{ include "spark-exporter.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  {{- include "spark-exporter.arguments" . | nindent 2 }}
{{- $sharded := gt (int .Values.sharding.shards) 1 }}
{{- if or $sharded .Values.exporter.env }}
env:
  {{- if $sharded }}
  - name: SPARK_EXPORTER_SHARD
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  {{- end }}
  {{- with .Values.exporter.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
ports:
  - name: http-metrics
    containerPort: 4060
startupProbe:
  {{- include "spark-exporter.probe" (dict "root" . "path" "/-/healthy") | nindent 2 }}
  periodSeconds: 2
  failureThreshold: 60
livenessProbe:
  {{- include "spark-exporter.probe" (dict "root" . "path" "/-/healthy") | nindent 2 }}
  timeoutSeconds: 10
readinessProbe:
  {{- include "spark-exporter.probe" (dict "root" . "path" "/-/ready") | nindent 2 }}
  timeoutSeconds: 10
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
volumeMounts:
  - name: state
    mountPath: /var/lib/spark-exporter
  {{- if .Values.control.enabled }}
  - name: token
    mountPath: /etc/spark-exporter/token
    readOnly: true
  {{- end }}
  {{- if include "spark-exporter.hasWebConfig" . }}
  - name: web-config
    mountPath: /etc/spark-exporter/web
    readOnly: true
  {{- end }}
  {{- if .Values.web.tls.enabled }}
  - name: tls
    mountPath: /etc/spark-exporter/tls
    readOnly: true
  {{- end }}
  {{- if include "spark-exporter.hasFileSd" . }}
  - name: file-sd
    mountPath: /etc/spark-exporter/file-sd
    readOnly: true
  {{- end }}
{{- end }}

{{- define "spark-exporter.volumes" -}}
{{- if not .Values.persistence.enabled }}
- name: state
  emptyDir: {}
{{- end }}
{{- if .Values.control.enabled }}
- name: token
  secret:
    secretName: {{ include "spark-exporter.tokenSecret" . | quote }}
    defaultMode: 0440
    items:
      - key: {{ .Values.control.secretKey | quote }}
        path: {{ .Values.control.secretKey | quote }}
{{- end }}
{{- if include "spark-exporter.hasWebConfig" . }}
- name: web-config
  secret:
    secretName: {{ include "spark-exporter.webConfigSecret" . | quote }}
    defaultMode: 0440
{{- end }}
{{- if .Values.web.tls.enabled }}
- name: tls
  secret:
    secretName: {{ include "spark-exporter.tlsSecret" . | quote }}
    defaultMode: 0440
{{- end }}
{{- if include "spark-exporter.hasFileSd" . }}
- name: file-sd
  configMap:
    name: {{ include "spark-exporter.fileSdConfigMap" . | quote }}
{{- end }}
{{- end }}

{{- define "spark-exporter.pod" -}}
metadata:
  labels:
    {{- include "spark-exporter.labels" . | nindent 4 }}
    app.kubernetes.io/component: daemon
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "spark-exporter.serviceAccountName" . | quote }}
  automountServiceAccountToken: {{ .Values.discovery.enabled }}
  {{- with include "spark-exporter.pullSecrets" . }}
  {{- . | nindent 2 }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- with .Values.topologySpreadConstraints }}
    {{- toYaml . | nindent 4 }}
    {{- else }}
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "spark-exporter.daemonLabels" . | nindent 10 }}
    {{- end }}
  containers:
    - {{ include "spark-exporter.container" . | nindent 6 | trim }}
  volumes:
    {{- include "spark-exporter.volumes" . | trim | nindent 4 }}
{{- end }}

{{/* Labels as a selector. */}}
{{- define "spark-exporter.selector" -}}
{{- $requirements := list }}
{{- range $label, $value := . }}
{{- $requirements = append $requirements (printf "%s=%s" $label $value) }}
{{- end }}
{{- join "," $requirements }}
{{- end }}

{{/* Selects the pods of the daemon, and not that of `helm test`. */}}
{{- define "spark-exporter.daemonLabels" -}}
{{ include "spark-exporter.selectorLabels" . }}
app.kubernetes.io/component: daemon
{{- end }}
