{{- /* Written by `python -m dashboards` from dashboards/rules. Do not edit. */}}
{{- define "spark-exporter.rules" -}}
{{- $rules := .Values.rules -}}
groups:
  - name: spark-recording
    rules:
      - record: app:spark_app_end_timestamp_seconds:retried
        expr: |-
          spark_app_end_timestamp_seconds < on (namespace, app_name) group_left () max by (namespace, app_name) (spark_app_start_timestamp_seconds and on (namespace, app_id) (spark_app_state{state=~"waiting|running|completed"} == 1))
      - record: app:spark_app_tasks:rate5m
        expr: |-
          sum without (status) (rate(spark_app_tasks_total[5m]))
      - record: app:spark_app_failed_tasks:ratio_rate5m
        expr: |-
          sum without (status) (rate(spark_app_tasks_total{status="failed"}[5m])) / (sum without (status) (rate(spark_app_tasks_total{status=~"failed|succeeded"}[5m])) > 0)
      - record: app:spark_app_executor_run_time:rate5m
        expr: |-
          rate(spark_app_executor_run_time_seconds_total[5m])
      - record: app:spark_app_jvm_gc_time:ratio_rate5m
        expr: |-
          rate(spark_app_jvm_gc_time_seconds_total[5m]) / (app:spark_app_executor_run_time:rate5m > 0)
      - record: app:spark_executor_task_slots:sum
        expr: |-
          sum without (executor_id) (spark_executor_task_slots)
      - record: app:spark_executor_tasks_active:sum
        expr: |-
          sum without (executor_id) (spark_executor_tasks_active)
      - record: app:spark_executor_task_slots_used:ratio
        expr: |-
          app:spark_executor_tasks_active:sum / (app:spark_executor_task_slots:sum > 0)
      - record: app_executor:spark_executor_task_gc_time:ratio_rate5m
        expr: |-
          rate(spark_executor_task_gc_time_seconds_total[5m]) / (rate(spark_executor_task_time_seconds_total[5m]) > 0)
      - record: app_executor:spark_executor_jvm_heap_used:ratio
        expr: |-
          sum without (area) (spark_executor_jvm_memory_used_bytes{area="heap"}) / sum without (area) (spark_executor_jvm_memory_max_bytes{area="heap"})
      - record: app_executor:spark_container_memory_working_set:ratio
        expr: |-
          spark_container_memory_working_set_bytes / spark_container_memory_limit_bytes
      - record: app_executor:spark_process_python_memory:ratio
        expr: |-
          sum without (role) (spark_process_resident_memory_bytes{role="python"}) / (spark_container_memory_limit_bytes - sum without (role) (spark_process_resident_memory_bytes{role!="python"}) > 0)
      - record: query:spark_streaming_trigger_duration:rate5m
        expr: |-
          rate(spark_streaming_trigger_duration_seconds_total[5m])
      - record: query:spark_streaming_state_rows:sum
        expr: |-
          sum without (operator, operator_name) (spark_streaming_state_rows)
      - record: query:spark_streaming_source_backlog_offsets:sum
        expr: |-
          sum without (source, source_name) (spark_streaming_source_backlog_offsets)
      - record: collector:spark_exporter_source_failures:ratio_rate5m
        expr: |-
          sum without (reason) (rate(spark_exporter_source_failures_total[5m])) / (rate(spark_exporter_source_attempts_total[5m]) > 0)
      - record: app_metric:spark_custom_counter:sum
        expr: |-
          label_replace(sum by (job, instance, namespace, app_id, app_name, __name__) ({__name__=~"spark_custom_.+_total"}), "metric", "$1", "__name__", "(.+)")
{{- if or $rules.alerts.SparkApplicationFailed.enabled $rules.alerts.SparkApplicationLost.enabled $rules.alerts.SparkApplicationWaiting.enabled $rules.alerts.SparkApplicationNotProgressing.enabled $rules.alerts.SparkJobsFailing.enabled $rules.alerts.SparkDriverOverloaded.enabled $rules.alerts.SparkListenerBusDroppingEvents.enabled $rules.alerts.SparkCustomMetricStalled.enabled }}
  - name: spark-application
    rules:
{{- with $rules.alerts.SparkApplicationFailed }}
{{- if .enabled }}
      - alert: SparkApplicationFailed
        expr: |-
          max without (job, instance) (last_over_time(spark_app_end_timestamp_seconds[{{ $rules.windows.end_window }}]) - last_over_time(spark_app_start_timestamp_seconds[{{ $rules.windows.end_window }}]) and ignoring (state) (last_over_time(spark_app_state{state="failed"}[{{ $rules.windows.end_window }}]) == 1) and (last_over_time(spark_app_end_timestamp_seconds[{{ $rules.windows.end_window }}]) > time() - {{ include "spark-exporter.seconds" $rules.windows.end_window }}) unless on (namespace, app_id) app:spark_app_end_timestamp_seconds:retried)
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A Spark application has failed."
          description: |-
            {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) has failed after {{ "{{" }} $value | humanizeDuration }}. Look at the driver's log for the exception, and at the last jobs and stages on its dashboard.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkApplicationFailed.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkApplicationLost }}
{{- if .enabled }}
      - alert: SparkApplicationLost
        expr: |-
          max without (job, instance) (last_over_time(spark_app_end_timestamp_seconds[{{ $rules.windows.end_window }}]) - last_over_time(spark_app_start_timestamp_seconds[{{ $rules.windows.end_window }}]) and ignoring (state) (last_over_time(spark_app_state{state="lost"}[{{ $rules.windows.end_window }}]) == 1) and (last_over_time(spark_app_end_timestamp_seconds[{{ $rules.windows.end_window }}]) > time() - {{ include "spark-exporter.seconds" $rules.windows.end_window }}) and ignoring (version) spark_exporter_plugin_info)
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The driver of a Spark application is gone without a word."
          description: |-
            {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) ran for {{ "{{" }} $value | humanizeDuration }} until its driver was killed or cut off. Ask the cluster manager what became of the driver, and look at its memory before that.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkApplicationLost.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkApplicationWaiting }}
{{- if .enabled }}
      - alert: SparkApplicationWaiting
        expr: |-
          max without (job, instance) (time() - spark_app_state_timestamp_seconds and ignoring (state) (spark_app_state{state="waiting"} == 1) and spark_app_jobs_active > 0)
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A Spark application has jobs, but no executors."
          description: |-
            {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) has waited for its first executor for {{ "{{" }} $value | humanizeDuration }}. Look at the free resources of the cluster and of the application's queue or quota.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkApplicationWaiting.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkApplicationNotProgressing }}
{{- if .enabled }}
      - alert: SparkApplicationNotProgressing
        expr: |-
          max without (job, instance) (min_over_time(spark_app_jobs_active[5m]) > 0 and on (namespace, app_id) last_over_time(spark_app_tasks_total[5m]) unless on (namespace, app_id) (app:spark_app_tasks:rate5m > 0) unless on (namespace, app_id) last_over_time(spark_app_end_timestamp_seconds[5m]) unless on (namespace, app_id) (last_over_time(spark_app_state{state="waiting"}[5m]) == 1) unless on (namespace, app_id) (last_over_time(spark_dstream_receivers{state="active"}[5m]) > 0))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The jobs of a Spark application make no progress."
          description: |-
            {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) has {{ "{{" }} $value | humanize }} active jobs, but none of its tasks ends. Look at the thread dumps of executors with active tasks, and for locks and slow sources outside of Spark.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkApplicationNotProgressing.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkJobsFailing }}
{{- if .enabled }}
      - alert: SparkJobsFailing
        expr: |-
          max without (job, instance) (sum without (result) ((spark_app_jobs_total{result="failed"} - on (namespace, app_id, app_name, result) group_left () (max by (namespace, app_id, app_name, result) (spark_app_jobs_total{result="failed"} offset {{ $rules.windows.job_window }}) or max by (namespace, app_id, app_name, result) (last_over_time(spark_app_jobs_total{result="failed"}[1h] offset {{ $rules.windows.job_window }})) or max by (namespace, app_id, app_name, result) (0 * spark_app_jobs_total{result="failed"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.job_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.job_window }}) or max by (namespace, app_id, app_name, result) (min_over_time(spark_app_jobs_total{result="failed"}[{{ $rules.windows.job_window }}]))))) / sum without (result) ((spark_app_jobs_total - on (namespace, app_id, app_name, result) group_left () (max by (namespace, app_id, app_name, result) (spark_app_jobs_total offset {{ $rules.windows.job_window }}) or max by (namespace, app_id, app_name, result) (last_over_time(spark_app_jobs_total[1h] offset {{ $rules.windows.job_window }})) or max by (namespace, app_id, app_name, result) (0 * spark_app_jobs_total) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.job_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.job_window }}) or max by (namespace, app_id, app_name, result) (min_over_time(spark_app_jobs_total[{{ $rules.windows.job_window }}]))))) >= {{ $rules.thresholds.job_failure_ratio | float64 | printf "%.12g" }} and sum without (result) ((spark_app_jobs_total{result="failed"} - on (namespace, app_id, app_name, result) group_left () (max by (namespace, app_id, app_name, result) (spark_app_jobs_total{result="failed"} offset {{ $rules.windows.job_window }}) or max by (namespace, app_id, app_name, result) (last_over_time(spark_app_jobs_total{result="failed"}[1h] offset {{ $rules.windows.job_window }})) or max by (namespace, app_id, app_name, result) (0 * spark_app_jobs_total{result="failed"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.job_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.job_window }}) or max by (namespace, app_id, app_name, result) (min_over_time(spark_app_jobs_total{result="failed"}[{{ $rules.windows.job_window }}]))))) >= {{ $rules.thresholds.job_failures | float64 | printf "%.12g" }} unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "Many jobs of a Spark application fail."
          description: |-
            {{ "{{" }} $value | humanizePercentage }} of the latest jobs of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) have failed. Look at the reasons on the page Jobs of its UI.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkJobsFailing.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkDriverOverloaded }}
{{- if .enabled }}
      - alert: SparkDriverOverloaded
        expr: |-
          max without (job, instance) (max without (percentile) (spark_driver_dag_scheduler_message_processing_time_seconds{percentile="95"}) > {{ $rules.thresholds.scheduler_message_seconds | float64 | printf "%.12g" }} and rate(spark_driver_dag_scheduler_messages_total[5m]) > 0)
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The scheduler of a Spark driver is too slow."
          description: |-
            The 95th percentile of one message of the DAG scheduler of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) takes {{ "{{" }} $value | humanizeDuration }}, and all scheduling waits for it. Look at the driver's CPU, its garbage collection and the number of tasks in its stages.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkDriverOverloaded.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkListenerBusDroppingEvents }}
{{- if .enabled }}
      - alert: SparkListenerBusDroppingEvents
        expr: |-
          max without (job, instance) ((spark_driver_listener_bus_queue_dropped_events_total - on (namespace, app_id, app_name, queue) group_left () (max by (namespace, app_id, app_name, queue) (spark_driver_listener_bus_queue_dropped_events_total offset {{ $rules.windows.events_window }}) or max by (namespace, app_id, app_name, queue) (last_over_time(spark_driver_listener_bus_queue_dropped_events_total[1h] offset {{ $rules.windows.events_window }})) or max by (namespace, app_id, app_name, queue) (0 * spark_driver_listener_bus_queue_dropped_events_total) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.events_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.events_window }}) or max by (namespace, app_id, app_name, queue) (min_over_time(spark_driver_listener_bus_queue_dropped_events_total[{{ $rules.windows.events_window }}])))) > 0 unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A Spark driver loses events."
          description: |-
            The queue {{ "{{" }} $labels.queue }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) has lost {{ "{{" }} $value | humanize }} events. The UI, the event log or dynamic allocation is wrong from now on. Look at the processing time of its listeners.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkListenerBusDroppingEvents.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkCustomMetricStalled }}
{{- if .enabled }}
      - alert: SparkCustomMetricStalled
        expr: |-
          max without (job, instance) (max_over_time(app_metric:spark_custom_counter:sum[{{ $rules.windows.custom_stall_window }}]) - min_over_time(app_metric:spark_custom_counter:sum[{{ $rules.windows.custom_moving_window }}] offset {{ $rules.windows.custom_stall_window }}) > 0 and increase(app_metric:spark_custom_counter:sum[{{ $rules.windows.custom_stall_window }}]) == 0 and count_over_time((increase(app_metric:spark_custom_counter:sum[{{ $rules.windows.custom_stall_window }}]) > 0)[{{ $rules.windows.custom_moving_window }}:{{ $rules.windows.custom_stall_window }}] offset {{ $rules.windows.custom_stall_window }}) > {{ include "spark-exporter.seconds" $rules.windows.custom_moving_window }} / {{ include "spark-exporter.seconds" $rules.windows.custom_stall_window }} - 1 and on (job, instance, namespace, app_id, app_name) app:spark_app_tasks:rate5m > 0 unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A custom counter of a Spark application has stopped."
          description: |-
            {{ "{{" }} $labels.metric }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) has grown by {{ "{{" }} $value | humanize }} not long ago, and now stands still while tasks go on. Look at what the code that counts is waiting for.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkCustomMetricStalled.md
{{- end }}
{{- end }}
{{- end }}
{{- if or $rules.alerts.SparkExecutorsLost.enabled $rules.alerts.SparkExecutorOutOfMemory.enabled $rules.alerts.SparkExecutorsMissing.enabled $rules.alerts.SparkExecutorsIdle.enabled }}
  - name: spark-executor
    rules:
{{- with $rules.alerts.SparkExecutorsLost }}
{{- if .enabled }}
      - alert: SparkExecutorsLost
        expr: |-
          max without (job, instance) (sum without (reason) ((spark_app_executor_removals_total{reason!~"killed|decommissioned"} - on (namespace, app_id, app_name, reason) group_left () (max by (namespace, app_id, app_name, reason) (spark_app_executor_removals_total{reason!~"killed|decommissioned"} offset {{ $rules.windows.loss_window }}) or max by (namespace, app_id, app_name, reason) (last_over_time(spark_app_executor_removals_total{reason!~"killed|decommissioned"}[1h] offset {{ $rules.windows.loss_window }})) or max by (namespace, app_id, app_name, reason) (0 * spark_app_executor_removals_total{reason!~"killed|decommissioned"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.loss_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.loss_window }}) or max by (namespace, app_id, app_name, reason) (min_over_time(spark_app_executor_removals_total{reason!~"killed|decommissioned"}[{{ $rules.windows.loss_window }}]))))) >= {{ $rules.thresholds.executors_lost | float64 | printf "%.12g" }} unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A Spark application loses executors too often."
          description: |-
            {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) has lost {{ "{{" }} $value | humanize }} executors that nobody sent away. Look at the reasons on its dashboard and at the nodes that they ran on.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExecutorsLost.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExecutorOutOfMemory }}
{{- if .enabled }}
      - alert: SparkExecutorOutOfMemory
        expr: |-
          max without (job, instance) ((sum without (reason) ((spark_app_executor_removals_total{reason="oom"} - on (namespace, app_id, app_name, reason) group_left () (max by (namespace, app_id, app_name, reason) (spark_app_executor_removals_total{reason="oom"} offset {{ $rules.windows.oom_window }}) or max by (namespace, app_id, app_name, reason) (last_over_time(spark_app_executor_removals_total{reason="oom"}[1h] offset {{ $rules.windows.oom_window }})) or max by (namespace, app_id, app_name, reason) (0 * spark_app_executor_removals_total{reason="oom"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.oom_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.oom_window }}) or max by (namespace, app_id, app_name, reason) (min_over_time(spark_app_executor_removals_total{reason="oom"}[{{ $rules.windows.oom_window }}]))))) > 0 or max without (executor_id) (spark_container_oom_kills_total - min_over_time(spark_container_oom_kills_total[{{ $rules.windows.oom_window }}])) > 0) unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "Executors of a Spark application are killed for lack of memory."
          description: |-
            Killed for lack of memory in {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}): {{ "{{" }} $value | humanize }}, executors or processes in their containers. Look at heap, Python and container memory on its dashboard before the kill.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExecutorOutOfMemory.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExecutorsMissing }}
{{- if .enabled }}
      - alert: SparkExecutorsMissing
        expr: |-
          max without (job, instance) (spark_driver_dynamic_allocation_target_executors - spark_app_executors > 0 and spark_driver_dynamic_allocation_max_needed_executors > spark_app_executors or spark_app_requested_executors - spark_app_executors > 0 and spark_app_jobs_active > 0)
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A Spark application does not get the executors that its tasks need."
          description: |-
            {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) lacks {{ "{{" }} $value | humanize }} of the executors that it has asked for. Look at the free resources of the cluster, at quotas and at executors that fail to start.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExecutorsMissing.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExecutorsIdle }}
{{- if .enabled }}
      - alert: SparkExecutorsIdle
        expr: |-
          max without (job, instance) (app:spark_executor_task_slots_used:ratio < {{ $rules.thresholds.idle_slots_used_ratio | float64 | printf "%.12g" }} and app:spark_executor_task_slots:sum >= {{ $rules.thresholds.idle_task_slots | float64 | printf "%.12g" }})
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A Spark application holds executors that have nothing to do."
          description: |-
            Only {{ "{{" }} $value | humanizePercentage }} of the task slots of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) are used. Look at what the driver does meanwhile, and whether dynamic allocation is on.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExecutorsIdle.md
{{- end }}
{{- end }}
{{- end }}
{{- if or $rules.alerts.SparkTaskFailureRateHigh.enabled $rules.alerts.SparkFetchFailures.enabled $rules.alerts.SparkStageSkewed.enabled $rules.alerts.SparkStageStraggling.enabled }}
  - name: spark-stage
    rules:
{{- with $rules.alerts.SparkTaskFailureRateHigh }}
{{- if .enabled }}
      - alert: SparkTaskFailureRateHigh
        expr: |-
          max without (job, instance) (sum without (status) ((spark_app_tasks_total{status="failed"} - on (namespace, app_id, app_name, status) group_left () (max by (namespace, app_id, app_name, status) (spark_app_tasks_total{status="failed"} offset {{ $rules.windows.failure_window }}) or max by (namespace, app_id, app_name, status) (last_over_time(spark_app_tasks_total{status="failed"}[1h] offset {{ $rules.windows.failure_window }})) or max by (namespace, app_id, app_name, status) (0 * spark_app_tasks_total{status="failed"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.failure_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.failure_window }}) or max by (namespace, app_id, app_name, status) (min_over_time(spark_app_tasks_total{status="failed"}[{{ $rules.windows.failure_window }}]))))) / sum without (status) ((spark_app_tasks_total{status=~"failed|succeeded"} - on (namespace, app_id, app_name, status) group_left () (max by (namespace, app_id, app_name, status) (spark_app_tasks_total{status=~"failed|succeeded"} offset {{ $rules.windows.failure_window }}) or max by (namespace, app_id, app_name, status) (last_over_time(spark_app_tasks_total{status=~"failed|succeeded"}[1h] offset {{ $rules.windows.failure_window }})) or max by (namespace, app_id, app_name, status) (0 * spark_app_tasks_total{status=~"failed|succeeded"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.failure_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.failure_window }}) or max by (namespace, app_id, app_name, status) (min_over_time(spark_app_tasks_total{status=~"failed|succeeded"}[{{ $rules.windows.failure_window }}]))))) > {{ $rules.thresholds.task_failure_ratio | float64 | printf "%.12g" }} and sum without (status) ((spark_app_tasks_total{status="failed"} - on (namespace, app_id, app_name, status) group_left () (max by (namespace, app_id, app_name, status) (spark_app_tasks_total{status="failed"} offset {{ $rules.windows.failure_window }}) or max by (namespace, app_id, app_name, status) (last_over_time(spark_app_tasks_total{status="failed"}[1h] offset {{ $rules.windows.failure_window }})) or max by (namespace, app_id, app_name, status) (0 * spark_app_tasks_total{status="failed"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.failure_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.failure_window }}) or max by (namespace, app_id, app_name, status) (min_over_time(spark_app_tasks_total{status="failed"}[{{ $rules.windows.failure_window }}]))))) >= {{ $rules.thresholds.task_failures | float64 | printf "%.12g" }} unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "Many tasks of a Spark application fail."
          description: |-
            {{ "{{" }} $value | humanizePercentage }} of the latest attempts at tasks of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) have failed. Look at the reasons on its dashboard, and whether they are all on one executor or node.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkTaskFailureRateHigh.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkFetchFailures }}
{{- if .enabled }}
      - alert: SparkFetchFailures
        expr: |-
          max without (job, instance) (sum without (reason) ((spark_app_task_failures_total{reason="FetchFailed"} - on (namespace, app_id, app_name, reason) group_left () (max by (namespace, app_id, app_name, reason) (spark_app_task_failures_total{reason="FetchFailed"} offset {{ $rules.windows.fetch_window }}) or max by (namespace, app_id, app_name, reason) (last_over_time(spark_app_task_failures_total{reason="FetchFailed"}[1h] offset {{ $rules.windows.fetch_window }})) or max by (namespace, app_id, app_name, reason) (0 * spark_app_task_failures_total{reason="FetchFailed"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.fetch_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.fetch_window }}) or max by (namespace, app_id, app_name, reason) (min_over_time(spark_app_task_failures_total{reason="FetchFailed"}[{{ $rules.windows.fetch_window }}]))))) >= {{ $rules.thresholds.fetch_failures | float64 | printf "%.12g" }} unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "Tasks of a Spark application cannot fetch shuffle data."
          description: |-
            {{ "{{" }} $value | humanize }} tasks of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) could not fetch shuffle data, and stages are run again for it. Look for executors and nodes that were lost, and at the network.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkFetchFailures.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkStageSkewed }}
{{- if .enabled }}
      - alert: SparkStageSkewed
        expr: |-
          max without (job, instance) (spark_stage_task_run_time_skew_ratio > {{ $rules.thresholds.stage_skew_ratio | float64 | printf "%.12g" }} and ignoring (percentile) (spark_stage_task_run_time_seconds{percentile="100"} >= {{ $rules.thresholds.stage_skewed_task_seconds | float64 | printf "%.12g" }}))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The tasks of a Spark stage differ too much."
          description: |-
            Stage {{ "{{" }} $labels.stage_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) has a task that took {{ "{{" }} $value | humanize }} times as long as the median. Look at the shuffle read and the input of its tasks, by percentile, for keys that are too frequent.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkStageSkewed.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkStageStraggling }}
{{- if .enabled }}
      - alert: SparkStageStraggling
        expr: |-
          max without (job, instance) (spark_stage_progress_ratio >= {{ $rules.thresholds.straggler_progress_ratio | float64 | printf "%.12g" }} and ignoring (state) (spark_stage_tasks{state="active"} > 0) and ignoring (state) (spark_stage_tasks{state="completed"} - spark_stage_tasks{state="completed"} offset {{ $rules.windows.straggler_window }} == 0) and ignoring (percentile) ({{ $rules.thresholds.straggler_task_ratio | float64 | printf "%.12g" }} * spark_stage_task_run_time_seconds{percentile="75"} < {{ include "spark-exporter.seconds" $rules.windows.straggler_window }}))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A Spark stage waits for its last tasks."
          description: |-
            Stage {{ "{{" }} $labels.stage_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) is done to {{ "{{" }} $value | humanizePercentage }}, and its last tasks take far longer than the others. Look at the executors that they run on, and at the size of their input.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkStageStraggling.md
{{- end }}
{{- end }}
{{- end }}
{{- if or $rules.alerts.SparkStreamingFallingBehind.enabled $rules.alerts.SparkStreamingBacklogGrowing.enabled $rules.alerts.SparkStreamingStalled.enabled $rules.alerts.SparkStreamingTerminated.enabled $rules.alerts.SparkStreamingRestarting.enabled $rules.alerts.SparkStreamingStateGrowing.enabled $rules.alerts.SparkStreamingWatermarkStuck.enabled $rules.alerts.SparkDstreamFallingBehind.enabled }}
  - name: spark-streaming
    rules:
{{- with $rules.alerts.SparkStreamingFallingBehind }}
{{- if .enabled }}
      - alert: SparkStreamingFallingBehind
        expr: |-
          max without (job, instance) (avg_over_time(spark_streaming_input_rows_per_second[{{ $rules.windows.behind_window }}]) / (avg_over_time(spark_streaming_processed_rows_per_second[{{ $rules.windows.behind_window }}]) > 0) > {{ $rules.thresholds.streaming_input_ratio | float64 | printf "%.12g" }} unless spark_streaming_query_active == 0 unless spark_streaming_query_idle_since_timestamp_seconds)
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A streaming query processes less than arrives."
          description: |-
            The query {{ "{{" }} or $labels.query_name $labels.query_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) gets {{ "{{" }} $value | humanize }} times as many rows as it processes. Look at the phases of its batches, at skew and spill in its stages, and for more executors.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkStreamingFallingBehind.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkStreamingBacklogGrowing }}
{{- if .enabled }}
      - alert: SparkStreamingBacklogGrowing
        expr: |-
          max without (job, instance) (query:spark_streaming_source_backlog_offsets:sum >= {{ $rules.thresholds.streaming_backlog_offsets | float64 | printf "%.12g" }} and deriv(query:spark_streaming_source_backlog_offsets:sum[{{ $rules.windows.backlog_window }}]) > 0 unless (query:spark_streaming_source_backlog_offsets:sum / (rate(spark_streaming_input_rows_total[{{ $rules.windows.backlog_window }}]) > 0) <= {{ $rules.thresholds.streaming_catch_up_seconds | float64 | printf "%.12g" }}) unless spark_streaming_query_active == 0)
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The backlog of a streaming query grows."
          description: |-
            The query {{ "{{" }} or $labels.query_name $labels.query_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) is {{ "{{" }} $value | humanize }} offsets behind its sources, and falls back further. Look at the rows that it processes a second against what arrives, and at the limit of rows per trigger.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkStreamingBacklogGrowing.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkStreamingStalled }}
{{- if .enabled }}
      - alert: SparkStreamingStalled
        expr: |-
          max without (job, instance) (time() - (spark_streaming_last_progress_timestamp_seconds > spark_streaming_query_started_timestamp_seconds or spark_streaming_query_started_timestamp_seconds or spark_streaming_last_progress_timestamp_seconds) > {{ $rules.thresholds.streaming_stalled_seconds | float64 | printf "%.12g" }} and spark_streaming_query_active == 1 and (spark_streaming_last_trigger_idle_seconds or spark_streaming_query_started_timestamp_seconds unless spark_streaming_last_progress_timestamp_seconds > spark_streaming_query_started_timestamp_seconds or min_over_time(spark_streaming_query_jobs_active[{{ $rules.windows.stalled_window }}]) > 0) unless spark_streaming_query_idle_since_timestamp_seconds unless (time() - (spark_streaming_last_progress_timestamp_seconds > spark_streaming_query_started_timestamp_seconds or spark_streaming_query_started_timestamp_seconds or spark_streaming_last_progress_timestamp_seconds) <= {{ $rules.thresholds.streaming_stalled_trigger_ratio | float64 | printf "%.12g" }} * (spark_streaming_last_trigger_duration_seconds + spark_streaming_last_trigger_idle_seconds)) unless (increase(spark_streaming_query_tasks_total[{{ $rules.windows.stalled_window }}]) > 0) unless (spark_streaming_query_active unless spark_streaming_query_tasks_total > 0 and on (namespace, app_id) app:spark_app_tasks:rate5m > 0))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A streaming query makes no progress."
          description: |-
            The query {{ "{{" }} or $labels.query_name $labels.query_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) has made no progress for {{ "{{" }} $value | humanizeDuration }} though it is active. Look at its running job and stage, at thread dumps, and at the source and the sink.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkStreamingStalled.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkStreamingTerminated }}
{{- if .enabled }}
      - alert: SparkStreamingTerminated
        expr: |-
          max without (job, instance) (time() - spark_streaming_query_terminated_timestamp_seconds and spark_streaming_query_failed == 1 and (spark_streaming_query_started_timestamp_seconds == on (namespace, app_id, query_name) group_left () max by (namespace, app_id, query_name) (spark_streaming_query_started_timestamp_seconds)) unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A streaming query has failed and does not run any more."
          description: |-
            The query {{ "{{" }} or $labels.query_name $labels.query_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) ended with an exception {{ "{{" }} $value | humanizeDuration }} ago and was not started again. Look at the exception in the driver's log or on the page Structured Streaming of the UI.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkStreamingTerminated.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkStreamingRestarting }}
{{- if .enabled }}
      - alert: SparkStreamingRestarting
        expr: |-
          max without (job, instance) (sum without (result) ((spark_streaming_query_terminations_total{result="failed"} - on (namespace, app_id, app_name, query_name, query_id, result) group_left () (max by (namespace, app_id, app_name, query_name, query_id, result) (spark_streaming_query_terminations_total{result="failed"} offset {{ $rules.windows.restart_window }}) or max by (namespace, app_id, app_name, query_name, query_id, result) (last_over_time(spark_streaming_query_terminations_total{result="failed"}[1h] offset {{ $rules.windows.restart_window }})) or max by (namespace, app_id, app_name, query_name, query_id, result) (0 * spark_streaming_query_terminations_total{result="failed"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.restart_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.restart_window }}) or max by (namespace, app_id, app_name, query_name, query_id, result) (min_over_time(spark_streaming_query_terminations_total{result="failed"}[{{ $rules.windows.restart_window }}]))))) >= {{ $rules.thresholds.streaming_restarts | float64 | printf "%.12g" }} unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A streaming query fails again and again."
          description: |-
            The query {{ "{{" }} or $labels.query_name $labels.query_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) has failed {{ "{{" }} $value | humanize }} times lately. Look at the exceptions in the driver's log, and whether they are always the same.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkStreamingRestarting.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkStreamingStateGrowing }}
{{- if .enabled }}
      - alert: SparkStreamingStateGrowing
        expr: |-
          max without (job, instance) (query:spark_streaming_state_rows:sum >= {{ $rules.thresholds.streaming_state_rows | float64 | printf "%.12g" }} and on (namespace, app_id, query_name, query_id) (query:spark_streaming_state_rows:sum / (query:spark_streaming_state_rows:sum offset {{ $rules.windows.state_window }} > 0) > {{ $rules.thresholds.streaming_state_growth_ratio | float64 | printf "%.12g" }} or max by (namespace, app_id, query_name, query_id) (count_over_time((max by (namespace, app_id, query_name, query_id, operator) (max_over_time(spark_streaming_state_rows[{{ $rules.windows.state_window }}])) > max by (namespace, app_id, query_name, query_id, operator) (max_over_time(spark_streaming_state_rows[{{ $rules.windows.state_window }}] offset {{ $rules.windows.state_window }})))[{{ $rules.windows.state_growth_window }}:{{ $rules.windows.state_window }}]) > {{ include "spark-exporter.seconds" $rules.windows.state_growth_window }} / {{ include "spark-exporter.seconds" $rules.windows.state_window }} - 1 unless on (namespace, app_id, query_name, query_id, operator) increase(spark_streaming_state_removed_rows_total[{{ $rules.windows.state_growth_window }}]) > 0)))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The state of a streaming query grows and grows."
          description: |-
            The query {{ "{{" }} or $labels.query_name $labels.query_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) keeps {{ "{{" }} $value | humanize }} rows in its state, and ever more. Look at the watermark, at rows removed from the state, and at the memory of the state.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkStreamingStateGrowing.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkStreamingWatermarkStuck }}
{{- if .enabled }}
      - alert: SparkStreamingWatermarkStuck
        expr: |-
          max without (job, instance) (time() - spark_streaming_watermark_timestamp_seconds and (spark_streaming_watermark_timestamp_seconds - spark_streaming_watermark_timestamp_seconds offset {{ $rules.windows.watermark_window }} == 0) and increase(spark_streaming_input_rows_total[{{ $rules.windows.watermark_window }}]) > 0 and spark_streaming_query_active == 1)
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The watermark of a streaming query stands still."
          description: |-
            The query {{ "{{" }} or $labels.query_name $labels.query_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) reads rows, but its watermark is {{ "{{" }} $value | humanizeDuration }} old and does not move. Look at the event times of its input, and for a source or a partition that gives nothing.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkStreamingWatermarkStuck.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkDstreamFallingBehind }}
{{- if .enabled }}
      - alert: SparkDstreamFallingBehind
        expr: |-
          max without (job, instance) (spark_dstream_last_batch_scheduling_delay_seconds > {{ $rules.thresholds.dstream_delay_ratio | float64 | printf "%.12g" }} * spark_dstream_batch_interval_seconds)
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "Batches of DStreams wait longer than the batch interval."
          description: |-
            The batches of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) wait for {{ "{{" }} $value | humanizeDuration }} until they are processed. Look at the processing time against the batch interval, and at the rates of the receivers.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkDstreamFallingBehind.md
{{- end }}
{{- end }}
{{- end }}
{{- if or $rules.alerts.SparkGarbageCollectionHigh.enabled $rules.alerts.SparkHeapNearLimit.enabled $rules.alerts.SparkContainerMemoryNearLimit.enabled $rules.alerts.SparkPythonMemoryNearLimit.enabled $rules.alerts.SparkDiskSpillHigh.enabled }}
  - name: spark-memory
    rules:
{{- with $rules.alerts.SparkGarbageCollectionHigh }}
{{- if .enabled }}
      - alert: SparkGarbageCollectionHigh
        expr: |-
          max without (job, instance) (((rate(spark_app_jvm_gc_time_seconds_total[{{ $rules.windows.task_window }}]) / (rate(spark_app_executor_run_time_seconds_total[{{ $rules.windows.task_window }}]) > 0) > {{ $rules.thresholds.gc_share_ratio | float64 | printf "%.12g" }} unless max_over_time(app:spark_executor_tasks_active:sum[5m]) == 0) or avg without (executor_id) (sum without (collector) (rate(spark_executor_jvm_gc_time_seconds_total{collector!~".*(Concurrent|Cycles).*", executor_id!="driver"}[5m])) and spark_executor_tasks_active > 0) > {{ $rules.thresholds.gc_share_ratio | float64 | printf "%.12g" }} or sum without (collector) (rate(spark_executor_jvm_gc_time_seconds_total{collector!~".*(Concurrent|Cycles).*", executor_id="driver"}[5m])) > {{ $rules.thresholds.gc_share_ratio | float64 | printf "%.12g" }}) unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "Garbage collection takes much of the time of a Spark application."
          description: |-
            {{ "{{" }} if $labels.executor_id }}The driver{{ "{{" }} else }}Tasks{{ "{{" }} end }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) spent {{ "{{" }} $value | humanizePercentage }} of the time in garbage collection. Look at the heap, at cached or collected data and at the number of cores per executor.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkGarbageCollectionHigh.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkHeapNearLimit }}
{{- if .enabled }}
      - alert: SparkHeapNearLimit
        expr: |-
          max without (job, instance) (min_over_time(app_executor:spark_executor_jvm_heap_used:ratio[{{ $rules.windows.heap_window }}]) > {{ $rules.thresholds.heap_used_ratio | float64 | printf "%.12g" }} unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The heap of a Spark executor is nearly full."
          description: |-
            Executor {{ "{{" }} $labels.executor_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) uses {{ "{{" }} $value | humanizePercentage }} of its heap even after garbage collection. Look at the old generation, at storage and execution memory, and for skewed or too large tasks.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkHeapNearLimit.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkContainerMemoryNearLimit }}
{{- if .enabled }}
      - alert: SparkContainerMemoryNearLimit
        expr: |-
          max without (job, instance) (app_executor:spark_container_memory_working_set:ratio > {{ $rules.thresholds.container_memory_used_ratio | float64 | printf "%.12g" }})
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The container of a Spark executor is near its memory limit."
          description: |-
            Executor {{ "{{" }} $labels.executor_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) uses {{ "{{" }} $value | humanizePercentage }} of its container's memory, and is killed at 100%. Look at which part is heap, off-heap and Python.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkContainerMemoryNearLimit.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkPythonMemoryNearLimit }}
{{- if .enabled }}
      - alert: SparkPythonMemoryNearLimit
        expr: |-
          max without (job, instance) (app_executor:spark_process_python_memory:ratio > {{ $rules.thresholds.python_memory_used_ratio | float64 | printf "%.12g" }} and app_executor:spark_container_memory_working_set:ratio > {{ $rules.thresholds.python_container_memory_used_ratio | float64 | printf "%.12g" }})
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The Python processes of a Spark executor have nearly all the memory that is left for them."
          description: |-
            Python in executor {{ "{{" }} $labels.executor_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) uses {{ "{{" }} $value | humanizePercentage }} of what the JVM leaves of the container. Look at what its functions hold, and at the size of batches.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkPythonMemoryNearLimit.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkDiskSpillHigh }}
{{- if .enabled }}
      - alert: SparkDiskSpillHigh
        expr: |-
          max without (job, instance) (rate(spark_app_disk_spilled_bytes_total[{{ $rules.windows.task_window }}]) / (rate(spark_app_executor_run_time_seconds_total[{{ $rules.windows.task_window }}]) > 0) > {{ $rules.thresholds.disk_spilled_bytes_per_task_second | float64 | printf "%.12g" }} unless max_over_time(app:spark_executor_tasks_active:sum[5m]) == 0 unless on (namespace, app_id) (spark_app_end_timestamp_seconds <= time() - 0.9 * {{ include "spark-exporter.seconds" $rules.windows.end_window }} or app:spark_app_end_timestamp_seconds:retried))
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A Spark application spills much to disk."
          description: |-
            {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) spills {{ "{{" }} $value | humanize1024 }}B to disk for each second of a task. Look at execution memory, at the size of partitions, and at skew.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkDiskSpillHigh.md
{{- end }}
{{- end }}
{{- end }}
{{- if or $rules.alerts.SparkExporterDown.enabled $rules.alerts.SparkExporterScrapeSlow.enabled $rules.alerts.SparkExporterSourceFailing.enabled $rules.alerts.SparkExporterTargetDown.enabled $rules.alerts.SparkExporterReportStale.enabled $rules.alerts.SparkExporterSeriesDropped.enabled $rules.alerts.SparkExporterValuesRefused.enabled $rules.alerts.SparkExporterConfigurationLagging.enabled $rules.alerts.SparkExporterWebConfigReloadFailed.enabled }}
  - name: spark-exporter
    rules:
{{- with $rules.alerts.SparkExporterDown }}
{{- if .enabled }}
      - alert: SparkExporterDown
        expr: |-
          up{{ printf "{%s}" $rules.selector }} == 0{{ if include "spark-exporter.fleet" $ }} or absent(up{{ printf "{%s}" $rules.selector }}){{ end }}
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A daemon of spark-exporter cannot be scraped."
          description: |-
            Prometheus {{ "{{" }} if $labels.instance }}gets nothing from the daemon {{ "{{" }} $labels.instance }} (job {{ "{{" }} $labels.job }}, up is {{ "{{" }} $value | humanize }}){{ "{{" }} else }}knows of no daemon{{ "{{" }} end }}, so that no other alert about Spark can fire. Look at the daemon's log and at the targets of Prometheus.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterDown.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExporterScrapeSlow }}
{{- if .enabled }}
      - alert: SparkExporterScrapeSlow
        expr: |-
          scrape_duration_seconds{{ printf "{%s}" $rules.selector }} > {{ $rules.thresholds.scrape_seconds | float64 | printf "%.12g" }}
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A scrape of spark-exporter takes nearly as long as it may."
          description: |-
            A scrape of {{ "{{" }} $labels.instance }} takes {{ "{{" }} $value | humanizeDuration }}. Look at the number of its series, at its CPU, and at the scrape timeout.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterScrapeSlow.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExporterSourceFailing }}
{{- if .enabled }}
      - alert: SparkExporterSourceFailing
        expr: |-
          collector:spark_exporter_source_failures:ratio_rate5m > {{ $rules.thresholds.source_failure_ratio | float64 | printf "%.12g" }} and ignoring (collector) spark_exporter_target_up == 1
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A collector of spark-exporter fails at a target."
          description: |-
            {{ "{{" }} $value | humanizePercentage }} of the attempts of the collector {{ "{{" }} $labels.collector }} at {{ "{{" }} $labels.target }} fail, so that its metrics are missing. Look at the reasons and at the daemon's log.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterSourceFailing.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExporterTargetDown }}
{{- if .enabled }}
      - alert: SparkExporterTargetDown
        expr: |-
          sum without (collector, reason) (increase(spark_exporter_source_failures_total{reason!="connect"}[5m])) > 0 and spark_exporter_target_up == 0 and on (job, instance, target) spark_exporter_target_info{discovery!="static"}
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A Spark driver does not answer spark-exporter."
          description: |-
            The driver at {{ "{{" }} $labels.target }} runs, as the daemon {{ "{{" }} $labels.instance }} was told, but has not answered {{ "{{" }} $value | humanize }} requests in 5 minutes, so that its application is missing. Look at the network between the two, at the driver's port, and at how busy it is.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterTargetDown.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExporterReportStale }}
{{- if .enabled }}
      - alert: SparkExporterReportStale
        expr: |-
          time() - spark_exporter_plugin_last_report_timestamp_seconds > ignoring (executor_id) group_left () ({{ $rules.thresholds.missed_reports | float64 | printf "%.12g" }} * spark_exporter_plugin_report_interval_seconds) and spark_executor_up == 1
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The plugin in a Spark executor has stopped reporting."
          description: |-
            Executor {{ "{{" }} $labels.executor_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) has not reported for {{ "{{" }} $value | humanizeDuration }}, so that its metrics are old. Look at the executor's log, at its garbage collection, and at the network to the driver.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterReportStale.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExporterSeriesDropped }}
{{- if .enabled }}
      - alert: SparkExporterSeriesDropped
        expr: |-
          (spark_exporter_series_dropped_total{reason!="label_truncated"} - on (namespace, app_id, app_name, reason) group_left () (max by (namespace, app_id, app_name, reason) (spark_exporter_series_dropped_total{reason!="label_truncated"} offset {{ $rules.windows.drop_window }}) or max by (namespace, app_id, app_name, reason) (last_over_time(spark_exporter_series_dropped_total{reason!="label_truncated"}[1h] offset {{ $rules.windows.drop_window }})) or max by (namespace, app_id, app_name, reason) (0 * spark_exporter_series_dropped_total{reason!="label_truncated"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.drop_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.drop_window }}) or max by (namespace, app_id, app_name, reason) (min_over_time(spark_exporter_series_dropped_total{reason!="label_truncated"}[{{ $rules.windows.drop_window }}])))) > 0
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "Series of a Spark application are not published."
          description: |-
            {{ "{{" }} $value | humanize }} series of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) were left out because of {{ "{{" }} $labels.reason }}. Look at the daemon's log for their names, and at the labels of custom metrics.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterSeriesDropped.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExporterValuesRefused }}
{{- if .enabled }}
      - alert: SparkExporterValuesRefused
        expr: |-
          sum without (executor_id) ((spark_exporter_plugin_dropped_total{reason=~"series_limit|label_too_long|invalid_value|definition_conflict|no_space|corrupt_segment"} - on (namespace, app_id, app_name, executor_id, reason) group_left () (max by (namespace, app_id, app_name, executor_id, reason) (spark_exporter_plugin_dropped_total{reason=~"series_limit|label_too_long|invalid_value|definition_conflict|no_space|corrupt_segment"} offset {{ $rules.windows.drop_window }}) or max by (namespace, app_id, app_name, executor_id, reason) (last_over_time(spark_exporter_plugin_dropped_total{reason=~"series_limit|label_too_long|invalid_value|definition_conflict|no_space|corrupt_segment"}[1h] offset {{ $rules.windows.drop_window }})) or max by (namespace, app_id, app_name, executor_id, reason) (0 * spark_exporter_plugin_dropped_total{reason=~"series_limit|label_too_long|invalid_value|definition_conflict|no_space|corrupt_segment"}) and on (namespace, app_id) (last_over_time(spark_app_up[1h] offset {{ $rules.windows.drop_window }}) or spark_app_start_timestamp_seconds > time() - {{ include "spark-exporter.seconds" $rules.windows.drop_window }}) or max by (namespace, app_id, app_name, executor_id, reason) (min_over_time(spark_exporter_plugin_dropped_total{reason=~"series_limit|label_too_long|invalid_value|definition_conflict|no_space|corrupt_segment"}[{{ $rules.windows.drop_window }}]))))) > 0
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "Custom metrics of a Spark application are refused."
          description: |-
            {{ "{{" }} $value | humanize }} values of custom metrics of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) were refused because of {{ "{{" }} $labels.reason }}. Look at the log of driver and executors for the metric's name.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterValuesRefused.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExporterConfigurationLagging }}
{{- if .enabled }}
      - alert: SparkExporterConfigurationLagging
        expr: |-
          spark_exporter_config_version - ignoring (executor_id) group_right () spark_executor_config_version > 0 and spark_executor_up == 1
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A Spark executor does not have the latest live configuration."
          description: |-
            Executor {{ "{{" }} $labels.executor_id }} of {{ "{{" }} $labels.app_name }} ({{ "{{" }} $labels.app_id }}) is {{ "{{" }} $value | humanize }} versions of the live configuration behind the driver. Look at the age of its reports.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterConfigurationLagging.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExporterWebConfigReloadFailed }}
{{- if .enabled }}
      - alert: SparkExporterWebConfigReloadFailed
        expr: |-
          time() - spark_exporter_web_config_last_reload_success_timestamp_seconds and spark_exporter_web_config_last_reload_successful == 0
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "The file that says who may read from spark-exporter is wrong."
          description: |-
            The daemon {{ "{{" }} $labels.instance }} cannot use what the file of --web.config.file and its certificates say now, and goes on with what they said {{ "{{" }} $value | humanizeDuration }} ago. Look at the daemon's log for what is wrong.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterWebConfigReloadFailed.md
{{- end }}
{{- end }}
{{- end }}
{{- if or $rules.alerts.SparkExporterDiscoveryFailing.enabled $rules.alerts.SparkExporterTargetsRefused.enabled $rules.alerts.SparkExporterShardMissing.enabled }}
  - name: spark-discovery
    rules:
{{- with $rules.alerts.SparkExporterDiscoveryFailing }}
{{- if .enabled }}
      - alert: SparkExporterDiscoveryFailing
        expr: |-
          time() - (spark_exporter_discovery_last_success_timestamp_seconds or 0 * spark_exporter_discovery_targets{discovery!="static"} + ignoring (discovery) group_left () process_start_time_seconds) > {{ $rules.thresholds.discovery_silent_seconds | float64 | printf "%.12g" }}
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A daemon of spark-exporter does not know whether its list of drivers is up to date."
          description: |-
            The daemon {{ "{{" }} $labels.instance }} has had no fresh list of targets by {{ "{{" }} $labels.discovery }} for {{ "{{" }} $value | humanizeDuration }}, so that new applications are missing. Look at spark_exporter_discovery_errors_total for the reason, and at the daemon's log.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterDiscoveryFailing.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExporterTargetsRefused }}
{{- if .enabled }}
      - alert: SparkExporterTargetsRefused
        expr: |-
          (spark_exporter_targets_refused_total - (last_over_time(spark_exporter_targets_refused_total[1h] offset {{ $rules.windows.refusal_window }}) <= spark_exporter_targets_refused_total or 0 * spark_exporter_targets_refused_total)) > 0
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "Driver pods claim something that spark-exporter does not believe."
          description: |-
            The daemon {{ "{{" }} $labels.instance }} has refused {{ "{{" }} $value | humanize }} driver pods because of {{ "{{" }} $labels.reason }}, so that metrics of their applications are missing. Look at the daemon's log for the pods and for what they claim.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterTargetsRefused.md
{{- end }}
{{- end }}
{{- with $rules.alerts.SparkExporterShardMissing }}
{{- if .enabled }}
      - alert: SparkExporterShardMissing
        expr: |-
          max by (job, namespace) (spark_exporter_discovery_total_shards > 1) > count by (job, namespace) (count_values by (job, namespace) ("shard", spark_exporter_discovery_shard and spark_exporter_discovery_total_shards > 1)) or max by (job, namespace) (spark_exporter_discovery_total_shards > 1) > min by (job, namespace) (spark_exporter_discovery_total_shards > 1)
{{- if regexMatch "[1-9]" .for }}
        for: {{ .for }}
{{- end }}
        labels:
          severity: {{ .severity }}
        annotations:
          summary: "A part of the Spark applications is watched by no daemon of spark-exporter."
          description: |-
            The daemons of the job {{ "{{" }} $labels.job }} are to share their targets as {{ "{{" }} $value | humanize }} shards, and one of the shards has no daemon, or the daemons disagree about their number, so that applications are missing or there twice. Look at spark_exporter_discovery_shard and spark_exporter_discovery_total_shards.
          runbook_url: {{ $rules.runbook_url_base | trimSuffix "/" }}/SparkExporterShardMissing.md
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "spark-exporter.ends" -}}
{"end_window": ["SparkApplicationFailed", "SparkApplicationLost"], "failure_window": ["SparkTaskFailureRateHigh"], "job_window": ["SparkJobsFailing"], "loss_window": ["SparkExecutorsLost"], "oom_window": ["SparkExecutorOutOfMemory"], "fetch_window": ["SparkFetchFailures"], "events_window": ["SparkListenerBusDroppingEvents"], "custom_stall_window": ["SparkCustomMetricStalled"], "restart_window": ["SparkStreamingRestarting"], "drop_window": ["SparkExporterSeriesDropped", "SparkExporterValuesRefused"], "refusal_window": ["SparkExporterTargetsRefused"]}
{{- end }}
