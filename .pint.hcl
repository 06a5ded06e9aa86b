# Settings of pint (https://cloudflare.github.io/pint), for whoever has it: pint --offline lint dashboards/rules
# tests/dashboards/test_rules_as_pint.py holds the same checks without it, and reads what is left out from here.

# The alerts count events exactly, what a series begins with included: a counter less what it was a window ago. rate and
# increase extrapolate, and miss the first event. A reset is no event: counters of an application never fall.
rule {
  match {
    name = "SparkJobsFailing|SparkListenerBusDroppingEvents|SparkExecutorsLost|SparkExecutorOutOfMemory|SparkTaskFailureRateHigh|SparkFetchFailures|SparkStreamingRestarting|SparkExporterSeriesDropped|SparkExporterValuesRefused|SparkExporterTargetsRefused"
  }
  disable = ["promql/counter"]
}

# It says by how much the counter has grown before it stopped: its maximum now less its minimum then.
rule {
  match {
    name = "SparkCustomMetricStalled"
  }
  disable = ["promql/counter"]
}

# It asks whether there is a counter of tasks, and not how many they are.
rule {
  match {
    name = "SparkApplicationNotProgressing"
  }
  disable = ["promql/counter"]
}

# What holds for all of them.
rule {
  match {
    kind = "alerting"
  }

  annotation "summary" {
    required = true
  }

  annotation "description" {
    required = true
  }

  annotation "runbook_url" {
    required = true
  }

  label "severity" {
    required = true
    value    = "critical|warning|info"
  }

  for {
    max = "1h"
  }

  call "absent|absent_over_time" {
    selector ".+" {
      requiredLabels = ["job"]
    }
  }

  name "Spark([A-Z][a-z]+)+" {}

  range_query {
    max = "1d"
  }
}

rule {
  match {
    kind = "recording"
  }

  aggregate "(app|query).*:.+" {
    keep = ["namespace", "app_id", "app_name"]
  }

  name "[a-z_]+:[a-z_]+:[a-z0-9_]+" {}

  range_query {
    max = "1d"
  }
}
