#!/usr/bin/env python3.13
"""Prints the public names of asyncio's concurrency API, one in a line: what tests/readme/asyncio_names holds.

They are asyncio.__all__ and contextvars.__all__, with the public members of the classes, without what is for input and
output: streams, transports, protocols, servers, subprocesses, and the loop's methods for them. The members of the
abstract loop are called loop.NAME here; what a class has from its base is not repeated, but for a task."""
import asyncio
import contextvars

IO_MODULES = {"streams", "transports", "protocols", "subprocess"}
IO_NAMES = {"AbstractServer", "Server", "IncompleteReadError", "LimitOverrunError", "SendfileNotAvailableError",
            "loop.connect_accepted_socket", "loop.sendfile", "loop.start_tls", "loop.getaddrinfo", "loop.getnameinfo"}
IO_PREFIXES = ("loop.sock_", "loop.subprocess_", "loop.connect_", "loop.create_connection", "loop.create_datagram",
               "loop.create_server", "loop.create_unix")
BOUND = {"Condition": {"acquire", "release", "locked"}}  # of the instance: its lock's


def members(cls):
    own = set(dir(cls) if cls is asyncio.Task else vars(cls)) | BOUND.get(cls.__name__, set())
    return sorted(name for name in own if not name.startswith("_"))


names = []
for module in asyncio, contextvars:
    for name in sorted(module.__all__):
        thing = getattr(module, name)
        home = getattr(thing, "__module__", "").removeprefix("asyncio.")
        if name.startswith("_") or home in IO_MODULES:
            continue
        names.append(name)
        if name == "AbstractEventLoop":
            names += ["loop." + member for member in members(thing)]
        elif isinstance(thing, type) and not name.endswith(("Policy", "Watcher", "EventLoop", "Error", "Server")):
            names += [name + "." + member for member in members(thing)]
for name in names:
    if name not in IO_NAMES and not name.startswith(IO_PREFIXES):
        print(name)
