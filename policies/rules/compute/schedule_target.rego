# METADATA
# title: Compute instances are not job targets or the only home of work
# description: |
#   A compute instance is one VM in one region, made for one person, and is deleted with the workspace at
#   once. A schedule that runs on it stops with it, and its counterpart in the failover workspace has no
#   such target. Judged are the enabled schedules of production workspaces; jobs are not listed, since
#   there is no end to them. Clusters, Kubernetes and serverless compute are fine.
# scope: package
# related_resources:
#   - ref: https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning
#   - ref: https://learn.microsoft.com/azure/machine-learning/concept-compute-instance
# custom:
#   id: HF-COMP-004
#   level: {active-active: warning, active-standby: warning, active-passive: warning}
#   score: 4.0
#   scope: estate
#   subject: schedule
#   tier: training
#   evidence:
#     Microsoft.MachineLearningServices/workspaces/schedules:
#       - /properties/isEnabled
#       - /properties/action/actionType
#       - /properties/action/jobDefinition
#     Microsoft.MachineLearningServices/workspaces/computes: [/properties/computeType]
#   evidence_seen: none
#   static: partial
#   seeds: [S08, S16, S63]
#   change: in-place
#   cost: none
#   remediation:
#     text: Target a cluster or serverless compute, and keep notebooks in Git.
#     cli: az ml schedule update -n <schedule> -w <ws> -g <rg> --set create_job.compute=azureml:cpu-cluster
#     bicep: |
#       // computeId of a job names an AmlCompute, never a ComputeInstance
#       jobDefinition: { computeId: cpu.id }
#     terraform: |
#       resource "azapi_resource" "nightly" {
#         type      = "Microsoft.MachineLearningServices/workspaces/schedules@2024-10-01"
#         name      = "nightly"
#         parent_id = azurerm_machine_learning_workspace.ml.id
#         body = {
#           properties = {
#             isEnabled = true
#             trigger   = { triggerType = "Cron", expression = "0 2 * * *" }
#             action = {
#               actionType = "CreateJob"
#               jobDefinition = merge(local.job, {
#                 computeId = azurerm_machine_learning_compute_cluster.cpu.id
#               })
#             }
#           }
#         }
#       }
package holdfast.rules.compute.schedule_target

import data.holdfast.lib.compute
import data.holdfast.lib.estate
import data.holdfast.lib.finding

deny contains finding.about(found, target.name) if {
	some [subject, schedule] in judged
	some target in estate.related(schedule, "computes")
	compute.kind(target) == "computeinstance"
	message := sprintf(
		`"%s" runs on the compute instance "%s", which fails with its region; expected is a cluster or serverless compute`,
		[schedule.name, target.name],
	)
	found := finding.of(subject, schedule, "/properties/action/jobDefinition", message)
}

pass contains subject.id if {
	some [subject, schedule] in judged
	is_object(schedule.properties.action.jobDefinition)
	estate.settled(schedule, ["properties", "action", "jobDefinition"])
	every target in object.get(schedule, ["relations", "computes"], []) {
		compute.kind(estate.held(target)) != "computeinstance"
	}
}

exempt contains finding.exempt(subject, "the schedule is disabled") if {
	some subject in estate.subjects("schedule")
	estate.resource(subject).properties.isEnabled == false
}

exempt contains finding.exempt(subject, reason) if {
	some subject in estate.subjects("schedule")
	action := estate.resource(subject).properties.action.actionType
	lower(action) in {"invokebatchendpoint", "createmonitor", "importdata"}
	reason := sprintf("its action %s names no compute of a job", [action])
}

exempt contains finding.exempt(subject, "outside production") if {
	some subject in estate.subjects("schedule")
	count(subject.workspaces) > 0
	every workspace in subject.workspaces {
		estate.outside_production(estate.resource(workspace))
	}
}

# Schedules that create jobs.
judged contains [subject, schedule] if {
	some subject in estate.subjects("schedule")
	schedule := estate.resource(subject)
	enabled(schedule)
	lower(schedule.properties.action.actionType) == "createjob"
}

enabled(schedule) if schedule.properties.isEnabled == true

enabled(schedule) if estate.absent(schedule, ["properties", "isEnabled"])
