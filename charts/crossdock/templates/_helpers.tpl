{{/* Name of the chart's objects: all begin with it. */}}
{{- define "crossdock.name" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride }}
{{- else if contains $name .Release.Name }}{{ .Release.Name }}
{{- else }}{{ printf "%s-%s" .Release.Name $name }}
{{- end }}
{{- end }}

{{/*
What runs, as YAML: by component, its settings (`default` and what is said of it alone), and
  object    name of its objects
  serves    the services that it runs; the operator runs none
*/}}
{{- define "crossdock.workloads" -}}
{{- $name := include "crossdock.name" . }}
{{- $workloads := dict }}
{{- if eq .Values.mode "all-in-one" }}
  {{- $known := dict "object" $name "serves" (keys .Values.services | sortAlpha) "replicas" 1 }}
  {{- $_ := set $workloads "all-in-one" (mergeOverwrite (deepCopy .Values.default) (deepCopy .Values.allInOne) $known) }}
{{- else }}
  {{- range $service, $own := .Values.services }}
    {{- $known := dict "object" (printf "%s-%s" $name $service) "serves" (list $service) }}
    {{- $settings := mergeOverwrite (deepCopy $.Values.default) (deepCopy (default dict $own)) $known }}
    {{- $_ := set $workloads $service (mergeOverwrite (dict "replicas" 2) $settings) }}
  {{- end }}
{{- end }}
{{- if .Values.operator.enabled }}
  {{- $known := dict "object" (printf "%s-operator" $name) "serves" list "autoscaling" (dict "enabled" false) }}
  {{- $_ := set $workloads "operator" (mergeOverwrite (deepCopy .Values.default) (deepCopy .Values.operator) $known) }}
{{- end }}
{{- toYaml $workloads }}
{{- end }}

{{/* Name of the Service by which a service is called: (dict "root" $ "service" NAME). */}}
{{- define "crossdock.host" -}}
{{- $name := include "crossdock.name" .root }}
{{- if eq .root.Values.mode "all-in-one" }}{{ $name }}{{ else }}{{ printf "%s-%s" $name .service }}{{ end }}
{{- end }}

{{/* Name of the Service by which the operator calls governance. */}}
{{- define "crossdock.policyHost" -}}
{{ include "crossdock.name" . }}-policy
{{- end }}

{{/* What selects the pods of a component: (dict "root" $ "component" NAME). */}}
{{- define "crossdock.selector" -}}
{{ include "crossdock.release" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* What selects all pods of the release. */}}
{{- define "crossdock.release" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of pods, in which a new version of the chart alone changes nothing: (dict "root" $ "component" NAME ["more" LABELS]). */}}
{{- define "crossdock.podLabels" -}}
{{ include "crossdock.selector" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | trunc 63 | trimAll "._-" | quote }}
app.kubernetes.io/part-of: crossdock
{{- with merge (dict) (default dict .more) .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of an object: (dict "root" $ "component" NAME ["more" LABELS]). */}}
{{- define "crossdock.labels" -}}
{{ include "crossdock.podLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "crossdock.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}
{{- else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end }}
{{- end }}
{{- end }}

{{/* The Secret with a component's certificate: (dict "root" $ "component" NAME "object" NAME). */}}
{{- define "crossdock.certificate" -}}
{{- if and (eq .component "operator") .root.Values.operator.tls.secret }}{{ .root.Values.operator.tls.secret }}
{{- else if .root.Values.tls.secret }}{{ .root.Values.tls.secret }}
{{- else }}{{ .object }}-tls
{{- end }}
{{- end }}

{{/* By which names a component is called: its Services, from everywhere in the cluster. (dict "root" $ "component" NAME "workload" SETTINGS) */}}
{{- define "crossdock.dnsNames" -}}
{{- $hosts := list .workload.object (printf "%s-headless" .workload.object) }}
{{- if and .root.Values.operator.enabled (has "governance" .workload.serves) }}
{{- $hosts = append $hosts (include "crossdock.policyHost" .root) }}
{{- end }}
{{- range $host := $hosts }}
- {{ $host }}
- {{ $host }}.{{ $.root.Release.Namespace }}
- {{ $host }}.{{ $.root.Release.Namespace }}.svc
- {{ $host }}.{{ $.root.Release.Namespace }}.svc.cluster.local
{{- end }}
{{- with .root.Values.tls.dnsNames }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* An address to listen on: (dict "root" $ "port" NUMBER). */}}
{{- define "crossdock.listen" -}}
{{- $address := .root.Values.listenAddress }}
{{- if contains ":" $address }}{{ printf "[%s]:%d" $address .port }}{{ else }}{{ printf "%s:%d" $address .port }}{{ end }}
{{- end }}

{{/* Which contracts a service answers, besides OperationsService, which each has: their gRPC names. */}}
{{- define "crossdock.contracts" -}}
governance: [crossdock.governance.v1.RecordService, crossdock.governance.v1.GovernanceService]
master-data: [crossdock.masterdata.v1.RecordService]
demand-signal: [crossdock.demand.v1.RecordService, crossdock.demand.v1.DemandService]
recommendation-writeback: [crossdock.writeback.v1.RecordService, crossdock.writeback.v1.WritebackService]
execution-feedback: [crossdock.execution.v1.RecordService, crossdock.execution.v1.ExecutionService]
{{- end }}
