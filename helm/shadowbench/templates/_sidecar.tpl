{{/*
What other charts include, with this one as a dependency (values under `shadowbench:`, mode sidecar):

  metadata:
    labels:      {{- include "shadowbench.sidecar.labels" .Subcharts.shadowbench | nindent 8 }}
    annotations: {{- include "shadowbench.sidecar.annotations" .Subcharts.shadowbench | nindent 8 }}
  spec:
    terminationGracePeriodSeconds: {{ include "shadowbench.terminationGracePeriodSeconds" .Subcharts.shadowbench }}
    initContainers: {{- include "shadowbench.sidecar.initContainers" .Subcharts.shadowbench | nindent 8 }}
    containers:     {{- include "shadowbench.sidecar.containers" .Subcharts.shadowbench | nindent 8 }}
      and where clients connect: {{ include "shadowbench.sidecar.url" .Subcharts.shadowbench }}/v1
    volumes:        {{- include "shadowbench.sidecar.volumes" .Subcharts.shadowbench | nindent 8 }}

Both lists of containers may be included always: the one that sidecar.native does not choose is empty. With sidecar.bypass both
are, and the volumes; the address is then production's.
*/}}

{{- define "shadowbench.sidecar.initContainers" -}}
{{- include "shadowbench.checkSidecar" . }}
{{- if and .Values.sidecar.native (not .Values.sidecar.bypass) }}
{{- range splitList "," (include "shadowbench.roles" .) }}
- {{ include "shadowbench.container" (dict "root" $ "role" . "native" true) | nindent 2 | trim }}
{{- end }}
{{- end }}
{{- end }}

{{- define "shadowbench.sidecar.containers" -}}
{{- include "shadowbench.checkSidecar" . }}
{{- if not (or .Values.sidecar.native .Values.sidecar.bypass) }}
{{- range reverse (splitList "," (include "shadowbench.roles" .)) }}
- {{ include "shadowbench.container" (dict "root" $ "role" . "native" false) | nindent 2 | trim }}
{{- end }}
{{- end }}
{{- end }}

{{- define "shadowbench.sidecar.volumes" -}}
{{- if not .Values.sidecar.bypass }}
{{ include "shadowbench.volumes" . }}
{{- end }}
{{- end }}

{{/* Where the pod's own containers connect: the proxy beside them, or production. Without the path of an API. */}}
{{- define "shadowbench.sidecar.url" -}}
{{- if .Values.sidecar.bypass }}
{{- .Values.config.production.url | trimSuffix "/" }}
{{- else }}
{{- include "shadowbench.scheme" . }}://{{ ternary "[::1]" "127.0.0.1" (eq .Values.listenHost "[::]") }}:8080
{{- end }}
{{- end }}

{{/* By which the PodMonitor finds the pods. */}}
{{- define "shadowbench.sidecar.labels" -}}
shadowbench-sidecar: {{ include "shadowbench.fullname" . }}
{{- end }}

{{- define "shadowbench.sidecar.annotations" -}}
{{ include "shadowbench.checksum" . }}
{{- end }}

{{- define "shadowbench.checkSidecar" -}}
{{- if ne .Values.mode "sidecar" }}
{{- fail "a pod includes shadowbench's containers, but its mode is not sidecar: set shadowbench.mode to sidecar" }}
{{- end }}
{{- include "shadowbench.checks" . }}
{{- end }}
