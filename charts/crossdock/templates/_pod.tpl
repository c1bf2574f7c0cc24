{{/* A pod of a component, from its metadata on: (dict "root" $ "component" NAME "workload" SETTINGS). */}}
{{- define "crossdock.pod" -}}
{{- $values := .root.Values }}
{{- $workload := .workload }}
{{- $isOperator := eq .component "operator" }}
{{- $embedded := and $workload.serves (eq $values.mode "all-in-one") }}
{{- $policy := and (has "governance" $workload.serves) $values.policy.file -}}
metadata:
  labels:
    {{- include "crossdock.podLabels" (merge (dict "more" $workload.podLabels) .) | nindent 4 }}
  annotations:
    # Not of the policy and not of certificates: the process sees to those itself.
    checksum/config: {{ include "crossdock.config" . | sha256sum }}
    {{- with $workload.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ $workload.object }}
  {{- include "crossdock.podSecurity" (dict "root" .root "token" $isOperator) | nindent 2 }}
  terminationGracePeriodSeconds: {{ add $workload.stop.noticeSeconds $workload.stop.drainSeconds 15 }}
  {{- if gt (int $workload.replicas) 1 }}
  {{- include "crossdock.spread" . | nindent 2 }}
  {{- end }}
  {{- with $workload.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $workload.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $workload.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: crossdock
      {{- include "crossdock.container" .root | nindent 6 }}
      args:
        {{- if $isOperator }}
        - operator
        - run
        {{- else }}
        - serve
        {{- if eq $values.mode "production" }}
        - {{ .component }}
        {{- end }}
        {{- end }}
        - --config=/etc/crossdock/config/crossdock.yaml
      env:
        {{- if $isOperator }}
        - name: CROSSDOCK_NAMESPACE
          valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
        {{- else if $embedded }}
        # The root is read-only, and SQLite wants a place for what it sorts.
        - { name: SQLITE_TMPDIR, value: /var/lib/crossdock }
        {{- else }}
        {{- include "crossdock.database" .root | nindent 8 }}
        {{- end }}
        {{- with include "crossdock.trustEnv" .root }}
        {{- . | nindent 8 }}
        {{- end }}
      ports:
        {{- if $workload.serves }}
        - { name: grpc, containerPort: 7400 }
        {{- end }}
        - { name: metrics, containerPort: 7401 }
        - { name: health, containerPort: 7402 }
      # `liveness` serves as long as the process answers; the whole (no name) when its store answers and the policy is known. So a database that is
      # away takes pods out of their Services, and kills none.
      startupProbe:
        grpc: { port: 7402, service: liveness }
        periodSeconds: 1
        timeoutSeconds: 3
        failureThreshold: 120
      livenessProbe:
        grpc: { port: 7402, service: liveness }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        grpc: { port: 7402 }
        periodSeconds: 2
        timeoutSeconds: 3
        failureThreshold: 2
      resources:
        {{- toYaml $workload.resources | nindent 8 }}
      volumeMounts:
        # Folders as a whole, never single files of them: those would not be seen to change.
        - { name: config, mountPath: /etc/crossdock/config, readOnly: true }
        - { name: tls, mountPath: /etc/crossdock/tls, readOnly: true }
        {{- if $policy }}
        - { name: policy, mountPath: /etc/crossdock/policy, readOnly: true }
        {{- end }}
        {{- if $embedded }}
        - { name: data, mountPath: /var/lib/crossdock }
        {{- end }}
        {{- with include "crossdock.trustMount" .root }}
        {{- . | nindent 8 }}
        {{- end }}
  volumes:
    - name: config
      configMap: { name: {{ $workload.object }} }
    - name: tls
      # Readable by the group of the pod, and by nobody else.
      secret: { secretName: {{ include "crossdock.certificate" (dict "root" .root "component" .component "object" $workload.object) }}, defaultMode: 0440 }
    {{- if $policy }}
    - name: policy
      configMap: { name: {{ include "crossdock.name" .root }}-policy }
    {{- end }}
    {{- if $embedded }}
    - name: data
      persistentVolumeClaim: { claimName: {{ $values.persistence.existingClaim | default $workload.object }} }
    {{- end }}
    {{- with include "crossdock.trustVolume" .root }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end }}

{{/* What every pod of the chart may not, and where its image comes from: (dict "root" $ "token" BOOL). */}}
{{- define "crossdock.podSecurity" -}}
automountServiceAccountToken: {{ .token }}
# Services would show up as variables of the environment, CROSSDOCK_… among them.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .root.Values.runAsUser }}
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  {{- end }}
  {{- with .root.Values.fsGroup }}
  fsGroup: {{ . }}
  fsGroupChangePolicy: OnRootMismatch
  {{- end }}
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* What every container of the chart is and may not. */}}
{{- define "crossdock.container" -}}
image: {{ include "crossdock.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* The variable with the database's URL. */}}
{{- define "crossdock.database" -}}
- name: CROSSDOCK_DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.database.secret }}, key: {{ .Values.database.key }} } }
{{- end }}

{{/* Authorities of the database, of issuers, of webhooks. */}}
{{- define "crossdock.trustEnv" -}}
{{- if or .Values.trust.configMap .Values.trust.secret -}}
- { name: SSL_CERT_FILE, value: /etc/crossdock/trust/{{ .Values.trust.key }} }
{{- end }}
{{- end }}

{{- define "crossdock.trustMount" -}}
{{- if or .Values.trust.configMap .Values.trust.secret -}}
- { name: trust, mountPath: /etc/crossdock/trust, readOnly: true }
{{- end }}
{{- end }}

{{- define "crossdock.trustVolume" -}}
{{- with .Values.trust.configMap -}}
- name: trust
  configMap: { name: {{ . }} }
{{- end }}
{{- with .Values.trust.secret -}}
- name: trust
  secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- end }}

{{/* Replicas apart from one another: zones by topology spread, nodes by anti-affinity. (dict "root" $ "component" NAME "workload" SETTINGS) */}}
{{- define "crossdock.spread" -}}
{{- $spread := .workload.spread }}
{{- $pods := include "crossdock.selector" . -}}
{{- if ne $spread.zones "none" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: {{ eq $spread.zones "hard" | ternary "DoNotSchedule" "ScheduleAnyway" }}
    labelSelector:
      matchLabels:
        {{- $pods | nindent 8 }}
    # The pods of before, which are on their way out, do not count.
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- if eq $spread.nodes "hard" }}
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- $pods | nindent 12 }}
{{- else if eq $spread.nodes "soft" }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- $pods | nindent 14 }}
{{- end }}
{{- end }}
