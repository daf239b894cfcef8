{{/* The environment variables with credentials that the configuration names: who needs which. Comma-separated. */}}

{{- define "shadowbench.keysOfMirror" -}}
{{- $names := list (dig "mirror" "repeats" "production_api_key_env" "" .Values.config) }}
{{- $names = concat $names (values (default dict (dig "telemetry" "otlp" "headers_env" dict .Values.config))) }}
{{- range $name, $candidate := (dig "candidates" dict .Values.config) }}
{{- $candidate = default dict $candidate }}
{{- $names = concat $names (list (get $candidate "api_key_env") (get $candidate "egress_proxy_auth_env")) }}
{{- end }}
{{- $names | compact | uniq | sortAlpha | join "," }}
{{- end }}

{{- define "shadowbench.keysOfScorer" -}}
{{- $names := list }}
{{- range $name, $judge := (dig "scoring" "judges" dict .Values.config) }}
{{- $names = append $names (dig "endpoint" "api_key_env" "" (default dict $judge)) }}
{{- end }}
{{- $names | compact | uniq | sortAlpha | join "," }}
{{- end }}

{{- define "shadowbench.keysOfControl" -}}
{{- list (dig "control" "token_env" "" .Values.config) | compact | join "," }}
{{- end }}

{{/* Of one role (`role`, `root`). What a container does not need it does not get. A configuration that the chart cannot see
     may name any key: then mirror and scorer get them all, and the proxy none. */}}
{{- define "shadowbench.keysOf" -}}
{{- if .root.Values.existingConfigMap.name }}
{{- if ne .role "proxy" }}{{ keys .root.Values.apiKeys | sortAlpha | join "," }}{{ end }}
{{- else }}
{{- $names := list }}
{{- if eq .role "mirror" }}{{ $names = splitList "," (include "shadowbench.keysOfMirror" .root) }}{{ end }}
{{- if eq .role "scorer" }}{{ $names = splitList "," (include "shadowbench.keysOfScorer" .root) }}{{ end }}
{{- if ne .role "scorer" }}{{ $names = concat $names (splitList "," (include "shadowbench.keysOfControl" .root)) }}{{ end }}
{{- $names | compact | uniq | join "," }}
{{- end }}
{{- end }}
