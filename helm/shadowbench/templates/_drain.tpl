{{/* How long a pod may take to leave. */}}

{{/* In the proxy: preStop, then delay (new requests still taken), then timeout (running ones finish).
     In the mirror, which begins at the same time: it outlasts the proxy, finishes its calls (26 s after the proxy's deadline),
     then its recorder writes what is left (28 s), then the exporter ships it (33 s). A test adds the same up from the code. */}}
{{- define "shadowbench.terminationGracePeriodSeconds" -}}
{{- $drain := .Values.drain }}
{{- $after := 13 }}
{{- if ne .Values.mode "scorer" }}
{{- $after = add $drain.preStopSeconds $drain.delaySeconds $drain.timeoutSeconds 26 28 }}
{{- if or .Values.existingConfigMap.name (dig "store" "export" "url" "" .Values.config) }}{{ $after = add $after 33 }}{{ end }}
{{- end }}
{{- add $after 10 }}
{{- end }}

{{/* Before SIGTERM, so that endpoints are withdrawn before anything changes. The mirror waits as long, so that it outlasts the
     proxy. Kubernetes sleeps by itself from 1.30 on. */}}
{{- define "shadowbench.lifecycle" -}}
{{- with .Values.drain.preStopSeconds }}
preStop:
  {{- if semverCompare ">=1.30.0-0" $.Capabilities.KubeVersion.Version }}
  sleep:
    seconds: {{ . }}
  {{- else }}
  exec:
    command: [sleep, {{ . | quote }}]
  {{- end }}
{{- end }}
{{- end }}
