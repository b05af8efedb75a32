"""The table of operations that generate.py draws from. g is always its Generator.

A new operation needs a row here, a function in control.py, compounds.py, contexts.py or objects.py, and its place in fuzz.c. Rules
that the rows keep: a task waits only on tasks with higher numbers (and, rarely, on itself), so nobody waits in a ring,
where CPython overflows its stack; callbacks get operations that do not await; a lock, or a condition, is either entered
or acquired.
"""

from program import Node

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


def one_of(count, family):
    """The number of an object; a program with that theme has only the first."""
    return lambda g: 0 if g.theme == family else g.random.randrange(count)


def drawn(name):
    """An argument that is a method of the generator."""
    return lambda g: getattr(g, name)()


queue, event, future = one_of(3, "queues"), one_of(2, "events"), one_of(4, "futures")
barrier = one_of(2, "barriers")
task, higher, delay, deadline = drawn("task"), drawn("higher"), drawn("delay"), drawn("deadline")
chance, error, condition = drawn("chance"), drawn("error"), drawn("condition")

simple("raise", 3, "control", error)
simple("return", 1, "control")
simple("sleep", 12, "control", delay)
simple("sleep", 4, "control", lambda g: 0)
simple("create", 3, "tasks", drawn("new_task"))
simple("go", 1, "tasks", drawn("new_task"))
simple("eager", 4, "eager", drawn("new_task"))
simple("set_eager", 1, "eager", chance)
simple("release", 1, "tasks", task)
simple("join", 6, "tasks", drawn("joined"))
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
simple("sem_acquire", 8, "semaphores", lambda g: g.semaphore(0, 2))
simple("sem_release", 6, "semaphores", lambda g: g.semaphore(0, 2))
simple("sem_locked", 1, "semaphores", lambda g: g.semaphore(0, 1, 2))
simple("cond_acquire", 2, "conditions", lambda g: g.condition(loose=True))
simple("cond_release", 2, "conditions", lambda g: g.condition(loose=True))
simple("cond_locked", 1, "conditions", condition)
simple("cond_wait", 8, "conditions", drawn("held_condition"))
simple("cond_wait_for", 4, "conditions", drawn("held_condition"), lambda g: g.random.choice([-1, 0, 1, 1, 2, 3]))
simple("bump", 3, "conditions", condition, lambda g: g.random.choice([1, 1, 1, 2, -1]))
simple("notify", 5, "conditions", condition, lambda g: g.random.choice([0, 1, 1, 1, 2, 3]))
simple("notify_all", 2, "conditions", condition)
simple("barrier_wait", 9, "barriers", barrier)
simple("barrier_reset", 2, "barriers", barrier)
simple("barrier_abort", 1, "barriers", barrier)
simple("barrier_look", 1, "barriers", barrier)
simple("failures", 1, "groups", lambda g: g.of(len(g.groups)))
simple("var_set", 5, "contexts", one_of(3, "contexts"), drawn("token"), lambda g: g.random.randint(1, 9))
simple("var_get", 7, "contexts", one_of(3, "contexts"))
simple("var_reset", 5, "contexts", one_of(3, "contexts"), drawn("token"))
simple("context_copy", 2, "contexts", drawn("context"))
simple("context_get", 3, "contexts", drawn("context"), one_of(3, "contexts"))
simple("keep_cancel", 2, "gather", lambda g: g.of(len(g.gathers)))
simple("keep_look", 1, "gather", lambda g: g.of(len(g.gathers)))


@row(4, "nest", nests=True)
def call(g):
    nodes = g.block()
    if "locks" not in g.without and g.random.random() < 0.4:
        nodes = [Node("acquire", "pp"), *nodes, Node("unlock", g.handling())]
    elif "conditions" not in g.without and g.theme != "locks" and g.random.random() < 0.4:
        number = g.condition(loose=True)
        nodes = [Node("cond_acquire", "pp", [number]), *nodes, Node("cond_release", g.handling(), [number])]
    return [], [nodes]


@row(6, "shields", nests=True)
def guard(g):
    """Often with what a shield does not stop, a group that fails, or with a request that is taken back in it."""
    nodes = []
    if "groups" not in g.without and g.depth < 4 and g.random.random() < 0.3:
        args, blocks = group(g)
        nodes.append(Node("group", g.handling(), args, blocks))
    nodes += g.block(2)
    if g.random.random() < 0.4:
        nodes.insert(0, Node("cancel", "pp", [g.owner]))
    if g.random.random() < 0.4:
        nodes += [Node("sleep", "ss", [g.delay()]), Node("uncancel", "pp", [g.owner])]
    return [], [nodes]


@row(4, "contexts", nests=True)
def context_run(g):
    nodes = g.plain_block()
    if g.random.random() < 0.6:
        nodes.insert(0, Node("var_set", "ss", [one_of(3, "contexts")(g), g.token(), g.random.randint(1, 9)]))
    return [g.context()], [nodes]


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


@row(6, "semaphores", nests=True)
def permit(g):
    return [g.semaphore(0, 1)], [g.block()]


@row(9, "conditions", nests=True)
def hold(g):
    """Inside one may wait for what shares its lock. One inside another waits for itself: rarely."""
    number = g.condition(loose=False)
    if number in g.held and g.random.random() < 0.95:
        raise Skip
    shares = [2, 3] if number < 4 else [4]
    g.held += shares
    nodes = g.block()
    g.held = g.held[:-len(shares)]
    if g.random.random() < 0.4:
        nodes.append(Node("bump", "ss", [g.random.choice(shares), 1]))
    if g.random.random() < 0.6:
        nodes.append(Node("notify", "ss", [g.random.choice(shares), g.random.randint(1, 2)]))
    return [number], [nodes]


@row(8, "groups", nests=True)
def group(g):
    number = len(g.groups)
    g.groups.append(g.owner)
    wanted = [task for task in sorted(g.unborn) if task > g.owner][:g.random.randint(1, 3)]
    g.unborn.difference_update(wanted)
    policy, limit = g.random.choice([0, 0, 0, 1, 2]), g.random.choice([0, 0, 0, 1, 1, 2])
    return [number, policy, limit], [[Node("spawn", g.handling(), [number, child]) for child in wanted] + g.block()]


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


@row(3, "gather")
def calls(g):
    unborn = [task for task in sorted(g.unborn) if task > g.owner]
    if not unborn:
        raise Skip
    children = g.random.sample(unborn, min(len(unborn), g.random.randint(1, 4)))
    g.unborn.difference_update(children)
    return children, []


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


@row(4, "waits")
def wait(g):
    return [g.random.randint(0, 2), g.deadline(), *(g.several() or g.several())], []


@row(3, "waits")
def race(g):
    return g.several_tasks(), []


@row(4, "waits")
def shield(g):
    return g.several(1), []


@row(4, "waits", nests=True)
def completed(g):
    return [g.random.choice([1, 2, 3, 5]), g.deadline(), *g.several_tasks()], [g.block(2)]


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
