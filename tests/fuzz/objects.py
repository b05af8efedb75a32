"""Operations on the objects that tasks share: locks, events, queues, futures, semaphores, conditions, barriers."""

import asyncio

from support import Failure, operation, peek

# Locks: 0 and 1 are only entered, 2 only acquired and released, so that no scope finds its lock released

@operation
async def lock(world, task, node):
    async with world.locks[node.args[0]]:
        world.log(task, node, "in")
        await world.block(task, node.blocks[0])


@operation
async def acquire(world, task, node):
    await world.locks[2].acquire()


@operation
def unlock(world, task, node):
    world.locks[2].release()


@operation
def locked(world, task, node):
    return int(world.locks[node.args[0]].locked())


# Events

@operation
async def event_wait(world, task, node):
    await world.events[node.args[0]].wait()


@operation
def event_set(world, task, node):
    world.events[node.args[0]].set()


@operation
def event_clear(world, task, node):
    world.events[node.args[0]].clear()


# Queues: what is put is the number of the node that puts it

@operation
async def put(world, task, node):
    await world.queues[node.args[0]].put(node.index)


@operation
async def get(world, task, node):
    return await world.queues[node.args[0]].get()


@operation
def put_nowait(world, task, node):
    world.queues[node.args[0]].put_nowait(node.index)


@operation
def get_nowait(world, task, node):
    return world.queues[node.args[0]].get_nowait()


@operation
def task_done(world, task, node):
    world.queues[node.args[0]].task_done()


@operation
async def queue_join(world, task, node):
    await world.queues[node.args[0]].join()


@operation
def shutdown(world, task, node):
    world.queues[node.args[0]].shutdown(immediate=bool(node.args[1]))


@operation
def size(world, task, node):
    return world.queues[node.args[0]].qsize()


# Futures

@operation
async def future_wait(world, task, node):
    return await world.futures[node.args[0]]


@operation
def future_set(world, task, node):
    world.futures[node.args[0]].set_result(node.index)


@operation
def future_fail(world, task, node):
    world.futures[node.args[0]].set_exception(Failure(node.args[1]))


@operation
def future_cancel(world, task, node):
    return int(world.futures[node.args[0]].cancel())


@operation
def future_look(world, task, node):
    return peek(world.futures[node.args[0]])


# Semaphores: 1 (bounded) is only entered, 2 (bounded) only acquired and released; 0 is both, as it has no bound

@operation
async def permit(world, task, node):
    async with world.semaphores[node.args[0]]:
        world.log(task, node, "in")
        await world.block(task, node.blocks[0])


@operation
async def sem_acquire(world, task, node):
    await world.semaphores[node.args[0]].acquire()


@operation
def sem_release(world, task, node):
    world.semaphores[node.args[0]].release()


@operation
def sem_locked(world, task, node):
    return int(world.semaphores[node.args[0]].locked())


# Conditions: 0 and 1 share a lock that is acquired and released by anybody; 2 and 3 share one that is only entered, and 4
# has one of its own, which is only entered, too: only who is in there waits for these

@operation
async def hold(world, task, node):
    async with world.conditions[node.args[0]]:
        world.log(task, node, "in")
        await world.block(task, node.blocks[0])


@operation
async def cond_acquire(world, task, node):
    await world.conditions[node.args[0]].acquire()


@operation
def cond_release(world, task, node):
    world.conditions[node.args[0]].release()


@operation
def cond_locked(world, task, node):
    return int(world.conditions[node.args[0]].locked())


@operation
async def cond_wait(world, task, node):
    await world.conditions[node.args[0]].wait()


@operation
async def cond_wait_for(world, task, node):
    """Until the counter of that condition is at least so high."""
    def predicate():
        high = world.counters[node.args[0]] >= node.args[1]
        world.log(task, node, f"test {int(high)}")
        return high
    await world.conditions[node.args[0]].wait_for(predicate)


@operation
def bump(world, task, node):
    world.counters[node.args[0]] += node.args[1]
    return world.counters[node.args[0]]


@operation
def notify(world, task, node):
    world.conditions[node.args[0]].notify(node.args[1])


@operation
def notify_all(world, task, node):
    world.conditions[node.args[0]].notify_all()


# Barriers

@operation
async def barrier_wait(world, task, node):
    return await world.barriers[node.args[0]].wait()


@operation
async def barrier_reset(world, task, node):
    await world.barriers[node.args[0]].reset()


@operation
async def barrier_abort(world, task, node):
    await world.barriers[node.args[0]].abort()


@operation
def barrier_look(world, task, node):
    barrier = world.barriers[node.args[0]]
    return f"{barrier.n_waiting} {int(barrier.broken)}"
