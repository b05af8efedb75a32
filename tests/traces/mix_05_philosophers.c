/* Five philosophers, forks taken in a fixed order: all eat. */
#include "trace.h"

enum { SEATS = 5, MEALS = 2 };

struct log { int seats[SEATS * MEALS]; size_t count; };

struct philosopher {
    async_frame frame;
    int seat;
    async_lock *forks, *first, *second;
    struct log *log;
    int meal;
};

async(philosopher)
{
    async_begin;
    self->first = &self->forks[self->seat];
    self->second = &self->forks[(self->seat + 1) % SEATS];
    if (self->second < self->first) {
        async_lock *swap;
        swap = self->first;
        self->first = self->second;
        self->second = swap;
    }
    for (self->meal = 0; self->meal < MEALS; self->meal++) {
        await_enter(self->first);
        await(async_sleep);
        await_enter(self->second);
        self->log->seats[self->log->count++] = self->seat;
        await(async_sleep);
        async_exit(self->second);
        async_exit(self->first);
    }
    async_end;
}

struct top { async_frame frame; async_lock forks[SEATS]; struct log log; async_task *tasks[SEATS]; };

async(top)
{
    async_begin;
    for (int i = 0; i < SEATS; i++)
        async_lock_init(&self->forks[i]);
    for (int i = 0; i < SEATS; i++)
        self->tasks[i] = async_create_task(philosopher, .seat = i, .forks = self->forks, .log = &self->log);
    await(async_gather, .tasks = self->tasks, .count = SEATS);
    print_ints(self->log.seats, self->log.count);
    printf("\nmeals ");
    {
        int meals[SEATS] = {0};
        for (size_t i = 0; i < self->log.count; i++)
            meals[self->log.seats[i]]++;
        print_ints(meals, SEATS);
        puts("");
    }
    async_finally;
    release_all(self->tasks, SEATS);
    async_end;
}

int main(void) { return async_run_with(&virtual_time, top) < 0; }
