# METADATA
# title: Facts about computes and VM sizes
# scope: package
package holdfast.lib.compute

import data.holdfast.lib.estate

# The type of a compute in lower case: amlcompute, computeinstance, kubernetes, …
kind(it) := lower(it.properties.computeType)

# Why a rule about clusters has nothing to say of a compute.
no_cluster(it) := sprintf(`"%s" is a compute of type %s and no cluster`, [it.name, it.properties.computeType]) if {
	kind(it) != "amlcompute"
}

# Types that lead to something outside the workspace.
attached_kinds := {
	"aks",
	"databricks",
	"datafactory",
	"datalakeanalytics",
	"hdinsight",
	"kubernetes",
	"synapsespark",
	"virtualmachine",
}

# Whether two VM sizes are of one family: the same size, the same family in a list of the region, or
# the same name but for the number of vCPUs.
# https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions
same_family(_, a, b) if lower(a) == lower(b)

same_family(workspace, a, b) if family(workspace, a) == family(workspace, b)

same_family(_, a, b) if series(a) == series(b)

# Whether they are of two families: by the list, or by the letter that names the family.
other_family(workspace, a, b) if family(workspace, a) != family(workspace, b)

other_family(_, a, b) if {
	not same_letter(a, b)
	is_string(letter(a))
	is_string(letter(b))
}

same_letter(a, b) if letter(a) == letter(b)

# What the region of a workspace says of a VM size: name, family, vCPUs.
listed(workspace, size) := entry if {
	some list in estate.related(workspace, "vm_sizes")
	some entry in list.value
	lower(entry.name) == lower(size)
}

# The family and vCPUs of a VM size, from the list of any region.
known(size) := {"family": min({one.family | some one in entries}), "cores": max({one.cores | some one in entries})} if {
	entries := {{"family": family_key(entry.family), "cores": entry.vCPUs} |
		some list in size_lists
		some entry in list.value
		lower(entry.name) == lower(size)
	}
	count(entries) > 0
}

size_lists := [list |
	some list in input.resources
	list.type == "microsoft.machinelearningservices/locations/vmsizes"
]

# The sizes that some region of the input offers, in lower case: of others neither family nor cores are known.
names := {lower(entry.name) |
	some list in input.resources
	list.type == "microsoft.machinelearningservices/locations/vmsizes"
	some entry in list.value
}

# The name of a VM family in one spelling: lists of sizes call it standardDSv2Family, quota rows
# Standard DSv2 Family Cluster Dedicated vCPUs.
family_key(name) := trim_suffix(replace(replace(lower(name), " ", ""), "_", ""), "clusterdedicatedvcpus")

family(workspace, size) := family_key(listed(workspace, size).family)

# Standard_D4s_v5 → ds_v5
series(size) := regex.replace(lower(size), `^standard_([a-z]+)[0-9]+(-[0-9]+)?([a-z]*)`, "$1$3") if {
	regex.match(`^standard_[a-z]+[0-9]`, lower(size))
}

letter(size) := regex.find_n(`^standard_[a-z]`, lower(size), 1)[0]
