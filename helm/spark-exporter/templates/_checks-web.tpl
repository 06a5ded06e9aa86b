{{/* Checks of who reads from the daemon, and how. */}}

{{- define "spark-exporter.checkWeb" -}}
{{- with .Values.web -}}
{{- if and .existingConfigSecret .basicAuth.users -}}
{{- fail "web.existingConfigSecret has the users already: leave web.basicAuth.users out." -}}
{{- end -}}
{{- range $name, $given := dict "certManager.enabled" .tls.certManager.enabled "existingSecret" .tls.existingSecret "scrapeConfig" .tls.scrapeConfig -}}
{{- if and $given (not $.Values.web.tls.enabled) -}}
{{- fail (printf "web.tls.%s is set, but web.tls.enabled is not, and the daemon would serve plain HTTP: set both or none." $name) -}}
{{- end -}}
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
{{- if and .basicAuth.scrapeSecret (not .basicAuth.users) (not .existingConfigSecret) -}}
{{- fail "web.basicAuth.scrapeSecret is set, but there are no users, and everybody could read: set web.basicAuth.users or web.existingConfigSecret, too, or leave it out." -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.checkMonitors" -}}
{{- range $name, $kind := dict "serviceMonitor" "ServiceMonitor" "podMonitor" "PodMonitor" "prometheusRule" "PrometheusRule" -}}
{{- if and (eq (toString (index $.Values $name).enabled) "true") (not ($.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" $kind))) -}}
{{- fail (printf "%s.enabled is true, but the cluster does not know monitoring.coreos.com/v1 %s: install Prometheus' operator first, or set %s.enabled to auto. For helm template, which asks no cluster, add --api-versions=monitoring.coreos.com/v1/%s." $name $kind $name $kind) -}}
{{- end -}}
{{- end -}}
{{- range $name := list "serviceMonitor" "podMonitor" -}}
{{- with index $.Values $name -}}
{{- if gt (include "spark-exporter.seconds" .scrapeTimeout | int) (include "spark-exporter.seconds" .interval | int) -}}
{{- fail (printf "%s.scrapeTimeout (%s) is longer than %s.interval (%s), which Prometheus refuses." $name .scrapeTimeout $name .interval) -}}
{{- end -}}
{{- if gt (include "spark-exporter.seconds" .interval | int) 120 -}}
{{- fail (printf "%s.interval (%s) is longer than 2m: the rates over 5 minutes, which alerts and panels use, would be empty." $name .interval) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- /* For so long a sidecar may still learn how its driver has ended, and no scrape is the last one. */ -}}
{{- $settling := 5 -}}
{{- $least := include "spark-exporter.seconds" .Values.podMonitor.interval | add $settling | int -}}
{{- if and (not (include "spark-exporter.fleet" .)) (lt (int .Values.sidecar.lastScrapeSeconds) $least) -}}
{{- fail (printf "sidecar.lastScrapeSeconds (%v) is less than podMonitor.interval (%s) and %d seconds more, in which a scrape may still come too early: the last one could be missed." .Values.sidecar.lastScrapeSeconds .Values.podMonitor.interval $settling) -}}
{{- end -}}
{{- $where := .Values.serviceMonitor.namespace | default .Release.Namespace -}}
{{- with .Values.web.tls -}}
{{- if and .certManager.enabled (not .scrapeConfig) (ne $where $.Release.Namespace) -}}
{{- fail (printf "serviceMonitor.namespace is %s, and cert-manager's certificate is in %s: leave serviceMonitor.namespace out, or say in web.tls.scrapeConfig how Prometheus trusts it." $where $.Release.Namespace) -}}
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
