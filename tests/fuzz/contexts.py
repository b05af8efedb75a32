"""Operations on context variables. A token, and a copied context, has a number; both can be used from anywhere."""

import contextvars

from support import operation

VARIABLES = [contextvars.ContextVar(f"variable {number}", default=0) for number in range(3)]


@operation
def var_set(world, task, node):
    variable, token, value = node.args
    world.tokens[token] = VARIABLES[variable].set(value)


@operation
def var_get(world, task, node):
    return VARIABLES[node.args[0]].get()


@operation
def var_reset(world, task, node):
    variable, token = node.args
    if token not in world.tokens:
        return "none"
    VARIABLES[variable].reset(world.tokens[token])


@operation
def context_copy(world, task, node):
    if node.args[0] in world.contexts:
        return "taken"
    world.contexts[node.args[0]] = contextvars.copy_context()


@operation
def context_run(world, task, node):
    if node.args[0] not in world.contexts:
        return "none"
    world.contexts[node.args[0]].run(world.call, node.blocks[0], task)


@operation
def context_get(world, task, node):
    number, variable = node.args
    return world.contexts[number].get(VARIABLES[variable], 0) if number in world.contexts else "none"
