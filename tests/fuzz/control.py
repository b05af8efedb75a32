"""Operations on tasks and blocks: control flow, timeouts, groups, callbacks."""

import asyncio

from pinned import Group
from support import Failure, on_task, operation, outcome_of, peek

# Control

@operation
def raise_(world, task, node):
    raise Failure(node.args[0])


@operation
def return_(world, task, node):         # World.block() does it
    pass


@operation
async def sleep(world, task, node):
    await asyncio.sleep(node.args[0])


@operation
async def call(world, task, node):
    await world.block(task, node.blocks[0])


@operation
async def guard(world, task, node):
    """await_shielded(): a cancel is held back until the block has ended."""
    mine = asyncio.current_task()
    mine.enter_shield()
    try:
        await world.block(task, node.blocks[0])
    finally:
        mine.leave_shield()


@operation
async def deep(world, task, node):
    async def descend(levels):
        if levels:
            await descend(levels - 1)
        else:
            await world.block(task, node.blocks[0])
    await descend(node.args[0])


@operation
async def finally_(world, task, node):
    leaving = "ok"
    try:
        try:
            await world.block(task, node.blocks[0])
        except (asyncio.CancelledError, Exception) as error:
            leaving = outcome_of(error)
            raise
    finally:
        world.log(task, node, f"leaving {leaving}")
        await world.block(task, node.blocks[1])


@operation
async def each(world, task, node):
    """async for over a generator: at most `limit` items; blocks: its finally, the loop's body, what runs before each item."""
    limit, (cleanup, body, *segments) = node.args[0], node.blocks

    async def generator():
        try:
            for item, segment in enumerate(segments):
                await world.block(task, segment)
                yield item
        finally:
            world.log(task, node, "generator ends")
            await world.block(task, cleanup)

    items = generator()
    try:
        async for item in items:
            world.log(task, node, f"item {item}")
            await world.block(task, body)
            if item + 1 == limit:
                break
    finally:
        world.log(task, node, "close")
        await items.aclose()


# Tasks

@operation
def create(world, task, node):
    if not world.take(node.args[0]):
        return "taken"
    world.tasks[node.args[0]] = world.start(node.args[0], world.loop.create_task)


@operation
def go(world, task, node):
    if not world.take(node.args[0]):
        return "taken"
    world.start(node.args[0], world.loop.create_task)


@operation
def eager(world, task, node):
    if not world.take(node.args[0]):
        return "taken"
    world.tasks[node.args[0]] = world.start(node.args[0], world.loop.create_task, eager=True)


@operation
def set_eager(world, task, node):
    world.loop.eager = bool(node.args[0])


@operation
def release(world, task, node):
    world.tasks[node.args[0]] = None


@operation
@on_task
async def join(world, task, node, handle):
    if handle is asyncio.current_task():
        # As "await handle" but for a mark it leaves in the task, from which others who await it fail, too.
        await asyncio.sleep(0)
        raise RuntimeError
    return await handle


@operation
@on_task
def cancel(world, task, node, handle):
    return int(handle.cancel())


@operation
@on_task
def uncancel(world, task, node, handle):
    return handle.take_back()


@operation
@on_task
def cancelling(world, task, node, handle):
    return handle.requests()


@operation
@on_task
def look(world, task, node, handle):
    return peek(handle)


# Timeouts

@operation
async def timeout(world, task, node):
    scope = asyncio.timeout(node.args[0])
    try:
        async with scope:
            world.scopes[task].append(scope)
            try:
                await world.block(task, node.blocks[0])
            finally:
                world.scopes[task].pop()
    finally:
        world.log(task, node, f"expired {int(scope.expired())}")


@operation
def reschedule(world, task, node):
    """Moves the innermost open timeout block of this task; -1: no deadline."""
    if not world.scopes[task]:
        return "none"
    delay = node.args[0]
    world.scopes[task][-1].reschedule(None if delay < 0 else world.loop.time() + delay)


@operation
async def wait_for(world, task, node):
    if node.args[0] <= 0:               # asyncio makes a task only to cancel it; in C nothing starts and nothing waits
        raise TimeoutError
    await asyncio.wait_for(world.block(task, node.blocks[0]), node.args[0])


@operation
@on_task
async def join_for(world, task, node, handle):
    return await asyncio.wait_for(handle, node.args[1])


@operation
async def future_for(world, task, node):
    return await asyncio.wait_for(world.futures[node.args[0]], node.args[1])


# Groups: a number, a policy, a limit

def failed(group):
    """How many children failed, and the first of them."""
    return " ".join([str(len(group.failures)), *map(outcome_of, group.failures[:4])])


@operation
async def group(world, task, node):
    number, policy, limit = node.args
    opened = Group(policy, limit)
    try:
        async with opened:
            world.groups[number] = opened
            await world.block(task, node.blocks[0])
    finally:
        world.groups.pop(number, None)
        world.log(task, node, f"failed {failed(opened)}")


@operation
def spawn(world, task, node):
    number, child = node.args
    if number not in world.groups:
        return "none"
    if not world.take(child):
        return "taken"
    world.tasks[child] = world.start(child, world.groups[number].create_task)


@operation
def failures(world, task, node):
    return failed(world.groups[node.args[0]]) if node.args[0] in world.groups else "none"


# Callbacks. The first integer of each is the number of its handle, which stands in one list at a time.

def scheduled(world, node, schedule):
    number = node.args[0]
    if world.handles.get(number):
        return "busy"

    def called(*_):
        del world.handles[number]
        world.call(node.blocks[0])
    world.handles[number] = schedule(called)
    return None


@operation
def soon(world, task, node):
    return scheduled(world, node, world.loop.call_soon)


@operation
def later(world, task, node):
    return scheduled(world, node, lambda function: world.loop.call_later(node.args[1], function))


@operation
def handle_cancel(world, task, node):
    if node.args[0] not in world.handles:
        return "none"
    world.handles.pop(node.args[0]).cancel()


class Called:
    """All are equal, as all callbacks of the C side are one function: removing one removes all of a future."""

    def __init__(self, world, node, future):
        self.world, self.node, self.future = world, node, future

    def __eq__(self, other):
        return isinstance(other, Called)

    def __call__(self, future):
        self.world.callbacks.pop(self.node.args[0])
        self.world.call(self.node.blocks[0])


def done_callback(world, node, future):
    if node.args[0] in world.callbacks:
        return "busy"
    called = world.callbacks[node.args[0]] = Called(world, node, future)
    future.add_done_callback(called)
    return None


@operation
def task_callback(world, task, node):
    handle = world.tasks[node.args[1]]
    return done_callback(world, node, handle) if handle else "none"


@operation
def future_callback(world, task, node):
    return done_callback(world, node, world.futures[node.args[1]])


@operation
def callback_remove(world, task, node):
    """All callbacks of the future that one was added to; none if it is done: then they are on their way."""
    future = world.callbacks[node.args[0]].future if node.args[0] in world.callbacks else None
    if future not in [*filter(None, world.tasks), *world.futures]:
        return "none"
    removed = 0
    if not future.done():
        world.callbacks = {number: called for number, called in world.callbacks.items() if called.future is not future}
        removed = future.remove_done_callback(Called(world, node, future))
    return removed
