{{/* Values that contradict each other or the cluster: one sentence that says what to change. */}}
{{- define "spark-exporter.checks" -}}
{{- include "spark-exporter.checkMode" . -}}
{{- include "spark-exporter.checkTargets" . -}}
{{- include "spark-exporter.checkPlugin" . -}}
{{- include "spark-exporter.checkWeb" . -}}
{{- include "spark-exporter.checkMonitors" . -}}
{{- include "spark-exporter.checkCluster" . -}}
{{- end }}

{{- define "spark-exporter.checkMode" -}}
{{- if not (include "spark-exporter.fleet" .) -}}
{{- $fleet := dict
  "sharding.shards" (gt (int .Values.sharding.shards) 1)
  "historyServer.url" .Values.historyServer.url
  "targets" .Values.targets
  "fileSd" (include "spark-exporter.hasFileSd" .)
  "networkPolicy.enabled" .Values.networkPolicy.enabled
  "podDisruptionBudget.enabled" .Values.podDisruptionBudget.enabled
  "persistence.enabled" .Values.persistence.enabled
  "web" (include "spark-exporter.hasWebConfig" .)
-}}
{{- range $name, $set := $fleet -}}
{{- if $set -}}
{{- fail (printf "%s is for mode fleet, and mode is sidecar: leave it out, or install a second release for it." $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

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

{{- define "spark-exporter.checkPlugin" -}}
{{- with .Values -}}
{{- if and .control.enabled (not .control.generate) (not .control.existingSecret) -}}
{{- fail "control.enabled needs a token: set control.generate to true, or name a Secret that has it in control.existingSecret." -}}
{{- end -}}
{{- if and (eq .mode "fleet") (ne .plugin.delivery "none") (not .control.enabled) -}}
{{- fail "In mode fleet the plugin listens beyond loopback, and without a token it serves nothing there: set control.enabled to true, or plugin.delivery to none." -}}
{{- end -}}
{{- if eq .plugin.delivery "served" -}}
{{- if and (ne .mode "fleet") (not .plugin.served.url) -}}
{{- fail "plugin.delivery served needs a daemon that is there before the driver: set plugin.delivery to init, or plugin.served.url to the URL of a fleet's daemon." -}}
{{- end -}}
{{- if not .plugin.served.checksum -}}
{{- fail "plugin.delivery served needs plugin.served.checksum: install with plugin.delivery none, and read it from the daemon's page /plugin/." -}}
{{- end -}}
{{- if and (include "spark-exporter.hasWebConfig" $) (not .plugin.served.url) -}}
{{- fail "Spark's JVMs know neither this daemon's certificate authority nor a password: with web.tls, web.basicAuth or web.existingConfigSecret set plugin.delivery to init, or plugin.served.url to a URL that they can read." -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.checkWeb" -}}
{{- with .Values.web -}}
{{- if and .existingConfigSecret .basicAuth.users -}}
{{- fail "web.existingConfigSecret has the users already: leave web.basicAuth.users out." -}}
{{- end -}}
{{- if and .tls.certManager.enabled (not .tls.enabled) -}}
{{- fail "web.tls.certManager.enabled is true, but web.tls.enabled is not: set both or none." -}}
{{- end -}}
{{- if .tls.enabled -}}
{{- if and .tls.certManager.enabled .tls.existingSecret -}}
{{- fail "web.tls.existingSecret and web.tls.certManager exclude each other: leave one of them out." -}}
{{- end -}}
{{- if not (or .tls.certManager.enabled .tls.existingSecret) -}}
{{- fail "web.tls.enabled needs a certificate: name a Secret in web.tls.existingSecret, or set web.tls.certManager.enabled." -}}
{{- end -}}
{{- if and .tls.certManager.enabled (not .tls.certManager.issuerRef.name) -}}
{{- fail "web.tls.certManager.enabled needs an issuer: name it in web.tls.certManager.issuerRef.name." -}}
{{- end -}}
{{- end -}}
{{- if and .basicAuth.users (not .basicAuth.scrapeSecret) -}}
{{- fail "With web.basicAuth.users Prometheus needs a name and a password: name a Secret that has them in web.basicAuth.scrapeSecret." -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.checkMonitors" -}}
{{- $fleet := include "spark-exporter.fleet" . -}}
{{- if and (eq (toString .Values.serviceMonitor.enabled) "true") (not $fleet) -}}
{{- fail "serviceMonitor.enabled is true, but in mode sidecar there is no Service: set podMonitor.enabled instead." -}}
{{- end -}}
{{- if and (eq (toString .Values.podMonitor.enabled) "true") $fleet -}}
{{- fail "podMonitor.enabled is true, but in mode fleet there are no sidecars: set serviceMonitor.enabled instead." -}}
{{- end -}}
{{- range $name, $kind := dict "serviceMonitor" "ServiceMonitor" "podMonitor" "PodMonitor" "prometheusRule" "PrometheusRule" -}}
{{- if and (eq (toString (index $.Values $name).enabled) "true") (not ($.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" $kind))) -}}
{{- fail (printf "%s.enabled is true, but the cluster does not know monitoring.coreos.com/v1 %s: install Prometheus' operator first, or set %s.enabled to auto." $name $kind $name) -}}
{{- end -}}
{{- end -}}
{{- range $name := list "serviceMonitor" "podMonitor" -}}
{{- with index $.Values $name -}}
{{- if gt (include "spark-exporter.seconds" .scrapeTimeout | int) (include "spark-exporter.seconds" .interval | int) -}}
{{- fail (printf "%s.scrapeTimeout (%s) is longer than %s.interval (%s), which Prometheus refuses." $name .scrapeTimeout $name .interval) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (not $fleet) (lt (int .Values.sidecar.lastScrapeSeconds) (include "spark-exporter.seconds" .Values.podMonitor.interval | int)) -}}
{{- fail (printf "sidecar.lastScrapeSeconds (%v) is less than podMonitor.interval (%s): the last scrape would be missed." .Values.sidecar.lastScrapeSeconds .Values.podMonitor.interval) -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.checkCluster" -}}
{{- with .Values -}}
{{- if and .web.tls.certManager.enabled (not ($.Capabilities.APIVersions.Has "cert-manager.io/v1/Certificate")) -}}
{{- fail "web.tls.certManager.enabled is true, but the cluster does not know cert-manager.io/v1 Certificate: install cert-manager first, or name a Secret in web.tls.existingSecret." -}}
{{- end -}}
{{- if and .networkPolicy.enabled (not .networkPolicy.extraEgress) (or .targets .historyServer.url (include "spark-exporter.hasFileSd" $)) -}}
{{- fail "networkPolicy.enabled would keep the daemon from targets, historyServer.url and fileSd: let it reach them by networkPolicy.extraEgress." -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Seconds of a time as Prometheus writes it, such as 1h30m. */}}
{{- define "spark-exporter.seconds" -}}
{{- $given := . -}}
{{- $seconds := 0 -}}
{{- range $unit, $length := dict "d" 86400 "h" 3600 "m" 60 "s" 1 -}}
{{- with regexFind (printf "[0-9]+%s" $unit) $given -}}
{{- $seconds = add $seconds (mul $length (trimSuffix $unit . | int64)) -}}
{{- end -}}
{{- end -}}
{{- $seconds -}}
{{- end }}
