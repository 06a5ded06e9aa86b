{{/* Checks of single values that the daemon would refuse, and end. A regular expression of the schema cannot say why. */}}

{{- define "spark-exporter.checkForms" -}}
{{- range .Values.discovery.allowedAddresses -}}
{{- if not (include "spark-exporter.isNetwork" .) -}}
{{- fail (printf "discovery.allowedAddresses: %s is no network; give one such as 10.0.0.0/8, with no bit set after the prefix." .) -}}
{{- end -}}
{{- end -}}
{{- $urls := list -}}
{{- range .Values.targets -}}
{{- $urls = append $urls (dict "where" "targets" "url" .) -}}
{{- end -}}
{{- with .Values.historyServer.url -}}
{{- $urls = append $urls (dict "where" "historyServer.url" "url" .) -}}
{{- end -}}
{{- $once := list -}}
{{- range $urls -}}
{{- if has (trimSuffix "/" .url) $once -}}
{{- fail (printf "targets and historyServer.url have %s more than once: leave one of them out." (include "spark-exporter.shownUrl" .url)) -}}
{{- end -}}
{{- $once = append $once (trimSuffix "/" .url) -}}
{{- end -}}
{{- range .Values.fileSd.targets -}}
{{- $scheme := dig "__scheme__" "http" (.labels | default dict) -}}
{{- range .targets -}}
{{- $url := contains "://" . | ternary . (printf "%s://%s" $scheme .) -}}
{{- $urls = append $urls (dict "where" "fileSd.targets" "url" $url) -}}
{{- end -}}
{{- end -}}
{{- range $urls -}}
{{- if contains "@" (include "spark-exporter.authority" .url) -}}
{{- fail (printf "%s: %s must not have a name or a password." .where (include "spark-exporter.shownUrl" .url)) -}}
{{- end -}}
{{- if not (include "spark-exporter.isUrl" .url) -}}
{{- fail (printf "%s: %s is no URL of a driver's UI or a history server; give scheme, host, port and path alone, such as http://driver.example.com:4040." .where .url) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* What else belongs to discovery says nothing without it, and the daemon refuses it. */}}
{{- define "spark-exporter.checkFlags" -}}
{{- if not (include "spark-exporter.discovers" .) -}}
{{- range $name, $_ := .Values.exporter.flags -}}
{{- if hasPrefix "kubernetes." $name -}}
{{- fail (printf "exporter.flags must not have %s where no pods are discovered: leave it out." $name) -}}
{{- end -}}
{{- end -}}
{{- range .Values.exporter.env -}}
{{- if hasPrefix "SPARK_EXPORTER_KUBERNETES_" .name -}}
{{- fail (printf "exporter.env must not have %s where no pods are discovered: leave it out." .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "spark-exporter.authority" -}}
{{- regexReplaceAll "^[^:]*://([^/?#]*).*$" . "${1}" -}}
{{- end }}

{{/* A URL without what is secret of it. */}}
{{- define "spark-exporter.shownUrl" -}}
{{- regexReplaceAll "//[^/?#]*@" . "//" -}}
{{- end }}

{{- define "spark-exporter.isUrl" -}}
{{- $label := "[^\\s@/?#:.\\[\\]]{1,63}" -}}
{{- $host := printf "(\\[[0-9A-Fa-f:.]+\\]|%s(\\.%s)*\\.?)" $label $label -}}
{{- $port := regexFind ":[0-9]{1,5}$" (include "spark-exporter.authority" .) | trimPrefix ":" -}}
{{- if and (regexMatch (printf "^https?://%s(:[1-9][0-9]{0,4})?(/[^\\s?#]*)?$" $host) .) (le (int $port) 65535) }}true{{ end -}}
{{- end }}

{{/* Whether a network is one as the daemon reads it: of IPv4 or IPv6, with no bit set after the prefix. */}}
{{- define "spark-exporter.isNetwork" -}}
{{- $address := splitList "/" . | first -}}
{{- $long := contains ":" $address -}}
{{- $bits := $long | ternary 16 8 -}}
{{- $number := $long | ternary "^[0-9A-Fa-f]{1,4}$" "^(0|[1-9][0-9]{0,2})$" -}}
{{- $groups := include "spark-exporter.addressGroups" $address | fromJsonArray -}}
{{- $all := $long | ternary 128 32 -}}
{{- $prefix := contains "/" . | ternary (splitList "/" . | last) (toString $all) -}}
{{- $good := and (eq (mul $bits (len $groups) | int) $all) (regexMatch "^(0|[1-9][0-9]{0,2})$" $prefix) (le (int $prefix) $all) -}}
{{- $rest := int $prefix -}}
{{- range $groups -}}
{{- $value := printf "%s%s" ($long | ternary "0x" "") . | int -}}
{{- $size := 1 -}}
{{- range until (sub $bits (min $bits $rest | max 0) | int) -}}
{{- $size = mul $size 2 -}}
{{- end -}}
{{- if or (not (regexMatch $number .)) (gt $value ($long | ternary 65535 255)) (gt (mod $value $size | int) 0) -}}
{{- $good = false -}}
{{- end -}}
{{- $rest = sub $rest $bits | int -}}
{{- end -}}
{{- if $good }}true{{ end -}}
{{- end }}

{{/* The numbers of an address as JSON, with the zeros that :: stands for. */}}
{{- define "spark-exporter.addressGroups" -}}
{{- $halves := splitList "::" . -}}
{{- $groups := splitList (contains ":" . | ternary ":" ".") . -}}
{{- if eq (len $halves) 2 -}}
{{- $before := empty (first $halves) | ternary list (splitList ":" (first $halves)) -}}
{{- $after := empty (last $halves) | ternary list (splitList ":" (last $halves)) -}}
{{- range until (concat $before $after | len | sub 8 | max 1 | int) -}}
{{- $before = append $before "0" -}}
{{- end -}}
{{- $groups = concat $before $after -}}
{{- end -}}
{{- toJson $groups -}}
{{- end }}
