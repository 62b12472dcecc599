"""Every stack is deployable by itself once the foundation stands."""

import json

from tests.stacks.assembly import Assembly


def test_stacks_depend_on_the_foundation_and_nothing_else(prod: Assembly) -> None:
    dependencies = prod.dependencies()
    assert dependencies.pop("Foundation") == set()
    # the API may call the router once it is there; it knows its name alone
    dependencies["Api"].remove("Placement")
    assert dependencies
    assert set(map(frozenset, dependencies.values())) == {frozenset({"Foundation"})}


def test_only_the_foundation_exports_and_nothing_of_one_model(prod: Assembly) -> None:
    """An export that is in use cannot go: a model taken from the registry must not leave one behind."""
    for name, template in prod.stacks().items():
        exports = [
            each["Export"]["Name"] for each in template.get("Outputs", {}).values() if "Export" in each
        ]
        assert not exports or name == "Foundation"
        assert not [export for export in exports if "Iops" in json.dumps(export)]
