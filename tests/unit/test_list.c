/* The lists things wait in, through what stands on them: callbacks of a future, and the ready list; with removal
 * anywhere, against a plain array. */
#define ASYNCIO_IMPLEMENTATION
#include "counted.h"
#include "asyncio.h"
#include "unit.h"

enum { HANDLES = 60, CALLBACKS = 8 };

static unsigned state;
static unsigned random_below(unsigned n)
{
    state = state * 1103515245u + 12345u;
    return (state >> 16) % n;
}

static int called[HANDLES * 2], called_count;
static async_handle handles[HANDLES];
static void record(async_handle *handle) { called[called_count++] = (int)(handle - handles); }

/* functions of their own, as callbacks are removed by function */
#define CALLBACK(n) static void record##n(async_handle *handle) { record(handle); }
CALLBACK(0) CALLBACK(1) CALLBACK(2) CALLBACK(3) CALLBACK(4) CALLBACK(5) CALLBACK(6) CALLBACK(7)
static void (*const callbacks[CALLBACKS])(async_handle *) = { record0, record1, record2, record3, record4, record5, record6,
    record7 };

static int model[HANDLES * 2], function_of[HANDLES], model_count;

static bool model_has(int n)
{
    int i;
    for (i = 0; i < model_count; i++)
        if (model[i] == n)
            return true;
    return false;
}

static void model_remove(int at)
{
    model_count--;
    memmove(&model[at], &model[at + 1], (size_t)(model_count - at) * sizeof *model);
}

/* tasks stand in a future's list too; they are called 1000, 1001, ... */
struct waits { async_frame frame; async_future *future; int name; };
async(waits)
{
    async_begin;
    await(async_future_wait, .future = self->future);
    called[called_count++] = self->name;
    async_end;
}

struct rings { async_frame frame; int round, step, tasks; async_future future; async_task_group group; };
async(rings)
{
    async_begin;
    for (; self->round < (TEST_MANY > 300 ? 300 : 5); self->round++) {
        async_future_init(&self->future);
        memset(handles, 0, sizeof handles);
        model_count = called_count = self->tasks = 0;
        async_task_group_enter(&self->group);
        for (self->step = 0; self->step < 40; self->step++) {
            int n, i, count;
            n = (int)random_below(HANDLES);
            switch (random_below(4)) {
            default:
                function_of[n] = model_has(n) ? function_of[n] : (int)random_below(CALLBACKS);
                i = async_future_add_done_callback(&self->future, &handles[n], callbacks[function_of[n]], NULL);
                CHECK_INT(i, model_has(n) ? ASYNC_MISUSE : ASYNC_OK);
                if (i == ASYNC_OK)
                    model[model_count++] = n;
                break;
            case 2:
                n = (int)random_below(CALLBACKS);
                for (i = count = 0; i < model_count;)
                    if (model[i] < HANDLES && function_of[model[i]] == n) {
                        model_remove(i);
                        count++;
                    } else {
                        i++;
                    }
                CHECK_INT(async_future_remove_done_callback(&self->future, callbacks[n]), count);
                break;
            case 3:
                if (async_task_group_create_task(&self->group, waits, .future = &self->future, .name = 1000 + self->tasks)
                    != NULL)
                    model[model_count++] = 1000 + self->tasks++;
                break;
            }
            await(async_sleep, .delay = 0);
        }
        async_future_set_result(&self->future, NULL);
        await(async_task_group_join, .group = &self->group);
        await(async_sleep, .delay = 0);
        CHECK_INT(called_count, model_count);
        CHECK(memcmp(called, model, (size_t)model_count * sizeof *model) == 0);
    }
    async_end;
}

TEST(list, callbacks_of_a_future)
{
    state = 1;
    CHECK_INT(RUN(rings), ASYNC_OK);
}

/* ---- the ready list ---------------------------------------------------------------------------------------------- */

/* Each callback cancels a few others, of this pass or of the next, or queues itself for the next. */
static bool cancels_inside;
static int passes;
static void record_and_cancel(async_handle *handle)
{
    int self = (int)(handle - handles);
    CHECK(model_count > 0);
    CHECK_INT(self, model[0]);
    model_remove(0);
    called_count++;
    if (cancels_inside) {
        int k;
        for (k = 0; k < 2; k++) {
            int n = (int)random_below(HANDLES), i;
            bool cancelled = async_handle_cancel(&handles[n]);
            CHECK_INT(cancelled, model_has(n));
            for (i = 0; i < model_count; i++)
                if (model[i] == n)
                    model_remove(i);
        }
        if (passes < 200 && random_below(10) < 7) {
            passes++;
            CHECK_INT(async_call_soon(handle, record_and_cancel, NULL), ASYNC_OK);
            model[model_count++] = self;
        }
    }
}

TEST(list, ready_handles)
{
    async_loop *loop = async_new_event_loop_with(virtual_time());
    int round, step;
    state = 2;
    for (round = 0; loop != NULL && round < 300; round++) {
        memset(handles, 0, sizeof handles);
        model_count = called_count = passes = 0;
        cancels_inside = round % 2 != 0;
        for (step = 0; step < 100; step++) {
            int n = (int)random_below(HANDLES), i;
            if (random_below(3) != 0) {
                async_status status = async_loop_call_soon(loop, &handles[n], record_and_cancel, NULL);
                CHECK_INT(status, model_has(n) ? ASYNC_MISUSE : ASYNC_OK);
                if (status == ASYNC_OK)
                    model[model_count++] = n;
            } else {
                CHECK_INT(async_handle_cancel(&handles[n]), model_has(n));
                for (i = 0; i < model_count; i++)
                    if (model[i] == n)
                        model_remove(i);
            }
        }
        while (model_count > 0) {
            int before = called_count;
            async_loop_run_once(loop);
            if (called_count == before) {
                CHECK(model_count == 0);
                break;
            }
        }
        CHECK_INT(async_loop_run_once(loop), ASYNC_FOREVER);
    }
    async_loop_close(loop);
}
