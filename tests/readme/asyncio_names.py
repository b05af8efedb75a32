#!/usr/bin/env python3.13
"""Prints the public names of asyncio: what tests/readme/asyncio_names holds.

They are asyncio.__all__, contextvars.__all__ and what asyncio.subprocess adds, with the public members of the classes. The
members of the abstract loop are called loop.NAME here; what a class has from its base is not repeated, but for a task."""
import asyncio
import asyncio.subprocess
import contextvars

BOUND = {"Condition": {"acquire", "release", "locked"}}  # of the instance: its lock's


def members(cls):
    own = set(dir(cls) if cls is asyncio.Task else vars(cls)) | BOUND.get(cls.__name__, set())
    return sorted(name for name in own if not name.startswith("_"))


names = []
for module, public in (asyncio, asyncio.__all__), (contextvars, contextvars.__all__), \
        (asyncio.subprocess, ["DEVNULL", "PIPE", "Process", "STDOUT"]):
    for name in sorted(public):
        thing = getattr(module, name)
        if name.startswith("_"):
            continue
        names.append(name)
        if name == "AbstractEventLoop":
            names += ["loop." + member for member in members(thing)]
        elif isinstance(thing, type) and not name.endswith(("Policy", "Watcher", "EventLoop", "Error", "AbstractServer")):
            names += [name + "." + member for member in members(thing)]
print(*names, sep="\n")
