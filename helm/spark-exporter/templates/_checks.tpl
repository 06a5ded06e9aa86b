{{/* Values that contradict each other or the cluster: one sentence that says what to change. */}}
{{- define "spark-exporter.checks" -}}
{{- include "spark-exporter.checkNames" . -}}
{{- include "spark-exporter.checkMode" . -}}
{{- include "spark-exporter.checkTargets" . -}}
{{- include "spark-exporter.checkForms" . -}}
{{- include "spark-exporter.checkFlags" . -}}
{{- include "spark-exporter.checkDiscovery" . -}}
{{- include "spark-exporter.checkPlugin" . -}}
{{- include "spark-exporter.checkControl" . -}}
{{- include "spark-exporter.checkWeb" . -}}
{{- include "spark-exporter.checkMonitors" . -}}
{{- include "spark-exporter.checkRules" . -}}
{{- include "spark-exporter.checkCluster" . -}}
{{- include "spark-exporter.checkVolumes" . -}}
{{- end }}

{{- define "spark-exporter.checkNames" -}}
{{- $name := include "spark-exporter.fullname" . -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $name) -}}
{{- fail (printf "A Service cannot be called %s: give fullnameOverride a name of lower-case letters, digits and -, that begins with a letter." $name) -}}
{{- end -}}
{{- $own := list "helm.sh/chart" -}}
{{- range list "component" "instance" "managed-by" "name" "version" -}}
{{- $own = append $own (printf "app.kubernetes.io/%s" .) -}}
{{- end -}}
{{- with .Values -}}
{{- $common := keys .commonLabels | concat $own -}}
{{- $labels := dict "podLabels" .podLabels "dashboards.labels" .dashboards.labels "prometheusRule.labels" .prometheusRule.labels "serviceMonitor.labels" .serviceMonitor.labels "podMonitor.labels" .podMonitor.labels -}}
{{- range $where, $given := set $labels "commonLabels" .commonLabels -}}
{{- range $key, $_ := $given -}}
{{- if has $key (eq $where "commonLabels" | ternary $own $common) -}}
{{- fail (printf "%s must not have %s: the label is there already." $where $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What has no meaning in a mode is refused, unless it is as it was. */}}
{{- define "spark-exporter.checkMode" -}}
{{- $daemon := list "discovery.enabled" "discovery.selectors" "discovery.allowedPorts" "discovery.allowedAddresses" "sharding" "historyServer" "targets" "fileSd" "web" "service" "serviceAccount" "rbac" "serviceMonitor" "networkPolicy" "podDisruptionBudget" "persistence" "tests" -}}
{{- $pod := list "resources" "podAnnotations" "podLabels" "podSecurityContext" "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "priorityClassName" "terminationGracePeriodSeconds" -}}
{{- $only := dict "fleet" (concat $daemon $pod) "sidecar" (list "podMonitor" "sidecar") -}}
{{- $other := eq .Values.mode "fleet" | ternary "sidecar" "fleet" -}}
{{- $defaults := .Files.Get "files/defaults.json" | fromJson -}}
{{- range $path := index $only $other -}}
{{- $given := $.Values -}}
{{- $default := $defaults -}}
{{- range splitList "." $path -}}
{{- $given = index $given . -}}
{{- $default = index $default . -}}
{{- end -}}
{{- if ne (toJson $given) (toJson $default) -}}
{{- fail (printf "%s is for mode %s, and mode is %s: leave it out, or install a second release for it." $path $other $.Values.mode) -}}
{{- end -}}
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

{{/* Kubernetes would say that a field is immutable, and show all of it. */}}
{{- define "spark-exporter.checkVolumes" -}}
{{- $name := include "spark-exporter.fullname" . -}}
{{- $there := lookup "apps/v1" "StatefulSet" .Release.Namespace $name -}}
{{- if and $there (include "spark-exporter.stateful" .) -}}
{{- $old := dict "enabled" false -}}
{{- with dig "spec" "volumeClaimTemplates" list $there -}}
{{- $spec := (first .).spec -}}
{{- $old = dict "enabled" true "size" (include "spark-exporter.bytes" $spec.resources.requests.storage) "class" (dig "storageClassName" "" $spec) -}}
{{- end -}}
{{- $new := dict "enabled" false -}}
{{- with .Values.persistence -}}
{{- if .enabled -}}
{{- $new = dict "enabled" true "size" (include "spark-exporter.bytes" .size) "class" .storageClass -}}
{{- end -}}
{{- end -}}
{{- if ne (toJson $old) (toJson $new) -}}
{{- fail (printf "persistence cannot be changed in the StatefulSet that is there: run kubectl -n %s delete statefulset %s --cascade=orphan, and upgrade again." .Release.Namespace $name) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Bytes of a quantity such as 1Gi: the API server may write 1024Mi so. */}}
{{- define "spark-exporter.bytes" -}}
{{- $units := dict "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $unit := regexFind "[A-Za-z]*$" . -}}
{{- mul (trimSuffix $unit . | int64) (get $units $unit | default 1) -}}
{{- end }}
