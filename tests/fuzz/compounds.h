/* Async functions around the library's own: they say what an await gave. Part of awaiting.h. */
#ifndef FUZZ_COMPOUNDS_H
#define FUZZ_COMPOUNDS_H

/* ---- what is entered ----------------------------------------------------------------------------------------- */

struct locked {
    COMMON;
};

async(locked)
{
    async_begin;
    await_enter(&world.locks[self->node->arguments[0]]);
    write_line(self->who, self->node, "in");
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

struct permitted {
    COMMON;
};

async(permitted)
{
    async_begin;
    await_enter(&world.semaphores[self->node->arguments[0]]);
    write_line(self->who, self->node, "in");
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

struct held {
    COMMON;
};

async(held)
{
    async_begin;
    await_enter(&world.conditions[self->node->arguments[0]]);
    write_line(self->who, self->node, "in");
    await(block, .who = self->who, .node = self->node->blocks[0]);
    async_end;
}

/* ---- conditions and barriers --------------------------------------------------------------------------------- */

struct cond_waited_for {
    COMMON;
};

/* The counter of that condition is at least so high. */
static bool high_enough(void *data)
{
    const struct cond_waited_for *self = (const struct cond_waited_for *)data;
    bool high = world.counters[self->node->arguments[0]] >= self->node->arguments[1];
    write_line(self->who, self->node, high ? "test 1" : "test 0");
    return high;
}

async(cond_waited_for)
{
    async_begin;
    await(async_condition_wait_for, .condition = &world.conditions[self->node->arguments[0]],
        .predicate = high_enough, .data = self);
    async_end;
}

struct barrier_waited {
    COMMON;
    size_t place;
};

async(barrier_waited)
{
    async_begin;
    await_into(self->place, async_barrier_wait, .barrier = &world.barriers[self->node->arguments[0]]);
    say("%d", (int)self->place);
    async_end;
}

/* ---- one task or future -------------------------------------------------------------------------------------- */

struct joined {
    COMMON;
};

async(joined)
{
    int number = self->node->arguments[0];
    async_begin;
    if (world.tasks[number] == NULL) {
        none();
        async_return();
    }
    if (self->node->operation->code == OP_join)
        await(async_join, .task = world.tasks[number]);
    else
        await(async_wait_for, .task = world.tasks[number], .timeout = async_seconds(self->node->arguments[1]));
    say("%d", world.tasks[number] == NULL ? 100 + number : async_result(world.tasks[number], root));
    async_end;
}

struct future_waited {
    COMMON;
};

async(future_waited)
{
    async_future *future = &world.futures[self->node->arguments[0]];
    async_begin;
    if (self->node->operation->code == OP_future_wait)
        await(async_future_wait, .future = future);
    else
        await(async_wait_for, .future = future, .timeout = async_seconds(self->node->arguments[1]));
    say("%d", future_value(future));
    async_end;
}

struct shielded {
    COMMON;
    void *node_set;
};

async(shielded)
{
    int number = self->node->arguments[0];
    async_begin;
    if (target(number) == NULL) {
        none();
        async_return();
    }
    if (number >= FUTURE_0) {
        await_into(self->node_set, async_shield, .future = target(number));
        say("%d", ((const struct node *)self->node_set)->index);
    } else {
        await(async_shield, .task = world.tasks[number]);
        say("%d", world.tasks[number] == NULL ? 100 + number : async_result(world.tasks[number], root));
    }
    async_end;
}

/* ---- several ------------------------------------------------------------------------------------------------- */

struct gathered {
    COMMON;
    struct members members;
};

async(gathered)
{
    async_begin;
    if (!find_members(self->node, 1, &self->members)) {
        none();
        async_return();
    }
    await(async_gather, .tasks = self->members.tasks, .futures = self->members.futures, .count = self->members.count,
        .return_exceptions = self->node->arguments[0] != 0);
    say_members(self->node, 1);
    async_end;
}

/* Of every second call, the last included, the result is wanted. */
struct called_all {
    COMMON;
    int numbers[4], results[4];
};

async(called_all)
{
    size_t length;
    int i;
    async_begin;
    for (i = 0; i < self->node->argument_count; i++) {
        self->numbers[i] = self->node->arguments[i];
        if (world.taken[self->numbers[i]]) {
            say("taken");
            async_return();
        }
    }
    for (i = 0; i < self->node->argument_count; i++)
        world.taken[self->numbers[i]] = true;
    if (self->node->argument_count == 1) {
        await_gather(async_call_into(self->results[0], root, .who = self->numbers[0]));
    } else if (self->node->argument_count == 2) {
        await_gather(async_call(root, .who = self->numbers[0]),
            async_call_into(self->results[1], root, .who = self->numbers[1]));
    } else if (self->node->argument_count == 3) {
        await_gather(async_call_into(self->results[0], root, .who = self->numbers[0]),
            async_call(root, .who = self->numbers[1]),
            async_call_into(self->results[2], root, .who = self->numbers[2]));
    } else {
        async_status status;
        await_gather_catch(status, async_call(root, .who = self->numbers[0]),
            async_call_into(self->results[1], root, .who = self->numbers[1]),
            async_call(root, .who = self->numbers[2]),
            async_call_into(self->results[3], root, .who = self->numbers[3]));
        if (status < 0)
            async_raise(status);
    }
    say("[");
    for (i = 0, length = 1; i < self->node->argument_count; i++)
        length += (size_t)snprintf(value + length, sizeof value - length,
            self->results[i] == 0 ? "%s-" : "%s%d", i > 0 ? " " : "", self->results[i]);
    snprintf(value + length, sizeof value - length, "]");
    async_end;
}

struct keep_waited {
    COMMON;
};

async(keep_waited)
{
    struct kept *kept = world.gathers[self->node->arguments[0]];
    async_begin;
    if (kept == NULL) {
        none();
        async_return();
    }
    await(async_future_wait, .future = &kept->gathering.future);
    say_members(kept->node, 2);
    async_end;
}

struct waited {
    COMMON;
    struct members members;
    size_t done;
};

async(waited)
{
    static const int rules[] = { ASYNC_ALL_COMPLETED, ASYNC_FIRST_COMPLETED, ASYNC_FIRST_EXCEPTION };
    size_t length;
    int i;
    async_begin;
    if (!find_members(self->node, 2, &self->members)) {
        none();
        async_return();
    }
    await_into(self->done, async_wait, .tasks = self->members.tasks, .futures = self->members.futures,
        .count = self->members.count, .return_when = rules[self->node->arguments[0]],
        .timeout = async_seconds(self->node->arguments[1]));
    say("%d [", (int)self->done);
    for (i = 2, length = strlen(value); i < self->node->argument_count; i++) {
        const async_future *future = target(self->node->arguments[i]);
        length += (size_t)snprintf(value + length, sizeof value - length, "%s%s", i > 2 ? " " : "",
            future == NULL ? "-" : async_future_done(future) ? "1" : "0");
    }
    snprintf(value + length, sizeof value - length, "]");
    async_end;
}

struct raced {
    COMMON;
    struct members members;
    size_t winner;
};

async(raced)
{
    async_begin;
    if (!find_members(self->node, 0, &self->members)) {
        none();
        async_return();
    }
    await_into(self->winner, async_race, .tasks = self->members.tasks, .count = self->members.count);
    say("%d", (int)self->winner);
    async_end;
}

static int number_of(const async_task *task);

static void end_iterated(struct iterated *iterated);

/* An iterator on the heap, as one in the frame of a task that is dropped with the loop could not be ended. */
static struct iterated *find_iterated(const struct node *node)
{
    struct iterated *iterated = calloc(1, sizeof *iterated);
    if (iterated == NULL || !find_members(node, 2, &iterated->members)) {
        free(iterated);
        return NULL;
    }
    iterated->next = world.iterated;
    return world.iterated = iterated;
}

struct completed {
    COMMON;
    struct iterated *iterated;
    struct async_as_completed_next next;
    async_status status;
    int left;
};

async(completed)
{
    async_as_completed *iterator = self->iterated == NULL ? NULL : &self->iterated->iterator;
    async_begin;
    self->iterated = find_iterated(self->node);
    if (self->iterated == NULL) {
        none();
        async_return();
    }
    iterator = &self->iterated->iterator;
    self->status = async_as_completed_init(iterator, self->iterated->members.tasks, self->iterated->members.count,
        self->node->arguments[1] < 0 ? ASYNC_FOREVER : async_seconds(self->node->arguments[1]));
    if (self->status < 0)
        async_raise(self->status);
    for (self->left = self->node->arguments[0]; self->left > 0; self->left--) {
        char text[40];
        int number;
        if (async_as_completed_left(iterator) == 0) {
            say("all");
            async_return();
        }
        await_at_catch(&self->next, self->status, async_as_completed_next, .iterator = iterator);
        if (self->status == ASYNC_TIMED_OUT) {
            write_line(self->who, self->node, "late");
            continue;
        }
        if (self->status < 0)
            async_raise(self->status);
        number = number_of(self->next.result);
        snprintf(text, sizeof text, "%d %s", number, peek(&self->next.result->future, 100 + number));
        write_line(self->who, self->node, text);
        await(block, .who = self->who, .node = self->node->blocks[0]);
    }
    async_finally;
    if (self->iterated != NULL)
        end_iterated(self->iterated);
    async_end;
}

#endif
