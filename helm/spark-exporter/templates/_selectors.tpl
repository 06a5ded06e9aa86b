{{/* A label selector as a flag has it (a=b,c!=d,e in (f,g),h,!i), as the object of Kubernetes' API. */}}
{{- define "spark-exporter.labelSelector" -}}
{{- $expressions := list -}}
{{- range regexFindAll "(?:[^,(]|\\([^)]*\\))+" . -1 -}}
{{- $one := trim . -}}
{{- $expression := dict -}}
{{- if regexMatch "\\s(?:not)?in\\s*\\(" $one -}}
{{- $operator := regexMatch "\\snotin\\s*\\(" $one | ternary "NotIn" "In" -}}
{{- $values := regexFind "\\([^)]*\\)" $one | trimAll "()" | nospace | splitList "," -}}
{{- $expression = dict "key" (regexFind "^\\S+" $one) "operator" $operator "values" $values -}}
{{- else if contains "=" $one -}}
{{- $operator := contains "!=" $one | ternary "NotIn" "In" -}}
{{- $parts := regexSplit "\\s*(?:!=|==?)\\s*" $one 2 -}}
{{- $expression = dict "key" (first $parts) "operator" $operator "values" (list (last $parts)) -}}
{{- else if hasPrefix "!" $one -}}
{{- $expression = dict "key" (trimPrefix "!" $one | trim) "operator" "DoesNotExist" -}}
{{- else -}}
{{- $expression = dict "key" $one "operator" "Exists" -}}
{{- end -}}
{{- $expressions = append $expressions $expression -}}
{{- end -}}
{{- dict "matchExpressions" $expressions | toYaml -}}
{{- end }}

{{- define "spark-exporter.isLabelSelector" -}}
{{- $key := "([A-Za-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?" -}}
{{- $value := "([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?" -}}
{{- $equal := printf "\\s*(==?|!=)\\s*%s" $value -}}
{{- $in := printf "\\s+(in|notin)\\s*\\(\\s*%s(\\s*,\\s*%s)*\\s*\\)" $value $value -}}
{{- $one := printf "\\s*(!\\s*%s|%s(%s|%s)?)\\s*" $key $key $equal $in -}}
{{- if regexMatch (printf "^%s(,%s)*$" $one $one) . }}true{{ end -}}
{{- end }}
