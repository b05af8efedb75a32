/* The operations that await: the async functions a program's blocks are run by. */
#ifndef FUZZ_AWAITING_H
#define FUZZ_AWAITING_H

#include "objects.h"

/* ---- blocks -------------------------------------------------------------------------------------------------- */

/* Every async function here has the number of its task and the node it does. */
#define COMMON async_frame frame; int who; const struct node *node

/* Does the nodes of a block, one after the other. Most of the others call it: declared first. */
struct block {
    COMMON; /* the first one left */
    int number, item;
    async_status status;
};
async_declare(block);

/* A task: its result is 100 + its number. */
struct root {
    async_frame frame;
    int who, result;
    async_status status;
};
async_declare(root);

struct deep {
    COMMON;
    int levels;
};

async(deep)
{
    async_begin;
    if (self->levels > 0)
        await(deep, .who = self->who, .node = self->node, .levels = self->levels - 1);
    else
        await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

struct cleanup {
    COMMON;
};

async(cleanup)
{
    async_begin;
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_finally;
    {
        char text[40];
        snprintf(text, sizeof text, "leaving %s", outcome(async_error));
        write_line(self->who, self->node, text);
    }
    await(block, .who = self->who, .node = self->node->blocks[1]);
    async_end;
}

struct generator {
    COMMON;
    int item, result;
};

async(generator)
{
    async_begin;
    for (self->item = 0; self->item + 2 < self->node->block_count; self->item++) {
        await(block, .who = self->who, .node = self->node->blocks[self->item + 2]);
        async_yield(self->item);
    }
    async_finally;
    write_line(self->who, self->node, "generator ends");
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

struct each {
    COMMON;
    struct generator items;
};

async(each)
{
    async_begin;
    async_generator_open(&self->items, generator, .who = self->who, .node = self->node);
    async_for (&self->items) {
        snprintf(value, sizeof value, "item %d", self->items.result);
        write_line(self->who, self->node, value);
        value[0] = '\0';
        await(block, .who = self->who, .node = self->node->blocks[1]);
        if (self->items.result + 1 == self->node->arguments[0])
            break;
    }
    async_finally;
    write_line(self->who, self->node, "close");
    await_close(&self->items);
    async_end;
}

/* The scope of a timeout and of a group is a function of its own, so that the caller can look at it when it ended. */
struct timed_scope {
    COMMON;
    async_timeout *timeout;
};

async(timed_scope)
{
    async_begin;
    async_timeout_enter(self->timeout, async_seconds(self->node->arguments[0]));
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

struct timed {
    COMMON;
    async_timeout timeout, *outer;
    async_status status;
};

async(timed)
{
    async_begin;
    self->outer = world.scopes[self->who];
    world.scopes[self->who] = &self->timeout;
    await_catch(self->status, timed_scope, .who = self->who, .node = self->node, .timeout = &self->timeout);
    world.scopes[self->who] = self->outer;
    write_line(self->who, self->node, async_timeout_expired(&self->timeout) ? "expired 1" : "expired 0");
    if (self->status < 0)
        async_raise(self->status);
    async_end;
}

struct group_scope {
    COMMON;
    async_task_group *group;
};

async(group_scope)
{
    static const async_group_policy policies[] = { ASYNC_CANCEL_ON_FAILURE, ASYNC_COLLECT_ALL, ASYNC_IGNORE_FAILURES };
    async_begin;
    async_task_group_enter(self->group, .policy = policies[self->node->arguments[1]],
        .limit = (size_t)self->node->arguments[2]);
    world.groups[self->node->arguments[0]] = self->group;
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

struct grouped {
    COMMON;
    async_task_group group;
    async_status status;
};

async(grouped)
{
    async_begin;
    await_catch(self->status, group_scope, .who = self->who, .node = self->node, .group = &self->group);
    world.groups[self->node->arguments[0]] = NULL;
    {
        char text[100];
        snprintf(text, sizeof text, "failed %s", failed(&self->group));
        write_line(self->who, self->node, text);
    }
    if (self->status < 0)
        async_raise(self->status);
    async_end;
}

#include "compounds.h"

/* What becomes of a failure, as the program wants it. */
static async_status handled(const struct node *node, async_status status)
{
    char how = status == ASYNC_CANCELLED ? node->when_cancelled : node->when_failed;
    if (how == 's')
        return ASYNC_OK;
    if (how == 'c')
        return ASYNC_USER_ERROR(status == ASYNC_CANCELLED ? 8 : 9);
    return status;
}

#define IS(name) (self->node->operation->code == OP_##name)
#define ON_BLOCK .who = self->who, .node = self->node

async_define(block)
{
    async_begin;
    for (; self->node != NULL; self->node = self->node->next) {
        value[0] = '\0';
        self->status = ASYNC_OK;
        self->number = self->node->argument_count > 0 ? self->node->arguments[0] : 0;
        if (IS(plain)) {
            self->status = run_plain(self->who, self->node);
        } else {
            count(self->node);
            if (IS(return)) {
                write_outcome(self->who, self->node, ASYNC_OK);
                break;
            } else if (IS(sleep)) {
                await_catch(self->status, async_sleep, .delay = async_seconds(self->number));
            } else if (IS(call)) {
                await_catch(self->status, block, .who = self->who, .node = self->node->blocks[0]);
            } else if (IS(guard)) {
                await_shielded_catch(self->status, block, .who = self->who, .node = self->node->blocks[0]);
            } else if (IS(calls)) {
                await_catch(self->status, called_all, ON_BLOCK);
            } else if (IS(deep)) {
                await_catch(self->status, deep, ON_BLOCK, .levels = self->number);
            } else if (IS(finally)) {
                await_catch(self->status, cleanup, ON_BLOCK);
            } else if (IS(each)) {
                await_catch(self->status, each, ON_BLOCK);
            } else if (IS(lock)) {
                await_catch(self->status, locked, ON_BLOCK);
            } else if (IS(timeout)) {
                await_catch(self->status, timed, ON_BLOCK);
            } else if (IS(group)) {
                await_catch(self->status, grouped, ON_BLOCK);
            } else if (IS(gather)) {
                await_catch(self->status, gathered, ON_BLOCK);
            } else if (IS(wait_for)) {
                await_for_catch(async_seconds(self->number), self->status, block, .who = self->who,
                    .node = self->node->blocks[0]);
            } else if (IS(join) || IS(join_for)) {
                await_catch(self->status, joined, ON_BLOCK);
            } else if (IS(future_wait) || IS(future_for)) {
                await_catch(self->status, future_waited, ON_BLOCK);
            } else if (IS(keep_wait)) {
                await_catch(self->status, keep_waited, ON_BLOCK);
            } else if (IS(wait)) {
                await_catch(self->status, waited, ON_BLOCK);
            } else if (IS(race)) {
                await_catch(self->status, raced, ON_BLOCK);
            } else if (IS(shield)) {
                await_catch(self->status, shielded, ON_BLOCK);
            } else if (IS(completed)) {
                await_catch(self->status, completed, ON_BLOCK);
            } else if (IS(permit)) {
                await_catch(self->status, permitted, ON_BLOCK);
            } else if (IS(sem_acquire)) {
                await_catch(self->status, async_semaphore_acquire, .semaphore = &world.semaphores[self->number]);
            } else if (IS(hold)) {
                await_catch(self->status, held, ON_BLOCK);
            } else if (IS(cond_acquire)) {
                await_catch(self->status, async_condition_acquire, .condition = &world.conditions[self->number]);
            } else if (IS(cond_wait)) {
                await_catch(self->status, async_condition_wait, .condition = &world.conditions[self->number]);
            } else if (IS(cond_wait_for)) {
                await_catch(self->status, cond_waited_for, ON_BLOCK);
            } else if (IS(barrier_wait)) {
                await_catch(self->status, barrier_waited, ON_BLOCK);
            } else if (IS(barrier_reset)) {
                await_catch(self->status, async_barrier_reset, .barrier = &world.barriers[self->number]);
            } else if (IS(barrier_abort)) {
                await_catch(self->status, async_barrier_abort, .barrier = &world.barriers[self->number]);
            } else if (IS(acquire)) {
                await_catch(self->status, async_lock_acquire, .lock = &world.locks[2]);
            } else if (IS(event_wait)) {
                await_catch(self->status, async_event_wait, .event = &world.events[self->number]);
            } else if (IS(put)) {
                await_catch(self->status, async_queue_put, .queue = &world.queues[self->number],
                    .item = &self->node->index);
            } else if (IS(get)) {
                await_catch(self->status, async_queue_get, .queue = &world.queues[self->number], .item = &self->item);
                say("%d", self->item);
            } else if (IS(queue_join)) {
                await_catch(self->status, async_queue_join, .queue = &world.queues[self->number]);
            }
        }
        write_outcome(self->who, self->node, self->status);
        self->status = self->status < 0 ? handled(self->node, self->status) : ASYNC_OK;
        if (self->status < 0)
            async_raise(self->status);
    }
    async_end;
}

#endif
