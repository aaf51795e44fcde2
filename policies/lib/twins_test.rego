package holdfast.lib.twins_test

import data.holdfast.lib.fixture
import data.holdfast.lib.twins

child(name) := {"id": name, "name": name, "exact": true, "found": true}

parent(names) := {"relations": {"computes": [child(name) | some name in names]}}

of(names, extra) := {
	"parameters": object.union({"name_map": {}}, extra),
	"resources": {name: {"id": name, "name": name} | some name in names},
}

test_twins_have_one_name_in_any_case if {
	doc := of(["CPU", "gpu"], {})
	twins.twin(parent(["CPU", "gpu"]), "computes", "cpu").name == "CPU" with input as doc
	not twins.lacking(parent(["CPU", "gpu"]), "computes", "cpu") with input as doc
	twins.lacking(parent(["CPU", "gpu"]), "computes", "npu") with input as doc
	twins.lacking({"relations": {}}, "computes", "cpu") with input as doc
}

test_names_may_be_mapped if {
	doc := of(["cpu-dr"], {"name_map": {"cpu": "cpu-dr"}})
	twins.twin(parent(["cpu-dr"]), "computes", "cpu").name == "cpu-dr" with input as doc
	twins.lacking(parent(["cpu"]), "computes", "cpu") with input as doc
}

test_names_with_unknown_parts_decide_nothing if {
	doc := of(["cpu-${suffix}"], {})
	not twins.twin(parent(["cpu-${suffix}"]), "computes", "cpu-${suffix}") with input as doc
	not twins.lacking(parent(["cpu-${suffix}"]), "computes", "cpu") with input as doc
	not twins.lacking(parent(["cpu"]), "computes", "cpu-${suffix}") with input as doc
}

test_parts_of_the_fixture_are_reached if {
	doc := fixture.pair(fixture.part("training", {}))
	twins.twin(doc.resources[fixture.id("ws-north")], "computes", "cpu").location == "northeurope" with input as doc
}
