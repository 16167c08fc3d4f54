"""The table of scenarios: which function shows which rule, and under which profiles."""
import dataclasses
import functools
import pathlib
import typing

import yaml
from moments import T0

FILE = pathlib.Path(__file__).with_name("rules.yaml")
PROFILES = ("alibaba-2021", "alibaba-2025-intl", "alibaba-2025-cn", "tencent-2024", "modern")
TESTED = ("main", "orders")  # statuses of which every rule has a scenario, or waits for one


@dataclasses.dataclass
class Row:
    """One line of the table."""
    rule: str
    begin: int  # the moment at which the clock stands when the function is called
    function: typing.Callable

    @property
    def name(self):
        return f"{self.function.__module__}.{self.function.__name__}"


rows = []


def rule(id_, begin=T0):
    """Marks a scenario. It is a function of a Scenario; what it yields are the moments at which it goes on."""
    def add(function):
        rows.append(Row(id_, begin, function))
        return function
    return add


@functools.cache
def rules():
    """The rules of rules.yaml, by their number."""
    with FILE.open(encoding="utf-8") as file:
        return {entry["id"]: entry for entry in yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))}


def profiles_of(entry):
    """Those whose document has the rule, and those in which the same holds."""
    named = entry["profiles"] + entry.get("also", [])
    return list(PROFILES) if "all" in named else named


def disagreements(waiting):
    """What is wrong between the two lists: every rule to be tested has a scenario, or stands in `waiting`."""
    shown, known = {row.rule for row in rows}, rules()
    tested = {id_ for id_, entry in known.items() if entry["status"] in TESTED}
    yield from (f"{id_} is in the table and not in rules.yaml" for id_ in sorted((shown | set(waiting)) - set(known)))
    yield from (f"{id_} has a scenario and waits for one" for id_ in sorted(shown & set(waiting)))
    yield from (f"{id_} has neither a scenario nor something it waits for" for id_ in
                sorted(tested - shown - set(waiting)))
    yield from (f"{id_} is '{known[id_]['status']}' and stands in the table" for id_ in
                sorted(((shown | set(waiting)) & set(known)) - tested))
    elsewhere = {id_: entry["shown_in"] for id_, entry in known.items() if "shown_in" in entry}
    yield from (f"{id_} is shown in {path}, which is not there" for id_, path in sorted(elsewhere.items())
                if not (FILE.parents[2] / path).exists())
    names = [row.name for row in rows]
    yield from (f"{name} is there twice" for name in sorted({name for name in names if names.count(name) > 1}))
