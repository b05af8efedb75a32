"""Runs programs (program.py) in CPython's asyncio and prints the log that fuzz.c must print, too.

usage: oracle.py < programs > logs

Needs CPython 3.13: its rules (uncancel to 0 clears an undelivered cancel, a group delivers a lost one again, Queue has
shutdown) are the reference. pinned.py says what of it is pinned; here it is that run() cancels its leftovers in creation
order, and that never-retrieved errors are listed when all is over.
"""

import asyncio
import contextvars
import gc
import sys
import warnings

from operations import OPERATIONS
from pinned import Deadlock, Future, Loop, Task
from program import parse
from support import Failure, outcome_of


QUEUES = asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue


class World:
    """What the operations of one program work on."""

    def __init__(self, program, loop):
        self.program, self.loop = program, loop
        self.lines, self.silent = [], False
        self.passes, self.marked = 0, False
        self.numbers = {}                   # task -> its number
        self.tasks = [None] * len(program.tasks)        # handles, dropped by "release"
        self.taken = [number < program.runs for number in range(len(program.tasks))]
        self.scopes = {}                    # task number -> its open timeout blocks
        self.groups, self.gathers, self.handles, self.callbacks = {}, {}, {}, {}
        self.iterated = []                  # the members of each as_completed that was begun and not ended
        self.gathered = []                  # every gather that was awaited at once
        self.contexts, self.tokens = {}, {}
        self.locks = [asyncio.Lock() for _ in range(5)]         # the last two are those of conditions
        self.events = [asyncio.Event() for _ in range(2)]
        self.queues = [QUEUES[size // 10](size % 10) for size in program.queues]
        self.futures = [Future(loop=loop) for _ in range(4)]
        kinds = asyncio.Semaphore, asyncio.BoundedSemaphore, asyncio.BoundedSemaphore
        self.semaphores = [kind(value) for kind, value in zip(kinds, program.semaphores, strict=True)]
        self.conditions = [asyncio.Condition(lock) for lock in (*self.locks[3:4] * 2, *self.locks[4:] * 2, None)]
        self.counters = [0] * len(self.conditions)
        self.barriers = [asyncio.Barrier(parties) for parties in program.barriers]

    def write(self, line):
        if not self.silent:
            self.lines.append(line)

    def log(self, who, node, outcome):
        """One line: passes, time, who, what, outcome. A callback behind the first line of a pass counts the passes."""
        if self.program.marks and not self.marked and not self.silent:
            self.marked = True
            self.loop.call_soon(self.mark)
        what = f"{node.name}.{node.index}" if node else "end"
        self.write(f"{self.passes} {self.loop.now:.0f} {who} {what} {outcome}")

    def mark(self):
        self.marked = False
        self.passes += 1

    def take(self, number):
        """Whether the task with that number is made here and now: there is one of each."""
        free = not self.taken[number]
        if free:
            self.taken[number], self.scopes[number] = True, []
        return free

    def start(self, number, create_task, **options):
        """Creates task `number`, which take() gave, with the given create_task."""
        try:
            task = create_task(self.root(number), **options)
        except RuntimeError:                # a group that refuses it
            self.taken[number] = False
            raise
        self.numbers[task] = number
        return task

    async def root(self, number):
        task = asyncio.current_task()
        self.numbers[task] = number
        if number < max(self.program.runs, 1):          # nobody else has a handle of it
            self.tasks[number], self.scopes[number] = task, []
        error = None
        try:
            await self.block(number, self.program.tasks[number])
        except (asyncio.CancelledError, Exception) as caught:
            error = caught.with_traceback(None)
        self.log(number, None, outcome_of(error) if error else "ok")
        if error:
            raise error
        return 100 + number

    async def block(self, number, nodes):
        for node in nodes:
            if node.name == "return":
                self.log(number, node, "ok")
                return
            await self.step(number, node)

    async def step(self, number, node):
        error = None
        try:
            value = OPERATIONS[node.name](self, number, node)
            if asyncio.iscoroutine(value):
                value = await value
        except (asyncio.CancelledError, Exception) as caught:
            error = caught.with_traceback(None)
            error.__context__ = error.__cause__ = None
        if error is None:
            self.log(number, node, "ok" if value is None else f"ok {value}")
            return
        self.log(number, node, outcome_of(error))
        cancelled = isinstance(error, asyncio.CancelledError)
        how = node.handling[0 if cancelled else 1]
        if how == "c":
            error = Failure(8 if cancelled else 9)
        if how != "s":
            raise error

    def call(self, nodes, who="c"):
        """The block of a callback: no await, and failures are only logged."""
        for node in nodes:
            try:
                value = OPERATIONS[node.name](self, who, node)
            except Exception as caught:
                self.log(who, node, outcome_of(caught))
            else:
                self.log(who, node, "ok" if value is None else f"ok {value}")


def run_mains(world, loop):
    """One main function as asyncio.run() would, or several with one asyncio.Runner."""
    runner = asyncio.Runner(loop_factory=lambda: loop) if world.program.runs else None
    for number in range(max(world.program.runs, 1)):
        status = "ok"
        try:
            if runner:
                runner.run(world.root(number))
            else:
                world.take(number)
                loop.run_until_complete(loop.create_task(world.root(number)))
        except Deadlock:
            status = "deadlock"
        except (asyncio.CancelledError, Exception) as error:
            status = outcome_of(error)
        world.write(f"run {status}")
        if status == "deadlock":
            break


def run(program):
    """Runs one program; returns its log."""
    return contextvars.Context().run(run_here, program)


def run_here(program):
    loop = Loop()
    world = World(program, loop)
    loop.set_exception_handler(lambda loop, context: None)
    run_mains(world, loop)
    status = "ok"
    try:
        shut_down(world, loop)
    except Deadlock:
        status = "deadlock"
    world.write(f"closed {status}")
    # What is let go of only at the end counts in C as having seen its members: a gather that is done all of them; one
    # that is not, and an as_completed, its tasks, as nobody can be told of them any more when their last handle goes. A
    # gather that is done and let go of before counts so, too: here the loop may end before it has looked at the last.
    kept = [(gathered.done(), getattr(gathered, "_children", ())) for gathered, _ in world.gathers.values()]
    kept += [(True, getattr(gathered, "_children", ())) for gathered in world.gathered if gathered and gathered.done()]
    for done, members in (*kept, *((False, members) for members in world.iterated)):
        for member in members:
            if done or isinstance(member, Task):
                member._log_traceback = False
    numbers = sorted(world.numbers[task] for task in loop.created
                     if task in world.numbers and task._log_traceback)
    lost = [f"t{number}" for number in numbers]
    lost += [f"f{number}" for number, future in enumerate(world.futures) if future._log_traceback]
    world.write(" ".join(["unseen", *lost]))
    world.silent = True
    loop.close()
    return world.lines


def shut_down(world, loop):
    """What asyncio.run() does at its end, but in creation order; where it would hang the C side ends with an error."""
    left = [task for task in loop.created if not task.done()]
    for task in left:
        task.cancel()
    try:
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    finally:
        for task in left:
            if task.done() and not task.cancelled() and task.exception():
                world.write(f"shutdown {world.numbers[task]} {outcome_of(task.exception())}")


def main():
    if sys.version_info[:2] != (3, 13):
        sys.exit("oracle.py: needs CPython 3.13, whose rules are the reference")
    sys.unraisablehook = lambda _: None         # leftovers of finished programs complain when they are collected
    warnings.simplefilter("ignore")             # a group that refuses a child closes its coroutine
    gc.disable()                                # or they would run in the middle of the next one
    for number, program in enumerate(parse(sys.stdin.read())):
        lines = run(program)
        if any("Error(" in line for line in lines):
            sys.exit("\n".join(["oracle.py: an error without a name", program.text(), *lines]))
        print(f"program {program.number}", *lines, sep="\n")
        if number % 20 == 19:
            gc.collect()


if __name__ == "__main__":
    main()
