{{/* The pod of modes gateway and scorer. */}}

{{- define "shadowbench.podTemplate" -}}
{{- include "shadowbench.checks" . -}}
metadata:
  labels:
    {{- include "shadowbench.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: {{ ternary "scorer" "proxy" (eq .Values.mode "scorer") }}
    {{- include "shadowbench.checksum" . | nindent 4 }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "shadowbench.serviceAccountName" . }}
  automountServiceAccountToken: false
  # A Service named shadowbench would set SHADOWBENCH_… variables.
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  terminationGracePeriodSeconds: {{ include "shadowbench.terminationGracePeriodSeconds" . }}
  containers:
    {{- range reverse (splitList "," (include "shadowbench.roles" .)) }}
    - {{ include "shadowbench.container" (dict "root" $ "role" . "native" false) | nindent 6 | trim }}
    {{- end }}
  volumes:
    {{- include "shadowbench.volumes" . | nindent 4 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- if .Values.topologySpreadConstraints }}
    {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
    {{- else }}
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "shadowbench.selectorLabels" . | nindent 10 }}
    {{- end }}
{{- end }}

{{/* Pods are replaced when the configuration changes; without it, `shadowbench control reload` applies what can change live. */}}
{{- define "shadowbench.checksum" -}}
{{- if .Values.rollOnConfigChange -}}
checksum/config: {{ toJson .Values.config | sha256sum }}
{{- else -}}
checksum/config: "off"
{{- end }}
{{- end }}
