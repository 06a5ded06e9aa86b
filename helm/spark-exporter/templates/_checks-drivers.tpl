{{/* Checks of what the daemon asks, and of what drivers get. */}}

{{- define "spark-exporter.checkTargets" -}}
{{- with .Values -}}
{{- if and (eq .mode "fleet") (not .discovery.enabled) (not .targets) (not .historyServer.url) (not (include "spark-exporter.hasFileSd" $)) -}}
{{- fail "There is nothing to scrape: set discovery.enabled to true, or give targets, historyServer.url or fileSd." -}}
{{- end -}}
{{- if and .discovery.allNamespaces .discovery.namespaces -}}
{{- fail "discovery.allNamespaces and discovery.namespaces exclude each other: leave one of them out." -}}
{{- end -}}
{{- if and .fileSd.targets .fileSd.existingConfigMap -}}
{{- fail "fileSd.targets and fileSd.existingConfigMap exclude each other: leave one of them out." -}}
{{- end -}}
{{- if ne (empty .fileSd.files) (empty .fileSd.existingConfigMap) -}}
{{- fail "fileSd.existingConfigMap and fileSd.files belong together: name the ConfigMap and the files in it." -}}
{{- end -}}
{{- if and (not .serviceAccount.create) (not .serviceAccount.name) .rbac.create .discovery.enabled (eq .mode "fleet") -}}
{{- fail "With rbac.create every pod of the namespace could watch pods, as there is no service account of its own: name one in serviceAccount.name, or set serviceAccount.create to true." -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.checkDiscovery" -}}
{{- with .Values.discovery -}}
{{- range .selectors -}}
{{- if not (include "spark-exporter.isLabelSelector" .) -}}
{{- fail (printf "discovery.selectors: %s is no label selector; give one such as spark-role=driver or app in (jupyter,zeppelin)." .) -}}
{{- end -}}
{{- end -}}
{{- $port := .uiPort | default 0 | int -}}
{{- $allowed := not $port -}}
{{- range toString .allowedPorts | splitList "," -}}
{{- $first := splitList "-" . | first | int -}}
{{- $last := splitList "-" . | last | int -}}
{{- if or (lt $first 1) (gt $first $last) (gt $last 65535) -}}
{{- fail (printf "discovery.allowedPorts: %s is no range of ports; give numbers from 1 to 65535, the lower one first, such as 1024-65535." .) -}}
{{- end -}}
{{- if and (le $first $port) (le $port $last) -}}
{{- $allowed = true -}}
{{- end -}}
{{- end -}}
{{- if not (or $allowed (eq $.Values.mode "sidecar")) -}}
{{- fail (printf "discovery.uiPort (%d) is not among discovery.allowedPorts (%v): no driver could be asked." $port .allowedPorts) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.checkPlugin" -}}
{{- with .Values -}}
{{- if and (eq .mode "fleet") (ne .plugin.delivery "none") (not .control.enabled) -}}
{{- fail "In mode fleet the plugin listens beyond loopback, and without a token it serves nothing there: set control.enabled to true, or plugin.delivery to none." -}}
{{- end -}}
{{- if eq .plugin.delivery "served" -}}
{{- if and (ne .mode "fleet") (not .plugin.served.url) -}}
{{- fail "plugin.delivery served needs a daemon that is there before the driver: set plugin.delivery to init, or plugin.served.url to the URL of a fleet's daemon." -}}
{{- end -}}
{{- if not .plugin.served.checksum -}}
{{- fail "plugin.delivery served needs plugin.served.checksum: install with plugin.delivery init, and read it from the daemon's page /plugin/." -}}
{{- end -}}
{{- if and (include "spark-exporter.hasWebConfig" $) (not .plugin.served.url) -}}
{{- fail "Spark's JVMs know neither this daemon's certificate authority nor a password: with web.tls, web.basicAuth or web.existingConfigSecret set plugin.delivery to init, or plugin.served.url to a URL that they can read." -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.checkControl" -}}
{{- with .Values.control -}}
{{- if and .enabled (not .generate) (not .existingSecret) -}}
{{- fail "control.enabled needs a token: set control.generate to true, or name a Secret that has it in control.existingSecret." -}}
{{- end -}}
{{- if and .allow (not .enabled) -}}
{{- fail "control.allow says what may be done from outside, and without control.enabled nothing may: leave it out, or set control.enabled to true." -}}
{{- end -}}
{{- end -}}
{{- range .Values.exporter.env -}}
{{- if has .name (list "SPARK_EXPORTER_SHARD" "SPARK_EXPORTER_TOKEN") -}}
{{- fail (printf "exporter.env must not have %s, which the chart sets: control.existingSecret is for a token, sharding.shards for shards." .name) -}}
{{- end -}}
{{- end -}}
{{- $name := include "spark-exporter.tokenSecret" . -}}
{{- $mine := printf "%s/%s" .Release.Namespace .Release.Name -}}
{{- if and .Values.control.enabled .Values.control.existingSecret -}}
{{- if eq $mine (include "spark-exporter.ownerOfSecret" (list .Release.Namespace $name)) -}}
{{- fail (printf "control.existingSecret is %s, which this release has generated and Helm would delete: copy it to a Secret of another name." $name) -}}
{{- end -}}
{{- else if .Values.control.enabled -}}
{{- range $namespace := include "spark-exporter.namespaces" . | fromJsonArray -}}
{{- $owner := include "spark-exporter.ownerOfSecret" (list $namespace $name) -}}
{{- if and $owner (ne $owner $mine) -}}
{{- fail (printf "The Secret %s/%s is of the release %s: name it in control.existingSecret, as drivers have one token, or give this release another name." $namespace $name $owner) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The release that a Secret is of, with its namespace; nothing if it is of none, or not there. */}}
{{- define "spark-exporter.ownerOfSecret" -}}
{{- $notes := dig "metadata" "annotations" dict (lookup "v1" "Secret" (first .) (last .)) -}}
{{- with get $notes "meta.helm.sh/release-name" -}}
{{- get $notes "meta.helm.sh/release-namespace" }}/{{ . -}}
{{- end -}}
{{- end }}
