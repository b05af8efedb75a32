/* Operations on context variables. */
#ifndef FUZZ_CONTEXTS_H
#define FUZZ_CONTEXTS_H

#include "plain.h"

static async_context_var variables[] = { { "variable 0", NULL }, { "variable 1", NULL }, { "variable 2", NULL } };

PLAIN(var_set)
{
    return async_context_var_set(&variables[ARGUMENT(0)], (void *)(intptr_t)ARGUMENT(2), &world.tokens[ARGUMENT(1)]);
}

PLAIN(var_get)
{
    say("%d", (int)(intptr_t)async_context_var_get(&variables[ARGUMENT(0)]));
    return ASYNC_OK;
}

PLAIN(var_reset)
{
    if (world.tokens[ARGUMENT(1)].var == NULL)
        return none();
    return async_context_var_reset(&variables[ARGUMENT(0)], &world.tokens[ARGUMENT(1)]);
}

PLAIN(context_copy)
{
    if (world.copied[ARGUMENT(0)]) {
        say("taken");
        return ASYNC_OK;
    }
    world.copied[ARGUMENT(0)] = true;
    async_copy_context(&world.contexts[ARGUMENT(0)]);
    return ASYNC_OK;
}

/* Each program is one in which nothing has been set yet: what is scheduled before the first set has no context. */
static void set_up_contexts(void) { async_context_hooks_ = NULL; }

struct inside {
    int who;
    const struct node *node;
};

static void run_inside(void *data)
{
    const struct inside *inside = (const struct inside *)data;
    run_block(inside->who, inside->node->blocks[0]);
}

PLAIN(context_run)
{
    struct inside inside;
    inside.who = who;
    inside.node = node;
    if (!world.copied[ARGUMENT(0)])
        return none();
    return async_context_run(&world.contexts[ARGUMENT(0)], run_inside, &inside);
}

PLAIN(context_get)
{
    if (!world.copied[ARGUMENT(0)])
        return none();
    say("%d", (int)(intptr_t)async_context_get(&world.contexts[ARGUMENT(0)], &variables[ARGUMENT(1)]));
    return ASYNC_OK;
}

static void tear_down_contexts(void)
{
    int i;
    for (i = 0; i < MOST_NUMBERS; i++)
        async_context_deinit(&world.contexts[i]);
}

#endif
