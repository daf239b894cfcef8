{{/* What `config` may say in this chart. `shadowbench validate` of the same version checks the rest. */}}

{{/* The chart sets some keys by environment, alike for every container; a value in the file would be without effect. */}}
{{- define "shadowbench.checkConfig" -}}
{{- $config := .Values.config }}
{{- if not .Values.existingConfigMap.name }}
{{- if not (dig "production" "url" "" $config) }}
{{- fail "config.production.url is required: the gateway or model server whose answers clients get, e.g. http://litellm:4000" }}
{{- end }}
{{- range $key, $instead := include "shadowbench.ownKeys" . | fromYaml }}
{{- $parts := splitList "." $key }}
{{- if hasKey (default dict (get $config (index $parts 0))) (index $parts 1) }}
{{- fail (printf "config.%s is set by the chart: leave it out; instead there is %s" $key $instead) }}
{{- end }}
{{- end }}
{{- range (concat (splitList "," (include "shadowbench.keysOfMirror" .)) (splitList "," (include "shadowbench.keysOfScorer" .)) (splitList "," (include "shadowbench.keysOfControl" .))) }}
{{- if and . (not (hasKey $.Values.apiKeys .)) }}
{{- fail (printf "config names the environment variable %s: say in apiKeys.%s which Secret holds it, as in {name: llm-keys, key: small}" . .) }}
{{- end }}
{{- end }}
{{- include "shadowbench.checkHeaders" . }}
{{- include "shadowbench.checkUrls" (dict "place" "config" "value" $config) }}
{{- end }}
{{- end }}

{{/* The ConfigMap is read by everybody who may read objects: a credential does not belong there. */}}
{{- define "shadowbench.checkHeaders" -}}
{{- $places := dict }}
{{- range $name, $candidate := (dig "candidates" dict .Values.config) }}
{{- $_ := set $places (printf "candidates.%s" $name) (default dict (get (default dict $candidate) "headers")) }}
{{- end }}
{{- range $name, $judge := (dig "scoring" "judges" dict .Values.config) }}
{{- $_ := set $places (printf "scoring.judges.%s.endpoint" $name) (default dict (dig "endpoint" "headers" dict (default dict $judge))) }}
{{- end }}
{{- $_ := set $places "telemetry.otlp" (default dict (dig "telemetry" "otlp" "headers" dict .Values.config)) }}
{{- range $place, $headers := $places }}
{{- range $header, $value := $headers }}
{{- if regexMatch "(?i)^((proxy-)?authorization|cookie|(.*[-_])?(api-?key|token|secret|password))$" $header }}
{{- fail (printf "config.%s.headers has %s, and would be written into a ConfigMap: name the variable with the key in api_key_env (headers_env of telemetry.otlp), or set all headers in the container's env from a Secret (docs/kubernetes.md)" $place $header) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* `value`, and all within it: a URL with a user before the host, or with a key in its query. It is not repeated. */}}
{{- define "shadowbench.checkUrls" -}}
{{- $place := .place }}
{{- if kindIs "map" .value }}
{{- range $name, $value := .value }}
{{- include "shadowbench.checkUrls" (dict "place" (printf "%s.%s" $place $name) "value" $value) }}
{{- end }}
{{- else if kindIs "slice" .value }}
{{- range $number, $value := .value }}
{{- include "shadowbench.checkUrls" (dict "place" (printf "%s[%d]" $place $number) "value" $value) }}
{{- end }}
{{- else if kindIs "string" .value }}
{{- if regexMatch "(?i)^[a-z][a-z0-9+.-]*://([^/?#\\s]*@|[^\\s]*[?&]([^=&\\s]*[-_])?(key|token|secret|password|sig|signature)=)" (trim .value) }}
{{- fail (printf "%s has a credential in its URL, and would be written into a ConfigMap: name the variable with the key in api_key_env (egress_proxy_auth_env of an egress_proxy); an export's come by mirror.envFrom or serviceAccount.annotations" $place) }}
{{- end }}
{{- end }}
{{- end }}
