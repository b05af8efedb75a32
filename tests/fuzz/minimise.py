"""Shrinks a program whose logs differ between CPython and the C binary, and shows what is left.

usage: minimise.py BINARY < program
"""

import difflib
import gc
import subprocess
import sys
import warnings

import oracle
from program import parse


def logs(binary, text):
    """Both logs of a program; None from a binary that crashed or hung."""
    program = next(parse(text))
    expected = [f"program {program.number}", *oracle.run(program)]
    gc.collect()
    try:
        ran = subprocess.run([binary, "/dev/null"], input=text, capture_output=True, text=True, timeout=10)
    except subprocess.TimeoutExpired:
        return expected, ["(hangs)"]
    actual = ran.stdout.splitlines()
    if ran.returncode:
        errors = [line for line in ran.stderr.splitlines() if "ERROR" in line or "panic" in line or "runtime error" in line]
        actual.append(f"(ends with {ran.returncode}) {' '.join(errors[:2])}")
    return expected, actual


def differs(binary, text):
    expected, actual = logs(binary, text)
    return expected != actual and not any("Error(" in line for line in expected)    # a task that is gone, say


def places(nodes):
    """Every list of nodes with every index, large subtrees first."""
    for index in range(len(nodes)):
        yield nodes, index
    for node in list(nodes):
        for block in node.blocks:
            yield from places(block)


def attempts(program):
    """Makes changes that may leave a smaller program, one by one; what it yields undoes the change."""
    for task in program.tasks:
        for nodes, index in list(places(task)):
            if index >= len(nodes):
                continue
            node = nodes[index]
            nodes[index:index + 1] = []
            yield lambda: nodes.insert(index, node)
            if node in nodes:
                for block in node.blocks:
                    saved = nodes[:]
                    nodes[index:index + 1] = block
                    yield lambda: nodes.__setitem__(slice(None), saved)
                if node.handling != "pp":
                    handling, node.handling = node.handling, "pp"
                    yield lambda: setattr(node, "handling", handling)
    while program.tasks and not program.tasks[-1]:
        last = program.tasks.pop()
        yield lambda: program.tasks.append(last)
        if program.tasks and program.tasks[-1] is last:
            break


def minimise(binary, text):
    program = next(parse(text))
    shrunk = True
    while shrunk:
        shrunk = False
        for undo in attempts(program):
            changed = program.text()
            if changed != text and differs(binary, changed):
                text, shrunk = changed, True
            else:
                undo()
    return text


def main():
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda _: None
    gc.disable()
    binary, text = sys.argv[1], sys.stdin.read()
    if not differs(binary, text):
        sys.exit("minimise.py: this program alone does not differ")
    text = minimise(binary, text)
    expected, actual = logs(binary, text)
    print(text, *difflib.unified_diff(expected, actual, "CPython", "C", lineterm="", n=100), sep="\n")


if __name__ == "__main__":
    main()
