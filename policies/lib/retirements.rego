# METADATA
# title: Retirement dates
# description: |
#   What policies/data/retirements.json says of a service, seen from the day of the scan. Before its date a
#   retirement is announced as long as retirement_warn_days reach; earlier it is left alone.
# scope: package
package holdfast.lib.retirements

import data.holdfast.tables

row(name) := found if {
	some found in tables.retirements.retirements
	found.id == name
}

retired(retirement) if retirement.date <= input.today

announced(retirement) if {
	retirement.date > input.today
	days(retirement) <= input.parameters.retirement_warn_days
}

later(retirement) if days(retirement) > input.parameters.retirement_warn_days

days(retirement) := floor((midnight(retirement.date) - midnight(input.today)) / 86400000000000)

midnight(day) := time.parse_rfc3339_ns(concat("", [day, "T00:00:00Z"]))

# The level of a finding: undefined where there is none, and `rule` for that of the rule.
level(retirement) := "rule" if retired(retirement)

level(retirement) := "warning" if announced(retirement)

# When, in words.
when(retirement) := sprintf("retired on %s", [retirement.date]) if retired(retirement)

when(retirement) := sprintf("to be retired on %s", [retirement.date]) if announced(retirement)
