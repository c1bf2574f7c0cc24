{{/* A rule of a NetworkPolicy: these peers (none: anywhere) at these ports. (dict "to" LIST "ports" LIST) */}}
{{- define "crossdock.egress.to" -}}
- ports:
    {{- range .ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "crossdock.egress.dns" -}}
- ports:
    {{- range .Values.networkPolicy.dns.ports }}
    - { protocol: UDP, port: {{ . }} }
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
  {{- with .Values.networkPolicy.dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The services of the release, or the one that is named: (list $ [NAME]). */}}
{{- define "crossdock.egress.services" -}}
{{- $root := first . -}}
- ports: [{ protocol: TCP, port: 7400 }]
  to:
    - podSelector:
        matchLabels:
          {{- include "crossdock.release" $root | nindent 10 }}
          {{- if and (rest .) (eq $root.Values.mode "production") }}
          app.kubernetes.io/component: {{ last . }}
          {{- end }}
{{- end }}

{{/* The port of a URL, as its scheme has it if it says none. */}}
{{- define "crossdock.portOf" -}}
{{- $url := urlParse . -}}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (eq $url.scheme "https" | ternary "443" "80") }}
{{- end }}
