/* A pool of workers that keeps to a rate: four of them share the jobs of a queue, and together begin no more than ten
 * jobs a second.
 *
 * The workers live in a task group: should one fail, the others are cancelled, and the failure is the group's. The end
 * of the work is the queue's shutdown: who waits for a job then gets ASYNC_QUEUE_SHUT_DOWN. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

enum { WORKERS = 4, JOBS = 12 };

/* Lets one through at each interval, in the order in which they come. */
struct rate {
    async_lock turn;
    async_time interval, next;
};

struct wait_turn {
    async_frame frame;
    struct rate *rate;
};

async(wait_turn)
{
    async_begin;
    await_enter(&self->rate->turn);
    if (self->rate->next > async_loop_time(async_get_running_loop()))
        await(async_sleep, .delay = self->rate->next - async_loop_time(async_get_running_loop()));
    self->rate->next = async_loop_time(async_get_running_loop()) + self->rate->interval;
    async_end;
}

struct pool {
    async_queue jobs; /* of int */
    struct rate rate;
    async_time begun;
};

struct worker {
    async_frame frame;
    struct pool *pool;
    int number, job;
    async_status status;
};

async(worker)
{
    async_begin;
    for (;;) {
        await_catch(self->status, async_queue_get, .queue = &self->pool->jobs, .item = &self->job);
        if (self->status == ASYNC_QUEUE_SHUT_DOWN)
            break;
        if (self->status < 0)
            async_raise(self->status);
        await(wait_turn, .rate = &self->pool->rate);
        printf("%4d ms: worker %d begins job %d\n",
            (int)((async_loop_time(async_get_running_loop()) - self->pool->begun) / async_ms(1)), self->number,
            self->job);
        await(async_sleep, .delay = async_ms(150 + self->job % 3 * 100)); /* the work */
    }
    async_end;
}

struct top {
    async_frame frame;
    struct pool pool;
    async_task_group group;
    int i;
};

async(top)
{
    async_begin;
    async_queue_init(&self->pool.jobs, sizeof(int), WORKERS); /* bounded: jobs are made as they are needed */
    async_lock_init(&self->pool.rate.turn);
    self->pool.rate.interval = async_ms(100);
    self->pool.begun = async_loop_time(async_get_running_loop());

    async_task_group_enter(&self->group);
    for (self->i = 1; self->i <= WORKERS; self->i++)
        async_task_group_create_task(&self->group, worker, .pool = &self->pool, .number = self->i);
    for (self->i = 1; self->i <= JOBS; self->i++)
        await(async_queue_put, .queue = &self->pool.jobs, .item = &self->i);
    async_queue_shutdown(&self->pool.jobs, false); /* what is in it is still done */
    await(async_task_group_join, .group = &self->group);
    printf("%4d ms: all are done\n",
        (int)((async_loop_time(async_get_running_loop()) - self->pool.begun) / async_ms(1)));
    async_finally;
    async_queue_deinit(&self->pool.jobs);
    async_end;
}

int main(void)
{
    const async_loop_config config = {.virtual_clock = true};
    return async_run_with(&config, top) < 0;
}
