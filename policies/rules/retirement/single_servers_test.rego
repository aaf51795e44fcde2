package holdfast.rules.retirement.single_servers_test

import data.holdfast.lib.fixture
import data.holdfast.rules.retirement.single_servers as rule

# A connection of the workspace leads to a single server.
single(connection, type) := fixture.whole_with_data({
	"old": {"type": type},
	connection: {"links": {"service": {"/properties/target": ["old"]}}},
})

postgresql := single("ws-west/pg", "Microsoft.DBforPostgreSQL/servers")

mysql := single("ws-west/my", "Microsoft.DBforMySQL/servers")

test_flexible_servers_pass if {
	doc := fixture.whole_with_data({})
	count(rule.pass) == 3 with input as doc
	count(rule.deny) == 0 with input as doc
}

test_single_servers_are_denied if {
	some found in rule.deny with input as postgresql
	not found.level
	contains(found.message, `"old" is a single server of Azure Database for PostgreSQL, retired on 2025-03-28`)
	some other in rule.deny with input as mysql
	contains(other.message, `"old" is a single server of Azure Database for MySQL, retired on 2024-09-16`)
}

test_before_the_date_it_is_a_warning_and_earlier_nothing if {
	warned := object.union(postgresql, {"today": "2025-03-27"})
	some found in rule.deny with input as warned
	found.level == "warning"
	contains(found.message, "to be retired on 2025-03-28")
	earlier := object.union(postgresql, {"today": "2024-01-01"})
	count(rule.deny) == 0 with input as earlier
	count(rule.pass) == 4 with input as earlier
}

test_the_day_itself_counts if {
	doc := object.union(postgresql, {"today": "2025-03-28"})
	some found in rule.deny with input as doc
	not found.level
}

test_without_a_date_it_is_open if {
	doc := object.remove(postgresql, ["today"])
	count(rule.deny) == 0 with input as doc
	count(rule.pass) == 3 with input as doc
}

test_unrelated_servers_are_not_judged if {
	doc := fixture.whole_with_data({"old": {"type": "Microsoft.DBforPostgreSQL/servers"}})
	count(rule.deny) == 0 with input as doc
}
