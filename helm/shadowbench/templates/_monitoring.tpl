{{/* `helm test`, which a network policy has to admit. */}}
{{- define "shadowbench.testPeer" -}}
- podSelector:
    matchLabels:
      shadowbench-test: {{ include "shadowbench.fullname" . }}
{{- end }}

{{- define "shadowbench.scrape" -}}
path: /metrics
interval: {{ .Values.metrics.interval }}
scrapeTimeout: {{ .Values.metrics.scrapeTimeout }}
{{- with .Values.metrics.relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.metrics.metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
