{{/* Names, labels, the image. Ports and container names are fixed: docs/kubernetes.md documents them, alerts and runbooks use them. */}}

{{- define "shadowbench.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "shadowbench.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "shadowbench.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "shadowbench.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "shadowbench.selectorLabels" -}}
app.kubernetes.io/name: {{ include "shadowbench.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .Values.mode }}
{{- end }}

{{- define "shadowbench.ownLabels" -}}
{{ include "shadowbench.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: shadowbench
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "shadowbench.labels" -}}
{{ include "shadowbench.ownLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "shadowbench.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "shadowbench.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "shadowbench.configMapName" -}}
{{- default (printf "%s-config" (include "shadowbench.fullname" .)) .Values.existingConfigMap.name }}
{{- end }}

{{- define "shadowbench.image" -}}
{{- $image := .Values.image }}
{{- if not $image.repository }}
{{- fail "image.repository is required: where your copy of the image lies, e.g. registry.example.com/shadowbench" }}
{{- end }}
{{- if $image.digest }}
{{- printf "%s@%s" $image.repository $image.digest }}
{{- else }}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}

{{/* Roles of a pod of this mode, in the order in which native sidecars start; they stop in the reverse one: the proxy first. */}}
{{- define "shadowbench.roles" -}}
{{- $roles := list }}
{{- if and .Values.scorer.enabled (dig "scoring" "enabled" true .Values.config) }}{{ $roles = append $roles "scorer" }}{{ end }}
{{- if eq .Values.mode "scorer" }}{{ $roles = list "scorer" }}{{ else }}{{ $roles = concat $roles (list "mirror" "proxy") }}{{ end }}
{{- join "," $roles }}
{{- end }}

{{- define "shadowbench.adminPort" -}}
{{- get (dict "proxy" "9464" "mirror" "9474" "scorer" "9484") . }}
{{- end }}

{{/* Deployment, or StatefulSet where each pod has a volume of its own. */}}
{{- define "shadowbench.kind" -}}
{{- if and (eq .Values.mode "gateway") .Values.persistence.enabled }}StatefulSet{{ else }}Deployment{{ end }}
{{- end }}

{{/* What leads clients around shadowbench in one command. */}}
{{- define "shadowbench.bypassPatch" -}}
{{- $bypass := .Values.service.bypass }}
{{- if $bypass.externalName }}
{{- list (dict "op" "replace" "path" "/spec/type" "value" "ExternalName") (dict "op" "add" "path" "/spec/externalName" "value" $bypass.externalName) (dict "op" "remove" "path" "/spec/selector") | toJson }}
{{- else }}
{{- list (dict "op" "replace" "path" "/spec/selector" "value" $bypass.selector) (dict "op" "replace" "path" "/spec/ports/0/targetPort" "value" $bypass.targetPort) | toJson }}
{{- end }}
{{- end }}

{{/* What clients speak: https with certificates of one's own. */}}
{{- define "shadowbench.scheme" -}}
{{- ternary "https" "http" (not (empty (dig "proxy" "tls" "cert_file" "" .Values.config))) }}
{{- end }}

{{/* Where reports are made: beside the scorer, for a report of a large log that runs out of memory takes its container along. */}}
{{- define "shadowbench.reporter" -}}
{{- ternary "scorer" "mirror" (has "scorer" (splitList "," (include "shadowbench.roles" .))) }}
{{- end }}
