package holdfast.lib.retirements_test

import data.holdfast.lib.retirements

on(day) := {"today": day, "parameters": {"retirement_warn_days": 30}}

one := {"id": "x", "date": "2026-03-31"}

test_a_retirement_is_left_alone_then_announced_then_past if {
	early := on("2026-02-28")
	retirements.later(one) with input as early
	not retirements.level(one) with input as early
	soon := on("2026-03-01")
	retirements.level(one) == "warning" with input as soon
	retirements.when(one) == "to be retired on 2026-03-31" with input as soon
	not retirements.later(one) with input as soon
	past := on("2026-03-31")
	retirements.level(one) == "rule" with input as past
	retirements.when(one) == "retired on 2026-03-31" with input as past
}

test_nothing_is_said_without_a_date if {
	unknown := {"parameters": {"retirement_warn_days": 30}}
	not retirements.level(one) with input as unknown
	not retirements.later(one) with input as unknown
}

# A date that cannot be read would never be reached.
test_every_row_has_a_date_and_a_replacement if {
	every row in data.holdfast.tables.retirements.retirements {
		regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`, row.date)
		is_number(retirements.midnight(row.date))
		is_string(row.replacement)
	}
}
