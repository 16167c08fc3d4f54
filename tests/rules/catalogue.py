"""The catalogue of the scenarios: catalogue.py FOLDER writes FOLDER/profiles/catalog.yaml.

Beside each line of the built-in catalogue it has more of the same profile: NAME-Other of another vendor, NAME-Narrow with
five names at most, nothing mixed and no bonus days, NAME-Priced, of which a year costs 100 and a managed-service use 20,
NAME-Charged and NAME-Dear, which cost something once a scenario says so, NAME-Proven, whose issuer demands control over each
name, NAME-Free, which costs nothing, and NAME-Trial with test certificates.
"""
import copy
import datetime
import pathlib
import sys

import yaml

BUILT_IN = pathlib.Path(__file__).parent.parent.parent / "profiles/catalog.yaml"
CHANGES = {"Other": {"name": "Other"},
           "Priced": {"prices": [{"from": datetime.date(1970, 1, 1), "per_year": 10000, "managed_use": 2000}]},
           "Narrow": {"names_max": 5, "domain_types": ["single", "wildcard", "multi"], "bonus_days": 0},
           "Charged": {}, "Dear": {},  # whose prices scenarios set
           "Proven": {"demands": "dv"},
           "Free": {"prices": [{"from": datetime.date(1970, 1, 1), "per_year": 0, "managed_use": 0}]},
           "Trial": {"kind": "test", "coverage_days": 90, "bonus_days": 0}}


def brands():
    built_in = yaml.safe_load(BUILT_IN.read_text(encoding="utf-8"))["brands"]
    for brand in built_in:
        yield brand
        for end, change in CHANGES.items():
            yield copy.deepcopy({**brand, "id": f"{brand['id']}-{end}", **change})


def write(folder, change=None):
    """`change` is done to the lines that have bonus days."""
    profiles = pathlib.Path(folder) / "profiles"
    profiles.mkdir(parents=True, exist_ok=True)
    lines = [{**brand, **change} if change and brand["bonus_days"] else brand for brand in brands()]
    text = yaml.safe_dump({"brands": lines}, allow_unicode=True)
    (profiles / "catalog.yaml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(sys.argv[1])
