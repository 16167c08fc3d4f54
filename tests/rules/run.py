"""Runs the scenarios: run.py [RULE…]. By tests/e2e/rules.sh, which starts what they need and sets the environment.

All of them live in one daemon on one time line: a scenario is a generator that yields the moment at which it goes on, a
heap holds who is next, and the clock of the daemon goes there. So a pass over all years costs one pass.
"""
import heapq
import inspect
import itertools
import pathlib
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))
import scenarios  # noqa: E402
import table  # noqa: E402
import world  # noqa: E402
from client import check, finish  # noqa: E402
from moments import written  # noqa: E402

WRONG = (world.Unmet, KeyError, TypeError, IndexError, AttributeError, ValueError, OSError, RuntimeError)


class Run:
    """One scenario under one profile."""

    def __init__(self, row, profile, clock):
        self.row, self.profile = row, profile
        self.scenario = world.Scenario(row.rule, profile, clock)
        self.steps = None

    def go_on(self):
        """The moment of the next step; None if that was the last."""
        if self.steps is None:
            started = self.row.function(self.scenario)
            self.steps = started if inspect.isgenerator(started) else iter(())
        return next(self.steps, None)

    def report(self, failure=None):
        entry = table.rules()[self.row.rule]
        lines = [] if failure is None else [*self.told(failure), *entry.get("scenario", []), *self.scenario.trace()]
        check(f"{self.row.rule} {self.profile}: {entry['rule']}", failure is None, "\n#   ".join(lines))

    def told(self, failure):
        """What was wrong, and in which line of the scenario."""
        place = [frame for frame in traceback.extract_tb(failure.__traceback__) if "scenarios_" in frame.filename]
        yield f"{type(failure).__name__}: {failure}"
        yield from (f"{self.row.name}, line {frame.lineno}: {frame.line}" for frame in place[-1:])


def agreement():
    wrong = list(table.disagreements(scenarios.WAITING))
    check("rules.yaml and the table of scenarios name the same rules", not wrong, "\n#   ".join(wrong))


def chosen(clock, ids):
    """The runs, as a heap of (moment, number, run)."""
    number = itertools.count()
    heap = [(row.begin, next(number), Run(row, profile, clock))
            for row in table.rows if not ids or row.rule in ids
            for profile in table.profiles_of(table.rules()[row.rule])]
    heapq.heapify(heap)
    return heap


def run(heap, clock):
    ended = []  # of which targets may be left, because a deployment is under way
    while heap:
        moment, number, one = heapq.heappop(heap)
        if moment > clock.now:
            ended = [scenario for scenario in ended if not scenario.end()]
            clock.go(moment)
        try:
            again = one.go_on()
            if again is not None:
                heapq.heappush(heap, (again, number, one))
                continue
        except WRONG as failure:
            one.report(failure)
        else:
            one.report()
        ended.append(one.scenario)


def main():
    if sys.argv[1:] == ["--begin"]:
        print(written(scenarios.BEGIN))
        return
    clock = world.Clock(scenarios.BEGIN)
    agreement()
    run(chosen(clock, sys.argv[1:]), clock)
    finish()


if __name__ == "__main__":
    main()
