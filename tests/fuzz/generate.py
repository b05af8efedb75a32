"""Prints random programs (program.py).

usage: generate.py FIRST_SEED COUNT > programs

A new operation needs a function in operations.py, a row in the table below and its place in fuzz.c. Rules that the
rows keep: a task waits only on tasks with higher numbers (and, rarely, on itself), so nobody waits in a ring, where
CPython overflows its stack; callbacks get operations that do not await; a lock is either entered or acquired.
"""

import random
import sys

from operations import PLAIN
from program import Node, Program

TABLE = []


def row(weight, family, nests=False):
    """Registers a maker of nodes; a program leaves out some families, so that the others meet more often."""
    def register(make):
        TABLE.append((make.__name__.rstrip("_"), weight, family, nests, make))
        return make
    return register


def simple(name, weight, family, *arguments):
    """A row whose integers are drawn one by one: each argument is a function of the generator."""
    def make(g):
        return [argument(g) for argument in arguments], []
    make.__name__ = name
    row(weight, family)(make)


class Skip(Exception):
    """There is nothing this operation could work on here."""


class Generator:
    def __init__(self, seed):
        self.seed, self.random = seed, random.Random(seed)
        self.count = self.random.randint(4, 10)
        self.owner = 0                                  # the task being made
        self.unborn = set()                             # tasks that main does not create at its start
        self.groups, self.gathers = [], []              # owner of each; lowest child of each
        self.handles = self.callbacks = self.generators = 0
        self.budget, self.depth, self.plain = 0, 0, False
        self.delays = self.random.choice([[0, 1], [1, 2], [0, 1, 2, 3], [1, 2, 3, 5, 8, 13], range(1, 200)])
        self.calm = self.random.random() < 0.5
        families = sorted({family for _, _, family, _, _ in TABLE} - {"control", "tasks"})
        self.without = {family for family in families if self.random.random() < 0.4}
        # Half of them have a theme: many small tasks that crowd round one object, and are cancelled at any moment.
        self.theme = self.random.choice(families) if self.random.random() < 0.5 else None
        self.without.discard(self.theme)
        if self.theme:
            self.count, self.delays = 10, self.random.choice([[0, 1], [1, 2]])
        self.weights = [weight * (6 if family == self.theme else 3 if self.theme and name == "cancel" else 1)
                        for name, weight, family, _, _ in TABLE]

    def program(self):
        self.unborn = {task for task in range(1, self.count) if self.random.random() < 0.35}
        first = [task for task in range(1, self.count) if task not in self.unborn]
        tasks = []
        for self.owner in range(self.count):
            self.budget = self.random.randint(4, 14)
            tasks.append(self.block(self.budget))
        tasks[0][:0] = [Node("create", "pp", [task]) for task in sorted([*first, *self.unborn])]
        if self.random.random() < 0.6:
            tasks[-1] = self.helper()
        if self.random.random() < 0.6:
            tasks[0] += [Node("join", "ss", [task]) for task in range(1, self.count)]
        queues = [self.random.choice([0, 1, 1, 2, 3]) for _ in range(3)]
        return Program(self.seed, int(self.random.random() < 0.7), queues, tasks)

    def helper(self):
        """A task that goes on whatever happens and wakes others, so that fewer programs end in a deadlock."""
        nodes = []
        for _ in range(self.random.randint(4, 10)):
            nodes.append(Node("sleep", "ss", [self.delay()]))
            name, args = self.random.choice([("event_set", [event(self)]), ("future_set", [future(self)]),
                                             ("put_nowait", [queue(self)]), ("get_nowait", [queue(self)])])
            nodes.append(Node(name, "ss", args))
        return nodes

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

    def several(self):
        return [self.higher() for _ in range(self.random.choice([0, 1, 2, 2, 3, 4]))]

    def error(self):
        return self.random.randint(1, 3)

    def of(self, count):
        """One of the first numbers 0 .. count-1."""
        if not count:
            raise Skip
        return self.random.randrange(count)


def one_of(count, family):
    """The number of an object; a program with that theme has only the first."""
    return lambda g: 0 if g.theme == family else g.random.randrange(count)


queue, event, future = one_of(3, "queues"), one_of(2, "events"), one_of(4, "futures")
task, higher, delay, deadline = Generator.task, Generator.higher, Generator.delay, Generator.deadline
chance, error = Generator.chance, Generator.error

simple("raise", 3, "control", error)
simple("return", 1, "control")
simple("sleep", 12, "control", delay)
simple("sleep", 4, "control", lambda g: 0)
simple("create", 3, "tasks", Generator.new_task)
simple("go", 1, "tasks", Generator.new_task)
simple("release", 1, "tasks", task)
simple("join", 6, "tasks", Generator.joined)
simple("cancel", 8, "tasks", task)
simple("cancel", 1, "tasks", lambda g: g.owner)
simple("uncancel", 2, "tasks", task)
simple("cancelling", 1, "tasks", task)
simple("look", 1, "tasks", task)
simple("reschedule", 3, "scopes", deadline)
simple("join_for", 3, "timeouts", higher, deadline)
simple("future_for", 2, "timeouts", future, deadline)
simple("acquire", 4, "locks")
simple("unlock", 3, "locks")
simple("locked", 1, "locks", one_of(3, None))
simple("event_wait", 8, "events", event)
simple("event_set", 5, "events", event)
simple("event_clear", 3, "events", event)
simple("put", 8, "queues", queue)
simple("get", 9, "queues", queue)
simple("put_nowait", 3, "queues", queue)
simple("get_nowait", 3, "queues", queue)
simple("task_done", 2, "queues", queue)
simple("queue_join", 2, "queues", queue)
simple("shutdown", 1, "queues", queue, chance)
simple("size", 1, "queues", queue)
simple("future_wait", 8, "futures", future)
simple("future_set", 4, "futures", future)
simple("future_fail", 2, "futures", future, error)
simple("future_cancel", 2, "futures", future)
simple("future_look", 1, "futures", future)


@row(4, "nest", nests=True)
def call(g):
    nodes = g.block()
    if "locks" not in g.without and g.random.random() < 0.4:
        nodes = [Node("acquire", "pp"), *nodes, Node("unlock", g.handling())]
    return [], [nodes]


@row(1, "nest", nests=True)
def deep(g):
    return [g.random.choice([1, 5, 20, 60])], [g.block()]


@row(5, "nest", nests=True)
def finally_(g):
    return [], [g.block(), g.block(2)]


@row(3, "nest", nests=True)
def each(g):
    g.generators += 1
    items = g.random.randint(0, 3)
    return [g.random.randint(1, 4)], [g.block(2), g.block(2), *(g.block(2) for _ in range(items))]


@row(8, "timeouts", nests=True)
def timeout(g):
    return [g.deadline()], [g.block()]


@row(4, "timeouts", nests=True)
def wait_for(g):
    return [g.deadline()], [g.block()]


@row(6, "locks", nests=True)
def lock(g):
    return [one_of(2, "locks")(g)], [g.block()]


@row(8, "groups", nests=True)
def group(g):
    number = len(g.groups)
    g.groups.append(g.owner)
    wanted = [task for task in sorted(g.unborn) if task > g.owner][:g.random.randint(1, 3)]
    g.unborn.difference_update(wanted)
    return [number], [[Node("spawn", g.handling(), [number, child]) for child in wanted] + g.block()]


@row(2, "groups")
def spawn(g):
    """Into any group whose owner may wait for the child, also from other tasks and callbacks."""
    number = g.of(len(g.groups))
    children = [task for task in range(g.groups[number] + 1, g.count)]
    unborn = [task for task in children if task in g.unborn]
    if not children:
        raise Skip
    child = g.random.choice(unborn or children)
    g.unborn.discard(child)
    return [number, child], []


@row(4, "gather")
def gather(g):
    return [g.chance(), *g.several()], []


@row(2, "gather")
def keep(g):
    number, members = len(g.gathers), g.several()
    g.gathers.append(min([*members, g.count]))
    return [number, g.chance(), *members], []


@row(3, "gather")
def keep_wait(g):
    number = g.of(len(g.gathers))
    if g.gathers[number] <= g.owner:
        raise Skip
    return [number], []


@row(2, "gather")
def keep_cancel(g):
    return [g.of(len(g.gathers))], []


@row(3, "callbacks", nests=True)
def soon(g):
    g.handles += 1
    return [g.handles - 1], [g.plain_block()]


@row(3, "callbacks", nests=True)
def later(g):
    g.handles += 1
    return [g.handles - 1, g.delay()], [g.plain_block()]


@row(2, "callbacks")
def handle_cancel(g):
    return [g.of(g.handles)], []


@row(2, "callbacks", nests=True)
def task_callback(g):
    g.callbacks += 1
    return [g.callbacks - 1, g.task()], [g.plain_block()]


@row(2, "callbacks", nests=True)
def future_callback(g):
    g.callbacks += 1
    return [g.callbacks - 1, future(g)], [g.plain_block()]


@row(1, "callbacks")
def callback_remove(g):
    return [g.of(g.callbacks)], []


def main():
    first, count = map(int, sys.argv[1:3])
    for seed in range(first, first + count):
        print(Generator(seed).program().text(), end="")


if __name__ == "__main__":
    main()
