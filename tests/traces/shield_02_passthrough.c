/* shield() passes results and errors through. */
#include "trace.h"

struct good { async_frame frame; const char *result; };

async(good)
{
    async_begin;
    async_return("good");
    async_end;
}

struct bad { async_frame frame; };

async(bad)
{
    async_begin;
    async_raise(BOOM);
    async_end;
}

struct top { async_frame frame; async_task *tasks[2]; async_status status; };

async(top)
{
    async_begin;
    self->tasks[0] = async_create_task(good);
    await(async_shield, .task = self->tasks[0]);
    puts(async_result(self->tasks[0], good));
    self->tasks[1] = async_create_task(bad);
    await_catch(self->status, async_shield, .task = self->tasks[1]);
    if (self->status == BOOM)
        puts("Boom");
    async_finally;
    release_all(self->tasks, 2);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
