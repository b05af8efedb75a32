/* Cancel-everywhere over functions in threads: each that began has ended before what it works on is gone, and what was
 * handed over is given back once. */
#include "everywhere.h"

static int begun, ended, blocks, working;

static void make_threads(void) { begun = ended = blocks = working = 0; }

static void check_threads(void)
{
    MUST(begun == ended);
    MUST(blocks == 0);
}

static int work(void *data)
{
    int *number = (int *)data;
    __atomic_add_fetch(&begun, 1, __ATOMIC_SEQ_CST);
    *number += 1;
    __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
    return *number;
}

static void give_back(void *data)
{
    free(data);
    __atomic_sub_fetch(&blocks, 1, __ATOMIC_SEQ_CST);
}

/* ---- in the loop's executor --------------------------------------------------------------------------------- */

struct in_thread {
    async_frame frame;
    int number, result;
};

async(in_thread)
{
    async_begin;
    self->number = 41;
    await_into(self->result, async_to_thread, .function = work, .data = &self->number);
    MUST(self->result == 42);
    async_finally;
    if (self->number != 42)
        MUST(async_error == ASYNC_CANCELLED);
    await_catch(self->result, async_to_thread, .function = work, .data = &self->number);
    async_end;
}

struct to_threads {
    async_frame frame;
    async_task_group group;
};

async(to_threads)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, in_thread);
    async_task_group_create_task(&self->group, in_thread);
    async_end;
}

/* ---- abandoned ---------------------------------------------------------------------------------------------- */

struct abandons {
    async_frame frame;
    int *number, result;
    async_status status;
};

async(abandons)
{
    async_begin;
    self->number = (int *)malloc(sizeof *self->number);
    MUST(self->number != NULL);
    __atomic_add_fetch(&blocks, 1, __ATOMIC_SEQ_CST);
    *self->number = 1;
    await_catch(self->status, async_to_thread, .function = work, .data = self->number, .abandon = give_back);
    if (self->status != ASYNC_CANCELLED) {
        MUST(*self->number == 2);
        give_back(self->number);
    }
    if (self->status < 0)
        async_raise(self->status);
    async_end;
}

struct abandoned {
    async_frame frame;
    async_task_group group;
};

async(abandoned)
{
    async_begin;
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, abandons);
    async_task_group_create_task(&self->group, abandons);
    async_end;
}

/* ---- in an executor with one thread: they wait for each other ----------------------------------------------- */

struct one_by_one {
    async_frame frame;
    async_executor executor;
    async_task *tasks[3];
    int numbers[3], i;
    async_status status;
};

async(one_by_one)
{
    async_begin;
    MUST(async_executor_init(&self->executor, 1) == ASYNC_OK);
    for (self->i = 0; self->i < 2; self->i++)
        self->tasks[self->i] = async_create_task(async_run_in_executor, .executor = &self->executor, .function = work,
            .data = &self->numbers[self->i]);
    await_into(self->i, async_run_in_executor, .executor = &self->executor, .function = work,
        .data = &self->numbers[2]);
    MUST(self->i == 1);
    await_catch(self->status, async_gather, .tasks = self->tasks, .count = 2);
    async_finally;
    async_executor_deinit(&self->executor); /* the functions of the tasks as well */
    for (self->i = 0; self->i < 2; self->i++) {
        async_cancel(self->tasks[self->i]);
        async_release(self->tasks[self->i]);
    }
    async_end;
}

/* ---- channels: what was put is got, or still there ----------------------------------------------------------- */

static async_channel channel;
static int room[1], sent, received;

static void make_channel(void)
{
    make_threads();
    sent = received = 0;
    MUST(async_channel_init(&channel, sizeof(int), 1, room) == ASYNC_OK);
}

static void check_channel(void)
{
    int item;
    while (async_channel_get_nowait(&channel, &item) == ASYNC_OK)
        received += item;
    MUST(sent == received);
    async_channel_deinit(&channel);
}

struct sends {
    async_frame frame;
    int i;
    async_status status;
};

async(sends)
{
    async_begin;
    for (self->i = 1; self->i <= 3; self->i++) {
        await_catch(self->status, async_channel_put, .channel = &channel, .item = &self->i);
        if (self->status == ASYNC_CLOSED)
            break;
        if (self->status < 0)
            async_raise(self->status);
        sent += self->i;
    }
    async_end;
}

struct receives {
    async_frame frame;
    int item;
    async_status status;
};

async(receives)
{
    async_begin;
    for (;;) {
        await_catch(self->status, async_channel_get, .channel = &channel, .item = &self->item);
        if (self->status == ASYNC_CLOSED)
            break;
        if (self->status < 0)
            async_raise(self->status);
        received += self->item;
        await(async_sleep, .delay = 0);
    }
    async_end;
}

struct channels {
    async_frame frame;
    async_task *tasks[4];
    int i;
    async_status status;
};

async(channels)
{
    async_begin;
    self->tasks[0] = async_create_task(receives);
    self->tasks[1] = async_create_task(receives);
    self->tasks[2] = async_create_task(sends);
    self->tasks[3] = async_create_task(sends);
    await_for_catch(async_ms(20), self->status, sends);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    await(async_sleep, .delay = async_ms(20));
    async_finally;
    async_channel_close(&channel);
    for (self->i = 0; self->i < 4; self->i++) {
        await_catch(self->status, async_join, .task = self->tasks[self->i]);
        async_release(self->tasks[self->i]);
    }
    async_end;
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    PROGRAM(to_threads, make_threads, check_threads);
    PROGRAM(abandoned, make_threads, check_threads);
    PROGRAM(one_by_one, make_threads, check_threads);
    PROGRAM(channels, make_channel, check_channel);
    print_covered();
    return failed;
}
