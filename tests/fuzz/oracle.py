"""Runs programs (program.py) in CPython's asyncio and prints the log that fuzz.c must print, too.

usage: oracle.py < programs > logs

Needs CPython 3.13: its rules (uncancel to 0 clears an undelivered cancel, a group delivers a lost one again, Queue has
shutdown) are the reference. What CPython leaves open is pinned here: equal deadlines fire in start order, a group
aborts its children and run() its leftovers in creation order, never-retrieved errors are listed when all is over. In one
thing C is better: an error counts as seen when it was delivered or read, not when what failed is cancelled afterwards,
when CANCELLED was delivered to the waiter in its place, or when a wait or shield only looked for its own purposes.
"""

import asyncio
import gc
import sys
import warnings
from asyncio import base_events, events, futures, taskgroups, tasks

from compounds import OrderedSet
from operations import OPERATIONS
from program import parse
from support import Failure, outcome_of


class Deadlock(Exception):
    pass


class OrderedTimer(events.TimerHandle):
    """CPython's heap is not stable; the start order decides here."""

    __slots__ = ("sequence",)

    def __lt__(self, other):
        return (self._when, self.sequence) < (other._when, other.sequence)


class OrderedGroup(taskgroups.TaskGroup):
    def __init__(self):
        super().__init__()
        self._tasks = OrderedSet()


class KeepsError:
    def exception(self):
        unseen = self._log_traceback
        error = super().exception()
        if sys._getframe(1).f_code.co_name in ("_on_completion", "_inner_done_callback"):
            self._Future__log_traceback = unseen        # wait and shield have a look, but deliver nothing yet
        return error

    def cancel(self, msg=None):
        unseen = self._log_traceback
        cancelled = super().cancel(msg)
        self._Future__log_traceback = unseen
        return cancelled


class Future(KeepsError, futures._PyFuture):
    pass


class Task(KeepsError, tasks._PyTask):
    def _Task__wakeup(self, future):
        if self._must_cancel:
            self._Task__step()              # that is what follows, but without a look at the future
        else:
            super()._Task__wakeup(future)


class Loop(base_events.BaseEventLoop):
    """A loop without descriptors: its select adds the time-out to a virtual clock."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self._clock_resolution = 0.5        # deadlines are whole numbers
        self._selector = self
        self.created = []                   # all tasks, in creation order
        self.timers = 0

    def time(self):
        return self.now

    def select(self, timeout):
        if timeout is None:
            raise Deadlock
        self.now += timeout

    def _process_events(self, event_list):
        pass

    def call_at(self, when, callback, *args, context=None):
        timer = OrderedTimer(when, callback, args, self, context)
        timer.sequence, self.timers = self.timers, self.timers + 1
        timer._scheduled = True
        base_events.heapq.heappush(self._scheduled, timer)
        return timer

    def create_task(self, coro, *, name=None, context=None):
        task = Task(coro, loop=self, name=name, context=context)
        self.created.append(task)
        return task


QUEUES = asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue


class World:
    """What the operations of one program work on."""

    def __init__(self, program, loop):
        self.program, self.loop = program, loop
        self.lines, self.silent = [], False
        self.passes, self.marked = 0, False
        self.numbers = {}                   # task -> its number
        self.tasks = [None] * len(program.tasks)        # handles, dropped by "release"
        self.taken = [False] * len(program.tasks)
        self.scopes = {}                    # task number -> its open timeout blocks
        self.groups, self.gathers, self.handles, self.callbacks = {}, {}, {}, {}
        self.iterated = []                  # the members of each as_completed that was begun and not ended
        self.new_group = OrderedGroup
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

    def start(self, number, create_task):
        """Creates task `number` with the given create_task; None if there was one already."""
        if self.taken[number]:
            return None
        task = create_task(self.root(number))
        self.taken[number], self.numbers[task], self.scopes[number] = True, number, []
        return task

    async def root(self, number):
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

    def call(self, nodes):
        """The block of a callback: no await, and failures are only logged."""
        for node in nodes:
            try:
                value = OPERATIONS[node.name](self, "c", node)
            except Exception as caught:
                self.log("c", node, outcome_of(caught))
            else:
                self.log("c", node, "ok" if value is None else f"ok {value}")


def run(program):
    """Runs one program as asyncio.run() would; returns its log."""
    loop = Loop()
    world = World(program, loop)
    loop.set_exception_handler(lambda loop, context: None)
    main = world.tasks[0] = world.start(0, loop.create_task)
    status = "ok"
    try:
        loop.run_until_complete(main)
    except Deadlock:
        status = "deadlock"
    except (asyncio.CancelledError, Exception) as error:
        status = outcome_of(error)
    try:
        shut_down(world, loop)
    except Deadlock:
        status = "deadlock"
    world.write(f"run {status}")
    # What is let go of only at the end counts in C as having seen its members: a gather that is done all of them; one
    # that is not, and an as_completed, its tasks, as nobody can be told of them any more when their last handle goes.
    kept = [(gathered.done(), getattr(gathered, "_children", ())) for gathered, _ in world.gathers.values()]
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
