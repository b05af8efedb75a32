"""asyncio's own classes, with what CPython leaves open pinned, and what the C side has beyond asyncio added to them.

Pinned: equal deadlines fire in start order, a group aborts its children in creation order. In one thing C is better: an
error counts as seen when it was delivered or read, not when what failed is cancelled afterwards, when CANCELLED was
delivered to the waiter in its place, or when a wait or shield only looked for its own purposes. In another: a child that
is started eagerly belongs to its group from its first step on, and is cancelled with it; CPython forgets that one.
Added: shields within a task, policies and limits of groups.
"""

import asyncio
import sys
from asyncio import base_events, events, futures, taskgroups, tasks, timeouts

from compounds import OrderedSet


class Deadlock(Exception):
    pass


class OrderedTimer(events.TimerHandle):
    """CPython's heap is not stable; the start order decides here."""

    __slots__ = ("sequence",)

    def __lt__(self, other):
        return (self._when, self.sequence) < (other._when, other.sequence)


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
    """In a shield the task counts its requests anew; what came before, and what comes from outside of it, waits below."""

    def __init__(self, coro, *, loop, group=None, gate=None, **options):
        loop.created.append(self)
        self.shields, self.inside = [], 0   # for each shield: how many requests wait, and whether one is to be thrown
        self.gate = gate                # where a child waits for its turn; None: it has had it
        if group:
            group._tasks.add(self)
        super().__init__(coro, loop=loop, **options)
        if gate:
            loop._ready.pop()           # its first step is that which follows the gate
            gate.add_done_callback(self._Task__wakeup, context=self._context)
            self._fut_waiter = gate

    def _Task__wakeup(self, future):
        if self._must_cancel:
            self._Task__step()              # that is what follows, but without a look at the future
        else:
            super()._Task__wakeup(future)

    def cancel(self, msg=None):
        """From inside so many shields, which do not stop it."""
        inside, self.inside = self.inside, 0
        if sys._getframe(1).f_code.co_name in ("__aexit__", "_aexit"):     # the group that ends passes a request on
            inside = len(self.shields)
        if not self.done() and len(self.shields) > inside:
            self.shields[inside] = self.shields[inside][0] + 1, True
            return True
        return super().cancel(msg)

    def requests(self):
        return self.cancelling() + sum(count for count, throws in self.shields)

    def take_back(self):
        """Anybody's uncancel(): what came from outside first."""
        for i, (count, throws) in enumerate(self.shields):
            if count > 0:
                self.shields[i] = count - 1, throws and count > 1
                return self.requests()
        self.uncancel()
        return self.requests()

    def enter_shield(self):
        self.shields.append((self._num_cancels_requested, self._must_cancel))
        self._num_cancels_requested, self._must_cancel = 0, False

    def leave_shield(self):
        count, throws = self.shields.pop()
        self._num_cancels_requested += count
        self._must_cancel |= throws


class Timeout(timeouts.Timeout):
    """Its deadline works in the shields in which it was entered."""

    async def __aenter__(self):
        self.shields = len(asyncio.current_task().shields)
        return await super().__aenter__()

    def _on_timeout(self):
        self._task.inside = self.shields
        super()._on_timeout()


timeouts.Timeout = Timeout              # for asyncio.timeout() and wait_for()

CANCEL_ON_FAILURE, COLLECT_ALL, IGNORE_FAILURES = range(3)


class Group(taskgroups.TaskGroup):
    def __init__(self, policy, limit):
        super().__init__()
        self._tasks = OrderedSet()
        self.policy, self.limit = policy, limit
        self.failures = [] if policy == IGNORE_FAILURES else self._errors
        self.running, self.parked = 0, []

    async def __aenter__(self):
        self.shields = len(asyncio.current_task().shields)
        return await super().__aenter__()

    def create_task(self, coro):
        if not self._entered or self._aborting or (self._exiting and not self._tasks):
            coro.close()
            raise RuntimeError
        if self.limit and self.running >= self.limit:
            task = self._loop.create_task(coro, group=self, gate=self._loop.create_future())
            self.parked.append(task)
        else:
            self.running += 1
            task = self._loop.create_task(coro, group=self)
        if task.done():
            self._on_task_done(task)
        else:
            task.add_done_callback(self._on_task_done)
        return task

    def _on_task_done(self, task):
        if task.gate is None:
            self.running -= 1
        if self.policy == CANCEL_ON_FAILURE:
            self._parent_task.inside = self.shields
            super()._on_task_done(task)
            self._parent_task.inside = 0
        else:
            aborting, self._aborting = self._aborting, True
            errors, self._errors = self._errors, self.failures
            super()._on_task_done(task)
            self._aborting, self._errors = aborting, errors
        while self.parked and self.running < self.limit:
            parked = self.parked.pop(0)
            if not parked.gate.done():
                parked.gate.set_result(None)
                parked.gate = None
                self.running += 1


class Loop(base_events.BaseEventLoop):
    """A loop without descriptors: its select adds the time-out to a virtual clock."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self._clock_resolution = 0.5        # deadlines are whole numbers
        self._selector = self
        self.created = []                   # all tasks, in creation order
        self.timers = 0
        self.eager = False                  # whether all new tasks are

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

    def create_task(self, coro, *, name=None, context=None, eager=False, group=None, gate=None):
        eager = (eager or self.eager) and gate is None
        return Task(coro, loop=self, name=name, context=context, eager_start=eager, group=group, gate=gate)
