"""What the operations share: how they are declared, and the words for what became of them."""

import asyncio


class Failure(Exception):
    """An error of the application: ASYNC_USER_ERROR(number)."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


NAMES = (
    (asyncio.CancelledError, "cancelled"), (TimeoutError, "timeout"), (asyncio.QueueFull, "full"),
    (asyncio.QueueEmpty, "empty"), (asyncio.QueueShutDown, "shutdown"), (asyncio.InvalidStateError, "invalid"),
    (asyncio.BrokenBarrierError, "broken"), (RuntimeError, "misuse"), (ValueError, "misuse"),
)


def outcome_of(error):
    """The name of an error; a group's is that of its first member, as an async_status has room for one."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, Failure):
        return f"E{error.number}"
    return next((name for kind, name in NAMES if isinstance(error, kind)), repr(error))


def operation(function):
    """Marks a function of a module as the operation of its name."""
    function.operation = function.__name__.rstrip("_")
    return function


def peek(future):
    """State of a task or future; looking at an error marks it as seen."""
    if not future.done():
        return "pending"
    if future.cancelled():
        return "cancelled"
    error = future.exception()
    return outcome_of(error) if error else str(future.result())


def on_task(function):
    """For operations whose first integer is a task: without a handle to it they do nothing."""
    def checked(world, task, node):
        handle = world.tasks[node.args[0]]
        return function(world, task, node, handle) if handle else "none"
    if asyncio.iscoroutinefunction(function):
        async def waiting(world, task, node):
            handle = world.tasks[node.args[0]]
            return await function(world, task, node, handle) if handle else "none"
        waiting.__name__ = function.__name__
        return waiting
    checked.__name__ = function.__name__
    return checked
