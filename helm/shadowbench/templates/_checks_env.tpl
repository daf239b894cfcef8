{{/* Variables beside those that the chart sets. Kubernetes takes the last of a name: a second one would win, without a word. */}}

{{/* Keys that the chart sets for every container, and what there is instead. */}}
{{- define "shadowbench.ownKeys" -}}
proxy.listen: listenHost and the fixed port 8080
proxy.drain_delay_s: drain.delaySeconds
proxy.drain_timeout_s: drain.timeoutSeconds
admin.listen: listenHost and the fixed ports 9464, 9474 and 9484
control.listen: the fixed ports 9465 and 9475 on loopback, reached by kubectl exec or port-forward
store.url: persistence, or in mode scorer store.existingSecret
runtime.folder: "nothing: the containers share an emptyDir"
{{- end }}

{{/* Keys that the chart reads in `config`: what it renders follows from them. */}}
{{- define "shadowbench.readKeys" -}}
- production.url
- proxy.tls.cert_file
- scoring.enabled
- store.export.url
- store.retention.max_bytes
{{- end }}

{{- define "shadowbench.variableOf" -}}
SHADOWBENCH_{{ . | replace "." "__" | upper }}
{{- end }}

{{- define "shadowbench.checkEnv" -}}
{{- range $role := splitList "," (include "shadowbench.roles" .) }}
{{- $own := include "shadowbench.ownEnv" (dict "root" $ "role" $role) | fromYamlArray }}
{{- $taken := dict }}
{{- range $own }}{{ $_ := set $taken (upper .name) true }}{{ end }}
{{- range (get $.Values $role).env }}
{{- $name := upper .name }}
{{- include "shadowbench.checkVariable" (dict "root" $ "place" (printf "%s.env" $role) "name" .name) }}
{{- if hasKey $taken $name }}
{{- fail (printf "%s.env names %s, which is there already: the chart sets it (apiKeys, secret.existingSecret), or it stands there twice. Leave it out" $role .name) }}
{{- end }}
{{- $_ := set $taken $name true }}
{{- end }}
{{- end }}
{{- end }}

{{/* `root`, `place`, `name`. Names of variables are the same in small letters; a variable of a group holds its keys as JSON. */}}
{{- define "shadowbench.checkVariable" -}}
{{- $name := upper .name }}
{{- $place := .place }}
{{- range $key, $instead := include "shadowbench.ownKeys" . | fromYaml }}
{{- if eq $name (include "shadowbench.variableOf" $key) }}
{{- fail (printf "%s names %s, which is set by the chart: leave it out; instead there is %s" $place $name $instead) }}
{{- end }}
{{- end }}
{{- if not .root.Values.existingConfigMap.name }}
{{- range $key := include "shadowbench.readKeys" . | fromYamlArray }}
{{- if hasPrefix (printf "%s__" $name) (printf "%s__" (include "shadowbench.variableOf" $key)) }}
{{- fail (printf "%s names %s: set config.%s instead, because the chart reads it there" $place $name $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
