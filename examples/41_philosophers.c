/* The dining philosophers: five at a round table, a fork between each two, and it takes two forks to eat.
 *
 * If each takes the fork at his left first, all five sit there with one fork and wait for ever: async_run() says so, it
 * does not hang; on stderr it says who waits where. If each takes the fork with the lower number first, all eat.
 * A fork is a lock; what await_enter() took is given back when the function leaves. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

enum { SEATS = 5, MEALS = 3 };

struct table {
    async_lock forks[SEATS];
    int meals[SEATS];
};

struct meal {
    async_frame frame;
    async_lock *first, *second;
};

async(meal)
{
    async_begin;
    await_enter(self->first);
    await(async_sleep, .delay = async_ms(1)); /* a moment is enough for trouble */
    await_enter(self->second);
    await(async_sleep, .delay = async_ms(10));
    async_end; /* both forks are put back */
}

struct philosopher {
    async_frame frame;
    struct table *table;
    int seat;
    bool careful;
};

async(philosopher)
{
    int left = self->seat, right = (self->seat + 1) % SEATS;
    bool swaps = self->careful && right < left;
    async_begin;
    while (self->table->meals[self->seat] < MEALS) {
        await(meal, .first = &self->table->forks[swaps ? right : left],
            .second = &self->table->forks[swaps ? left : right]);
        self->table->meals[self->seat]++;
        await(async_sleep, .delay = async_ms(5)); /* thinks */
    }
    async_end;
}

struct dinner {
    async_frame frame;
    bool careful;
    struct table table;
    async_task_group group;
};

async(dinner)
{
    async_begin;
    for (int i = 0; i < SEATS; i++)
        async_lock_init(&self->table.forks[i]);
    async_task_group_enter(&self->group);
    for (int i = 0; i < SEATS; i++)
        async_task_group_create_task(&self->group, philosopher, .table = &self->table, .seat = i,
            .careful = self->careful);
    await(async_task_group_join, .group = &self->group);
    for (int i = 0; i < SEATS; i++)
        printf("philosopher %d had %d meals\n", i, self->table.meals[i]);
    async_end;
}

int main(void)
{
    const async_loop_config config = {.virtual_clock = true};
    async_status status = async_run_with(&config, dinner);
    printf("left fork first: %s\n", status == ASYNC_DEADLOCK ? "nobody can go on" : "no deadlock?");
    status = async_run_with(&config, dinner, .careful = true);
    printf("lower fork first: %s\n", status == ASYNC_OK ? "all have eaten" : async_strerror(status));
    return status < 0;
}
