{{/* What values may not say together. Each refusal tells what to do; what a value alone may be is in values.schema.json. */}}

{{- define "shadowbench.checks" -}}
{{- include "shadowbench.checkConfig" . }}
{{- include "shadowbench.checkMode" . }}
{{- include "shadowbench.checkEnv" . }}
{{- include "shadowbench.checkNames" . }}
{{- include "shadowbench.checkReplicas" . }}
{{- include "shadowbench.checkRoom" . }}
{{- include "shadowbench.checkScrape" . }}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.egress) }}
{{- fail "networkPolicy.egress is empty: name where production, candidates and judges are, or nothing reaches them (docs/kubernetes.md)" }}
{{- end }}
{{- include "shadowbench.checkBypass" . }}
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
{{- fail "mode scorer is for a store that many pods share, which this version of shadowbench does not have: the store is SQLite: a file in each pod, which the scorer beside it scores. Use mode gateway or sidecar with scorer.enabled" }}
{{- end }}
{{- else if .Values.store.existingSecret.name }}
{{- fail "store.existingSecret is for mode scorer: in the other modes every pod keeps its own log" }}
{{- end }}
{{- if and (eq .Values.mode "scorer") .Values.persistence.enabled }}
{{- fail "persistence.enabled is for mode gateway: in mode scorer the pods keep no log" }}
{{- end }}
{{- $bypass := .Values.service.bypass }}
{{- if and (eq .Values.mode "scorer") (or $bypass.enabled $bypass.selector $bypass.externalName) }}
{{- fail "service.bypass is for mode gateway: in mode scorer no clients come through the pods" }}
{{- end }}
{{- if eq .Values.mode "sidecar" }}
{{- if or $bypass.enabled $bypass.selector $bypass.externalName }}
{{- fail "service.bypass is for mode gateway, which has a Service: in mode sidecar there is sidecar.bypass" }}
{{- end }}
{{- if .Values.networkPolicy.enabled }}
{{- fail "networkPolicy.enabled is for pods of the chart's own: in mode sidecar the pods are yours, and a NetworkPolicy of yours selects them" }}
{{- end }}
{{- if .Values.autoscaling.enabled }}
{{- fail "autoscaling.enabled is for pods of the chart's own: in mode sidecar your own autoscaler scales them" }}
{{- end }}
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

{{/* A key that stands twice is refused by some readers of YAML, and the last one taken by others: a selector would miss its pods. */}}
{{- define "shadowbench.checkNames" -}}
{{- $labels := include "shadowbench.ownLabels" . | fromYaml }}
{{- include "shadowbench.checkKeys" (dict "place" "commonLabels" "given" .Values.commonLabels "taken" $labels) }}
{{- $labels = merge $labels (default dict .Values.commonLabels) }}
{{- $metrics := .Values.metrics }}
{{- range $place, $given := dict
  "podLabels" .Values.podLabels
  "metrics.podMonitor.labels" $metrics.podMonitor.labels
  "metrics.serviceMonitor.labels" $metrics.serviceMonitor.labels
  "metrics.prometheusRule.labels" $metrics.prometheusRule.labels
  "metrics.dashboards.labels" $metrics.dashboards.labels }}
{{- include "shadowbench.checkKeys" (dict "place" $place "given" $given "taken" $labels) }}
{{- end }}
{{- include "shadowbench.checkKeys" (dict "place" "podAnnotations" "given" .Values.podAnnotations "taken" (dict "kubectl.kubernetes.io/default-container" 1 "checksum/config" 1)) }}
{{- $volumes := dict "shadowbench-config" 1 "shadowbench-run" 1 "shadowbench-log" 1 "shadowbench-tmp" 1 }}
{{- range .Values.extraVolumes }}
{{- include "shadowbench.checkKeys" (dict "place" "extraVolumes" "given" (dict .name 1) "taken" $volumes) }}
{{- $_ := set $volumes .name 1 }}
{{- end }}
{{- end }}

{{- define "shadowbench.checkKeys" -}}
{{- range $key, $_ := default dict .given }}
{{- if hasKey $.taken $key }}
{{- fail (printf "%s has %s, which is there already: give it another name, or leave it out" $.place $key) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The operator leaves out a monitor whose scrapes may take longer than the time between them. */}}
{{- define "shadowbench.checkScrape" -}}
{{- $metrics := .Values.metrics }}
{{- if gt (include "shadowbench.milliseconds" $metrics.scrapeTimeout | int64) (include "shadowbench.milliseconds" $metrics.interval | int64) }}
{{- fail (printf "metrics.scrapeTimeout (%s) is above metrics.interval (%s), and Prometheus would scrape nothing: set it at most as high" $metrics.scrapeTimeout $metrics.interval) }}
{{- end }}
{{- end }}

{{/* Of a duration as Prometheus writes it: 1m30s. */}}
{{- define "shadowbench.milliseconds" -}}
{{- $sum := 0 }}
{{- range regexFindAll "[0-9]+(ms|[smh])" . -1 }}
{{- $sum = add $sum (mul (regexFind "^[0-9]+" . | int64) (get (dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000) (regexFind "[a-z]+$" .))) }}
{{- end }}
{{- $sum }}
{{- end }}
