"""Prints random programs (program.py).

usage: generate.py FIRST_SEED COUNT > programs
"""

import random
import sys

from compounds import FUTURE_0
from operations import PLAIN
from program import Node, Program
from rows import TABLE, Skip, barrier, event, future, queue


class Generator:
    def __init__(self, seed):
        self.seed, self.random = seed, random.Random(seed)
        self.count = self.random.randint(4, 10)
        self.owner = 0                                  # the task being made
        self.unborn = set()                             # tasks that main does not create at its start
        self.groups, self.gathers = [], []              # owner of each; lowest child of each
        self.handles = self.callbacks = self.generators = 0
        self.held = []                                  # conditions that the task holds where a node is made
        self.budget, self.depth, self.plain = 0, 0, False
        self.delays = self.random.choice([[0, 1], [1, 2], [0, 1, 2, 3], [1, 2, 3, 5, 8, 13], range(1, 200)])
        self.calm = self.random.random() < 0.5
        families = sorted({family for _, _, family, _, _ in TABLE} - {"control", "tasks"})
        self.without = {family for family in families if self.random.random() < 0.4}
        # Most have a theme: many small tasks that crowd round one object, and are cancelled at any moment.
        # Some more often: that only the first in line is looked at when a lock is given back is seen in one of 1,000.
        often = "locks", "locks", "queues", "conditions", "conditions", "shields"
        self.theme = self.random.choice([*families, *often]) if self.random.random() < 0.65 else None
        self.without.discard(self.theme)
        themed = self.theme == "semaphores", self.theme == "conditions"
        self.semaphores = {self.random.randrange(3)} if themed[0] else {0, 1, 2}
        self.conditions = self.random.choice([{0, 1}, {2, 3}, {4}]) if themed[1] else {0, 1, 2, 3, 4}
        if self.theme:
            self.count, self.delays = 10, self.random.choice([[0, 1], [1, 2]])
        often = {self.theme: 6} if self.theme else {}
        shown = {"cancel": 3, "uncancel": 3, "cancelling": 3} if self.theme else {}
        self.weights = [weight * often.get(family, shown.get(name, 1)) for name, weight, family, _, _ in TABLE]

    def program(self):
        runs = self.random.choice([1, 2, 3]) if self.random.random() < 0.2 else 0
        begin = max(runs, 1)
        self.unborn = {task for task in range(begin, self.count) if self.random.random() < 0.4}
        first = [task for task in range(begin, self.count) if task not in self.unborn]
        tasks = []
        for self.owner in range(self.count):
            self.budget = self.random.randint(4, 14)
            tasks.append(self.block(self.budget))
        how = ["create"] if "eager" in self.without else ["create", "create", "eager"]
        tasks[0][:0] = [Node(self.random.choice(how), "pp", [task]) for task in sorted([*first, *self.unborn])]
        if self.theme == "eager" and self.random.random() < 0.5:
            tasks[0].insert(0, Node("set_eager", "pp", [1]))
        if self.random.random() < 0.6:
            tasks[-1] = self.helper()
        for main in range(begin):
            if self.random.random() < 0.6:
                tasks[main] += [Node("join", "ss", [task]) for task in range(begin, self.count)]
        queues = [self.random.choice([0, 1, 1, 2, 3]) + self.random.choice([0, 0, 10, 20]) for _ in range(3)]
        semaphores = [self.random.choice([0, 1, 1, 2]), self.random.choice([1, 1, 1, 2]), self.random.choice([0, 1, 1, 2, 3])]
        barriers = [self.random.choice([1, 2, 2, 3, 4]) for _ in range(2)]
        return Program(self.seed, int(self.random.random() < 0.7), runs, queues, semaphores, barriers, tasks)

    def helper(self):
        """A task that goes on whatever happens and wakes others, so that fewer programs end in a deadlock."""
        nodes = []
        for _ in range(self.random.randint(4, 10)):
            nodes.append(Node("sleep", "ss", [self.delay()]))
            nodes += self.random.choice(self.ways_to_wake())
        return nodes

    def ways_to_wake(self):
        """By family; in a program with a theme mostly that one's."""
        ways = {"events": [[Node("event_set", "ss", [event(self)])]],
                "futures": [[Node("future_set", "ss", [future(self)])]],
                "queues": [[Node(name, "ss", [queue(self)])] for name in ("put_nowait", "get_nowait")],
                "locks": [[Node("unlock", "ss")]],
                "barriers": [[Node(name, "ss", [barrier(self)])] for name in ("barrier_reset", "barrier_wait")],
                "semaphores": [[Node("sem_release", "ss", [number])] for number in sorted(self.semaphores - {1})],
                "conditions": []}
        for number in sorted(self.conditions):
            woken = [Node("bump", "ss", [number, 2]), Node("notify", "ss", [number, self.random.choice([1, 2])])]
            if number >= 2:
                woken = [Node("hold", "ss", [number], [woken])]
            elif self.random.random() < 0.5:
                woken = [Node("cond_acquire", "ss", [number]), *woken]
            ways["conditions"].append(woken if number >= 2 else [*woken, Node("cond_release", "ss", [number])])
        if self.theme in ways and ways[self.theme] and self.random.random() < 0.7:
            return ways[self.theme]
        return [way for family in ways if family not in self.without for way in ways[family]] or [[]]

    def block(self, most=3, least=1):
        self.depth += 1
        nodes = []
        for _ in range(self.random.randint(least, max(least, most))):
            if self.budget <= 0 and len(nodes) >= least:
                break
            nodes.append(self.node())
        self.depth -= 1
        return nodes

    def plain_block(self):
        """The block of a callback."""
        self.plain, saved = True, self.plain
        nodes = self.block(2)
        self.plain = saved
        return nodes

    def node(self):
        self.budget -= 1
        while True:
            name, _, family, nests, make = self.random.choices(TABLE, self.weights)[0]
            if family in self.without or (self.plain and (name not in PLAIN or family in ("control", "scopes"))):
                continue
            if nests and self.depth > 5:
                continue
            try:
                args, blocks = make(self)
            except Skip:
                continue
            return Node(name, self.handling(), args, blocks)

    def handling(self):
        cancelled = self.random.choices("psc", [14, 3, 1] if self.calm else [6, 5, 2])[0]
        other = self.random.choices("psc", [2, 5, 1] if self.calm else [5, 3, 1])[0]
        return cancelled + other

    # Arguments

    def chance(self):
        return self.random.randint(0, 1)

    def delay(self):
        return self.random.choice(self.delays)

    def deadline(self):
        return max(self.random.choice([-1, 0, 1, 2, 3]), self.delay() - 1)

    def task(self):
        return self.random.randrange(self.count)

    def higher(self):
        """A task this one may wait for."""
        if self.owner + 1 >= self.count:
            raise Skip
        return self.random.randrange(self.owner + 1, self.count)

    def joined(self):
        """The same, or itself: that is an error, which does not hang."""
        return self.owner if self.random.random() < 0.03 else self.higher()

    def new_task(self):
        """Usually one that nobody creates yet."""
        unborn = sorted(task for task in self.unborn if task > self.owner)
        if not unborn or self.random.random() < 0.1:
            return self.higher() if self.owner + 1 < self.count else self.task() or 1
        task = self.random.choice(unborn)
        self.unborn.discard(task)
        return task

    def several(self, count=None):
        """Members of a gather or wait: tasks, now and then a future, or the same one twice."""
        if count is None:
            count = self.random.choice([0, 1, 2, 2, 3, 4])
        futures = 0 if "futures" in self.without else 0.5 if self.random.random() < 0.3 else 0.05
        members = [FUTURE_0 + future(self) if self.random.random() < futures else self.higher() for _ in range(count)]
        if count > 1 and self.random.random() < (0.4 if self.theme == "gather" else 0.1):
            members[1] = members[0]
        return members

    def several_tasks(self):
        """Each once."""
        members = sorted({member for member in self.several() or self.several() if member < FUTURE_0})
        self.random.shuffle(members)
        return members

    def semaphore(self, *numbers):
        return self.of_these(self.semaphores.intersection(numbers))

    def condition(self, loose=None):
        """loose: one that is acquired and released; False: one that is entered."""
        return self.of_these({number for number in self.conditions if loose in (None, number < 2)})

    def held_condition(self):
        """One that this task may wait for."""
        return self.of_these(self.conditions.intersection([0, 1, *self.held]))

    def of_these(self, numbers):
        if not numbers:
            raise Skip
        return self.random.choice(sorted(numbers))

    def token(self):
        return self.random.randrange(2 if self.theme == "contexts" else 6)

    def context(self):
        return self.random.randrange(2)

    def error(self):
        return self.random.randint(1, 3)

    def of(self, count):
        """One of the first numbers 0 .. count-1."""
        if not count:
            raise Skip
        return self.random.randrange(count)


def main():
    first, count = map(int, sys.argv[1:3])
    for seed in range(first, first + count):
        print(Generator(seed).program().text(), end="")


if __name__ == "__main__":
    main()
