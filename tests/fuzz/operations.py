"""The operations of the fuzzer's programs, in Python. fuzz.c has the same table in C.

An operation gets the world (oracle.py), the number of the task it runs in ("c" in a callback) and its node. What it
returns, or what the coroutine it returns gives, goes into the log behind "ok"; what it raises instead of it.
"""

import asyncio

import compounds
import contexts
import control
import objects

OPERATIONS = {function.operation: function for module in (control, compounds, contexts, objects)
              for function in vars(module).values() if hasattr(function, "operation")}

# Those that do not await: allowed in the blocks of callbacks.
PLAIN = {name for name, function in OPERATIONS.items() if not asyncio.iscoroutinefunction(function)}
