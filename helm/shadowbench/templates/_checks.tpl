{{/* What values may not say together. Each refusal tells what to do; what a value alone may be is in values.schema.json. */}}

{{- define "shadowbench.checks" -}}
{{- include "shadowbench.checkConfig" . }}
{{- include "shadowbench.checkHeaders" . }}
{{- include "shadowbench.checkMode" . }}
{{- include "shadowbench.checkReplicas" . }}
{{- include "shadowbench.checkRoom" . }}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.egress) }}
{{- fail "networkPolicy.egress is empty: name where production, candidates and judges are, or nothing reaches them (docs/kubernetes.md)" }}
{{- end }}
{{- include "shadowbench.checkBypass" . }}
{{- end }}

{{/* The chart sets these by environment, alike for every container; a value in the file would be without effect. */}}
{{- define "shadowbench.checkConfig" -}}
{{- $config := .Values.config }}
{{- if not .Values.existingConfigMap.name }}
{{- if not (dig "production" "url" "" $config) }}
{{- fail "config.production.url is required: the gateway or model server whose answers clients get, e.g. http://litellm:4000" }}
{{- end }}
{{- range $key, $instead := dict
  "proxy.listen" "listenHost and the fixed port 8080"
  "proxy.drain_delay_s" "drain.delaySeconds"
  "proxy.drain_timeout_s" "drain.timeoutSeconds"
  "admin.listen" "listenHost and the fixed ports 9464, 9474 and 9484"
  "control.listen" "the fixed ports 9465 and 9475 on loopback, reached by kubectl exec or port-forward"
  "store.url" "persistence, or in mode scorer store.existingSecret"
  "runtime.folder" "nothing: the containers share an emptyDir" }}
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

{{- define "shadowbench.checkBypass" -}}
{{- $bypass := .Values.service.bypass }}
{{- if and $bypass.enabled (not $bypass.selector) (not $bypass.externalName) }}
{{- fail "service.bypass.selector is empty: give the labels of production's pods, which the Service then selects, or externalName" }}
{{- end }}
{{- if and $bypass.selector $bypass.externalName }}
{{- fail "service.bypass has selector and externalName: the Service leads either to pods beside it, or to a name elsewhere" }}
{{- end }}
{{- if and .Values.sidecar.bypass (ne .Values.mode "sidecar") }}
{{- fail "sidecar.bypass is for mode sidecar: in mode gateway there is service.bypass" }}
{{- end }}
{{- if and .Values.sidecar.bypass (not (dig "production" "url" "" .Values.config)) }}
{{- fail "sidecar.bypass needs config.production.url: it is where clients are led" }}
{{- end }}
{{- end }}

{{- define "shadowbench.checkMode" -}}
{{- if eq .Values.mode "scorer" }}
{{- if not .Values.store.existingSecret.name }}
{{- fail "mode scorer scores a store that many pods share, and the store is SQLite: a file in each pod, which the scorer beside it scores. Use mode gateway or sidecar with scorer.enabled, or name the Secret with a PostgreSQL URL in store.existingSecret" }}
{{- end }}
{{- else if .Values.store.existingSecret.name }}
{{- fail "store.existingSecret is for mode scorer: in the other modes every pod keeps its own log" }}
{{- end }}
{{- if eq .Values.mode "sidecar" }}
{{- if .Values.persistence.enabled }}
{{- fail "persistence.enabled is for mode gateway: in mode sidecar give your own pod a volume and its name in persistence.volumeName" }}
{{- end }}
{{- if .Values.metrics.serviceMonitor.enabled }}
{{- fail "metrics.serviceMonitor needs a Service, and mode sidecar has none: use metrics.podMonitor" }}
{{- end }}
{{- if and .Values.sidecar.native (semverCompare "<1.29.0-0" .Capabilities.KubeVersion.Version) }}
{{- fail "sidecar.native needs Kubernetes 1.29: set sidecar.native to false" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "shadowbench.checkReplicas" -}}
{{- $most := .Values.replicas | int }}
{{- if .Values.autoscaling.enabled }}{{ $most = .Values.autoscaling.maxReplicas | int }}
{{- if gt (.Values.autoscaling.minReplicas | int) $most }}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas" }}
{{- end }}
{{- end }}
{{- if and (eq .Values.mode "gateway") (gt $most 1) (not .Values.acceptLogPerPod) }}
{{- fail (printf "%d replicas write %d pair logs, one SQLite file each: a report reads one of them, or their exports together. Set acceptLogPerPod to true if that is what you want, or run one replica" $most $most) }}
{{- end }}
{{- end }}

{{/* A pod whose emptyDir grows beyond its limit is evicted, and production's proxy with it: retention must come first. */}}
{{- define "shadowbench.checkRoom" -}}
{{- if and (ne .Values.mode "scorer") (not .Values.existingConfigMap.name) (not .Values.persistence.volumeName) }}
{{- $size := ternary .Values.persistence.size .Values.persistence.emptyDirSizeLimit .Values.persistence.enabled }}
{{- $unit := get (dict "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776) (regexFind "[MGT]i$" $size) }}
{{- $room := mul (regexFind "^[0-9]+" $size | int64) $unit }}
{{- $most := dig "store" "retention" "max_bytes" 0 .Values.config | int64 }}
{{- if or (not $most) (gt (mul $most 10) (mul $room 8)) }}
{{- fail (printf "config.store.retention.max_bytes must be set, and at most 80 %% of the pair log's room (%s, %d bytes): the WAL needs the rest, and a pod that fills an emptyDir is evicted" $size $room) }}
{{- end }}
{{- end }}
{{- end }}
