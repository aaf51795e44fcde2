package holdfast.lib.flexible_server_test

import data.holdfast.lib.flexible_server

server(body) := object.union({"location": "westeurope", "unknown": {}, "relations": {}}, body)

test_a_missing_property_is_disabled_and_an_unknown_one_is_not if {
	flexible_server.mode(server({})) == "disabled"
	flexible_server.geo_backup(server({})) == "disabled"
	hidden := server({"unknown": {"/properties": "forbidden"}})
	not flexible_server.mode(hidden)
	not flexible_server.geo_backup(hidden)
}

test_a_backup_elsewhere_needs_a_pair if {
	backup := {"properties": {"backup": {"geoRedundantBackup": "Enabled"}}}
	flexible_server.backed_up(server(backup))
	alone := server(object.union(backup, {"location": "italynorth"}))
	not flexible_server.backed_up(alone)
	flexible_server.not_backed_up(alone)
	nowhere := server(object.union(backup, {"location": "atlantiscentral"}))
	not flexible_server.backed_up(nowhere)
	not flexible_server.not_backed_up(nowhere)
}

test_a_role_is_missing_in_source_code_only if {
	every role in ["AsyncReplica", "GeoAsyncReplica", "Replica", "replica"] {
		flexible_server.replicates(server({"properties": {"replicationRole": role}}))
	}
	not flexible_server.replicates(server({"properties": {"replicationRole": "None"}}))
	flexible_server.replicates(server({})) with input as {"source": "iac"}
	not flexible_server.replicates(server({})) with input as {"source": "live"}
}
