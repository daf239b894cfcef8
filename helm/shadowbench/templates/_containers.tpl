{{/* One container per role, so that each has its own limits: an out-of-memory kill of the mirror leaves the proxy alone. */}}

{{/* `root`, `role`, `native`: whether it is an init container that Kubernetes restarts. */}}
{{- define "shadowbench.container" -}}
{{- $root := .root -}}
{{- $own := get $root.Values .role -}}
name: {{ include "shadowbench.containerName" . }}
image: {{ include "shadowbench.image" $root }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
{{- if .native }}
restartPolicy: Always
{{- end }}
command: [shadowbench]
args: [{{ ternary "score" .role (eq .role "scorer") }}, -c, /etc/shadowbench/shadowbench.yaml]
# `kubectl exec … -- shadowbench report` finds the configuration here.
workingDir: /etc/shadowbench
env:
  {{- include "shadowbench.env" . | nindent 2 }}
{{- with $own.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  {{- if eq .role "proxy" }}
  - name: http
    containerPort: 8080
  {{- end }}
  - name: admin-{{ .role }}
    containerPort: {{ include "shadowbench.adminPort" .role }}
{{ include "shadowbench.probes" . }}
{{- if and (ne .role "scorer") (not .native) }}
{{- with include "shadowbench.lifecycle" $root | trim }}
lifecycle:
  {{- . | nindent 2 }}
{{- end }}
{{- end }}
resources:
  {{- toYaml $own.resources | nindent 2 }}
securityContext:
  {{- toYaml $root.Values.securityContext | nindent 2 }}
volumeMounts:
  {{- include "shadowbench.volumeMounts" . | nindent 2 }}
{{- end }}

{{/* In pods of others they say whose they are. */}}
{{- define "shadowbench.containerName" -}}
{{- if eq .root.Values.mode "sidecar" }}shadowbench-{{ end }}{{ .role }}
{{- end }}

{{- define "shadowbench.env" -}}
{{ include "shadowbench.ownEnv" . }}
{{- with (get .root.Values .role).env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "shadowbench.ownEnv" -}}
{{- $values := .root.Values -}}
- name: SHADOWBENCH_PROXY__LISTEN
  value: {{ printf "%s:8080" (ternary (ternary "[::1]" "127.0.0.1" (eq $values.listenHost "[::]")) $values.listenHost (and (eq $values.mode "sidecar") $values.sidecar.loopback)) | quote }}
- name: SHADOWBENCH_PROXY__DRAIN_DELAY_S
  value: {{ $values.drain.delaySeconds | quote }}
- name: SHADOWBENCH_PROXY__DRAIN_TIMEOUT_S
  value: {{ $values.drain.timeoutSeconds | quote }}
# Probes and Prometheus come from outside of the pod.
- name: SHADOWBENCH_ADMIN__LISTEN
  value: {{ printf "%s:%s" $values.listenHost (include "shadowbench.adminPort" .role) | quote }}
- name: SHADOWBENCH_CONTROL__LISTEN
  value: {{ get (dict "proxy" "127.0.0.1:9465" "mirror" "127.0.0.1:9475" "scorer" "null") .role | quote }}
- name: SHADOWBENCH_RUNTIME__FOLDER
  value: /run/shadowbench/handoff
- name: SHADOWBENCH_STORE__URL
  {{- if eq $values.mode "scorer" }}
  valueFrom:
    secretKeyRef:
      name: {{ $values.store.existingSecret.name }}
      key: {{ $values.store.existingSecret.key }}
  {{- else }}
  value: sqlite:////var/lib/shadowbench/pairs.db
  {{- end }}
{{- if eq .role "mirror" }}
# Scores are made next door: the mirror needs no judge's key.
- name: SHADOWBENCH_SCORING__ENABLED
  value: "false"
{{- with dig "store" "export" "url" "" $values.config }}
# Files are named by times and numbers that other pods' logs have, too: each pod has a folder of its own.
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: SHADOWBENCH_STORE__EXPORT__URL
  value: {{ printf "%s/$(POD_NAME)" (trimSuffix "/" .) | quote }}
{{- end }}
{{- with $values.secret.existingSecret }}
{{- if .name }}
- name: SHADOWBENCH_SECRET
  valueFrom:
    secretKeyRef:
      name: {{ .name }}
      key: {{ .key }}
{{- end }}
{{- end }}
{{- end }}
{{- range $variable := splitList "," (include "shadowbench.keysOf" .) | compact }}
{{- $key := get $values.apiKeys $variable }}
- name: {{ $variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $key.name }}
      key: {{ $key.key }}
{{- end }}
{{- end }}

{{/* Nothing here asks whether a candidate, a judge or the disk is well: that is no reason to take production's proxy away.
     For the same reason mirror and scorer have no readiness probe, and are given two minutes before they are started again. */}}
{{- define "shadowbench.probes" -}}
{{- $port := printf "admin-%s" .role -}}
{{- if eq .role "proxy" -}}
startupProbe:
  httpGet:
    path: /readyz
    port: {{ $port }}
  periodSeconds: 1
  failureThreshold: 60
readinessProbe:
  httpGet:
    path: /readyz
    port: {{ $port }}
  periodSeconds: 5
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet:
    path: /livez
    port: {{ $port }}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- else -}}
livenessProbe:
  httpGet:
    path: /livez
    port: {{ $port }}
  initialDelaySeconds: 30
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
{{- end }}
{{- end }}

{{- define "shadowbench.volumeMounts" -}}
{{- $values := .root.Values -}}
- name: shadowbench-config
  mountPath: /etc/shadowbench
  readOnly: true
{{- if ne $values.mode "scorer" }}
- name: shadowbench-run
  mountPath: /run/shadowbench
{{- end }}
{{- if ne .role "proxy" }}
- name: {{ include "shadowbench.logVolume" .root }}
  mountPath: /var/lib/shadowbench
- name: shadowbench-tmp
  mountPath: /tmp
{{- end }}
{{- with concat (default list $values.extraVolumeMounts) (default list (get $values .role).extraVolumeMounts) }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "shadowbench.logVolume" -}}
{{- default "shadowbench-log" .Values.persistence.volumeName }}
{{- end }}

{{/* emptyDirs are removed with the pod. The handoff socket lies in a folder of 0700 within one; the pair log's is beside it,
     unless a claim or a volume of the pod's own takes its place. */}}
{{- define "shadowbench.volumes" -}}
- name: shadowbench-config
  configMap:
    name: {{ include "shadowbench.configMapName" . }}
    items:
      - key: {{ .Values.existingConfigMap.key }}
        path: shadowbench.yaml
{{- if ne .Values.mode "scorer" }}
- name: shadowbench-run
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- end }}
{{- if not (or .Values.persistence.volumeName (eq (include "shadowbench.kind" .) "StatefulSet")) }}
- name: shadowbench-log
  emptyDir:
    sizeLimit: {{ .Values.persistence.emptyDirSizeLimit }}
{{- end }}
- name: shadowbench-tmp
  emptyDir:
    sizeLimit: 2Gi
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
