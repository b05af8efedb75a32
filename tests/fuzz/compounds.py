"""Operations that wait for several tasks and futures: gather, wait, as_completed; and shield.

Members are given as integers: the number of a task, or FUTURE_0 and the number of a future.
"""

import asyncio
from asyncio import tasks

from support import operation, outcome_of, peek

FUTURE_0 = 1000
RULES = asyncio.ALL_COMPLETED, asyncio.FIRST_COMPLETED, asyncio.FIRST_EXCEPTION


class OrderedSet(dict):
    """Instead of asyncio's sets, whose order is by chance."""

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)

    remove = discard


def target(world, number):
    """None when it is a task whose handle was released."""
    return world.futures[number - FUTURE_0] if number >= FUTURE_0 else world.tasks[number]


def targets(world, numbers):
    """None when one of them is."""
    members = [target(world, number) for number in numbers]
    return None if None in members else members


# Gather

def gather_of(world, node, first):
    members = targets(world, node.args[first:])
    return None if members is None else asyncio.gather(*members, return_exceptions=bool(node.args[first - 1]))


def listing(world, numbers, values):
    """A task whose handle was released meanwhile cannot be looked at in C."""
    outcomes = ("-" if target(world, number) is None else
                outcome_of(value) if isinstance(value, BaseException) else str(value)
                for number, value in zip(numbers, values, strict=True))
    return f"[{' '.join(outcomes)}]"


@operation
async def gather(world, task, node):
    gathered = gather_of(world, node, 1)
    world.gathered.append(gathered)
    return listing(world, node.args[1:], await gathered) if gathered else "none"


@operation
async def calls(world, task, node):
    """Straight from coroutines; of every second one, the last included, the result is wanted."""
    numbers = node.args
    if any([world.taken[number] for number in numbers]):
        return "taken"
    for number in numbers:
        world.take(number)
    world.gathered.append(asyncio.gather(*[world.root(number) for number in numbers]))
    results = await world.gathered[-1]
    wanted = (str(result) if (place + len(numbers)) % 2 else "-" for place, result in enumerate(results))
    return f"[{' '.join(wanted)}]"


@operation
def keep(world, task, node):
    gathered = gather_of(world, node, 2)
    if not gathered or node.args[0] in world.gathers:
        return "none"
    world.gathers[node.args[0]] = gathered, node.args[2:]


@operation
async def keep_wait(world, task, node):
    if node.args[0] not in world.gathers:
        return "none"
    gathered, numbers = world.gathers[node.args[0]]
    return listing(world, numbers, await gathered)


@operation
def keep_cancel(world, task, node):
    if node.args[0] not in world.gathers:
        return "none"
    return int(world.gathers[node.args[0]][0].cancel())


@operation
def keep_look(world, task, node):
    return peek_gather(world, node) if node.args[0] in world.gathers else "none"


def peek_gather(world, node):
    """Its own state; that a failure was looked at there says nothing of the member it came from."""
    gathered = world.gathers[node.args[0]][0]
    if not gathered.done():
        return "pending"
    error = asyncio.CancelledError() if gathered.cancelled() else gathered.exception()
    return outcome_of(error) if error else "done"


# Wait: the first integers are which rule, and the timeout (0: none). A member may be there twice.

@operation
async def wait(world, task, node):
    rule, timeout, *numbers = node.args
    members = targets(world, numbers)
    if members is None:
        return "none"
    if members:
        members_once = OrderedSet.fromkeys(members)
        await tasks._wait(members_once, timeout or None, RULES[rule], world.loop)
    else:
        await asyncio.wait(members)             # an error
    done = ("-" if target(world, number) is None else str(int(member.done()))
            for number, member in zip(numbers, members, strict=True))
    return f"{sum(member.done() for member in members)} [{' '.join(done)}]"


# Race: what async_race promises, as asyncio has none

@operation
async def race(world, task, node):
    members = targets(world, node.args)
    if members is None:
        return "none"
    if not members:
        raise ValueError
    left, winner, asked, error = len(members), None, False, None

    def ended(number):
        nonlocal left, winner
        left -= 1
        if winner is None and not asked:
            winner = number
        elif left:
            return
        if not waiter.done():
            waiter.set_result(None)

    for number, member in enumerate(members):
        member.add_done_callback(lambda _, number=number: ended(number))
    while left:
        waiter = world.loop.create_future()
        try:
            await waiter
        except asyncio.CancelledError as cancelled:
            error = cancelled
        if not asked:
            asked = True
            for member in members:
                member.cancel()
    if error:
        raise error
    return winner


# Shield

@operation
async def shield(world, task, node):
    inner = target(world, node.args[0])
    if inner is None:
        return "none"
    try:
        return await asyncio.shield(inner)
    except Exception:
        inner._log_traceback = False            # now it was delivered
        raise


# As_completed: limit, timeout (-1: none), and tasks, each once. Its block runs for each that ended.

class OrderedCompleted(tasks._AsCompletedIterator):
    def __init__(self, members, timeout):
        super().__init__((), None)
        self._todo, self._todo_left, self.members = OrderedSet.fromkeys(members), len(members), members
        for member in members:
            member.add_done_callback(self._handle_completion)
        if members and timeout >= 0:
            self._timeout_handle = asyncio.get_running_loop().call_later(timeout, self._handle_timeout)

    def close(self):
        """C must do that; asyncio leaves it to the garbage collector."""
        for member in self.members:
            member.remove_done_callback(self._handle_completion)
        if self._timeout_handle:
            self._timeout_handle.cancel()


@operation
async def completed(world, task, node):
    limit, timeout, *numbers = node.args
    members = targets(world, numbers)
    if members is None:
        return "none"
    iterator = OrderedCompleted(members, timeout)
    world.iterated.append(members)
    try:
        for _ in range(limit):
            try:
                member = await anext(iterator)
            except StopAsyncIteration:
                return "all"
            except TimeoutError:
                world.log(task, node, "late")
                continue
            world.log(task, node, f"{world.numbers[member]} {peek(member)}")
            await world.block(task, node.blocks[0])
    finally:
        iterator.close()
        world.iterated.remove(members)
