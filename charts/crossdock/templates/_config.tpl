{{/* The configuration file of a component: (dict "root" $ "component" NAME "workload" SETTINGS). docs: README.md, Configuration. */}}
{{- define "crossdock.config" -}}
{{- $values := .root.Values }}
{{- $serves := .workload.serves }}
{{- if $serves -}}
listen: {{ include "crossdock.listen" (dict "root" .root "port" 7400) | quote }}
{{ end -}}
health: {{ include "crossdock.listen" (dict "root" .root "port" 7402) | quote }}
log: {{ .workload.log | quote }}
telemetry:
  metrics: {{ include "crossdock.listen" (dict "root" .root "port" 7401) | quote }}
  {{- with $values.telemetry.otlp }}
  otlp: {{ . | quote }}
  sample: {{ $values.telemetry.sample }}
  logs: {{ $values.telemetry.logs }}
  {{- end }}
tls:
  certificate: /etc/crossdock/tls/tls.crt
  key: /etc/crossdock/tls/tls.key
  authorities: /etc/crossdock/tls/ca.crt
  {{- if $serves }}
  client_authorities: /etc/crossdock/tls/ca.crt
  require_client_certificate: {{ $values.tls.requireClientCertificate }}
  {{- end }}
stop:
  notice_seconds: {{ .workload.stop.noticeSeconds }}
  drain_seconds: {{ .workload.stop.drainSeconds }}
{{- if not $serves }}
peers:
  governance: https://{{ include "crossdock.policyHost" .root }}:7400
{{- else }}
data_dir: /var/lib/crossdock
{{- with .workload.limits }}
limits:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if has "governance" $serves }}
{{- if $values.policy.file }}
policy: /etc/crossdock/policy/policy.yaml
{{- end }}
{{- if $values.operator.enabled }}
await_policy: true
{{- end }}
{{- end }}
{{- if eq $values.mode "production" }}
peers:
  {{- range $service, $_ := $values.services }}
  {{- if not (has $service $serves) }}
  {{ $service }}: https://{{ include "crossdock.host" (dict "root" $.root "service" $service) }}:7400
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
