/* tasks.c: a board's list of its tasks: what is in it as they are created, wait, end and are cancelled; their names, where
 * they are, and what their storage holds. The board is simulated; its time jumps. */
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#define ASYNCIO_PORT_CUSTOM 1
#define ASYNCIO_ALL_TASKS 1
#define ASYNCIO_NAMES 1
#define ASYNCIO_HIGH_WATER 1
#include "asyncio.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                  \
    do {                                                                  \
        if (!(condition)) {                                               \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);        \
            exit(1);                                                      \
        }                                                                 \
    } while (0)

static async_time now;
async_time async_port_now(void) { return now; }
async_port_state async_port_lock(void) { return 0; }
void async_port_unlock(async_port_state before) { (void)before; }
void async_port_wait(async_time until) { now = until; }

struct inner {
    async_frame frame;
    async_time delay;
};
async(inner)
{
    async_begin;
    await(async_sleep, .delay = self->delay);
    async_end;
}

struct outer {
    async_frame frame;
    async_time delay;
};
async(outer)
{
    async_begin;
    await(inner, .delay = self->delay);
    async_end;
}

static ASYNC_TASK(outer, inner, async_sleep) storage[3];
static async_task *tasks[3], *all[8];

struct looker {
    async_frame frame;
};
async(looker)
{
    async_stack_entry in[4];
    async_begin;
    CHECK(async_all_tasks(all, 8) == 4 && all[0] == async_current_task() && all[1] == tasks[0] && all[3] == tasks[2]);
    CHECK(async_all_tasks(all, 0) == 4);
    CHECK(!async_task_waiting(tasks[0]) && !async_task_waiting(async_current_task()));
    CHECK(async_task_get_stack(tasks[0], in, 4) == 1 && strcmp(in[0].name, "outer") == 0);
    CHECK(async_task_get_stack(async_current_task(), in, 4) == 1 && strcmp(in[0].name, "looker") == 0);
    CHECK(async_task_high_water(tasks[0]) < async_task_stack_size(tasks[0]));
    CHECK(strcmp(async_task_get_name(tasks[1]), "outer") == 0);
    CHECK(async_task_set_name(tasks[1], "second") == ASYNC_OK && strcmp(async_task_get_name(tasks[1]), "second") == 0);
    CHECK(async_task_set_name(NULL, "none") == ASYNC_NO_MEMORY);
    await(async_sleep, .delay = 5);
    CHECK(async_task_waiting(tasks[0]) && async_task_waiting(tasks[2]));
    CHECK(async_task_get_stack(tasks[2], in, 4) == 3 && strcmp(in[0].name, "async_sleep") == 0 &&
        strcmp(in[1].name, "inner") == 0 && strcmp(in[2].name, "outer") == 0 && in[2].file == NULL);
    CHECK(async_task_high_water(tasks[0]) == async_task_stack_size(tasks[0]));
    CHECK(async_task_stack_size(tasks[0]) ==
        sizeof(struct outer) + sizeof(struct inner) + ASYNC_ROUND_(sizeof(struct async_sleep)));
    CHECK(async_cancel(tasks[1]) && !async_task_waiting(tasks[1]) && async_all_tasks(all, 8) == 4);
    await(async_sleep, .delay = 1);
    CHECK(async_all_tasks(all, 8) == 3 && all[1] == tasks[0] && all[2] == tasks[2]); /* from the middle */
    CHECK(async_task_get_stack(tasks[1], in, 4) == 0 && !async_task_waiting(tasks[1]));
    CHECK(strcmp(async_task_get_name(tasks[1]), "second") == 0);
    async_release(tasks[1]);
    tasks[1] = async_create_task_on(&storage[1], outer, .delay = 100);
    CHECK(strcmp(async_task_get_name(tasks[1]), "outer") == 0);
    CHECK(async_all_tasks(all, 8) == 4 && all[3] == tasks[1]);
    await(async_sleep, .delay = 30);
    CHECK(async_all_tasks(all, 8) == 2 && all[0] == async_current_task() && all[1] == tasks[1]); /* first and last */
    await(async_join, .task = tasks[1]);
    CHECK(async_all_tasks(all, 8) == 1);
    async_loop_stop(async_get_running_loop());
    async_end;
}

static ASYNC_TASK(looker, async_sleep) looks;

int main(void)
{
    unsigned i;
    CHECK(async_all_tasks(all, 8) == 0);
    async_create_task_on(&looks, looker);
    for (i = 0; i < 3; i++)
        tasks[i] = async_create_task_on(&storage[i], outer, .delay = (async_time)(10 * (i + 1)));
    CHECK(async_loop_all_tasks(async_get_event_loop(), all, 8) == 4);
    CHECK(async_loop_run_forever(async_get_event_loop()) == ASYNC_OK);
    CHECK(async_loop_all_tasks(async_get_event_loop(), all, 8) == 0);
    puts("ok the list of a board's tasks");
    return 0;
}
