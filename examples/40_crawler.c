/* A crawler: a task for each page, and a semaphore so that at most ten pages are loaded at once.
 *
 * A page that is found adds children to the group that it runs in itself; the group ends when the last page has been
 * read. The site is simulated, and so is the time it takes: with the virtual clock of the configuration below every run
 * prints the same, at once. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>

enum { PAGES = 200, AT_ONCE = 10 };

struct page {
    int count, links[3];
};

struct crawl {
    async_task_group group;
    async_semaphore permits;
    bool seen[PAGES];
    int found, loading, most;
};

/* Instead of a request: some pages are slow, and all link to others. */
struct load {
    async_frame frame;
    int number;
    struct page result;
};

async(load)
{
    async_begin;
    await(async_sleep, .delay = async_ms(20 + self->number * 37 % 80));
    self->result.links[self->result.count++] = (self->number * 2 + 1) % PAGES;
    self->result.links[self->result.count++] = (self->number * 2 + 2) % PAGES;
    if (self->number % 10 == 0)
        self->result.links[self->result.count++] = self->number / 10;
    async_end;
}

struct visit {
    async_frame frame;
    struct crawl *crawl;
    int number;
    struct page page;
};

async(visit)
{
    struct crawl *crawl = self->crawl; /* computed anew whenever the function goes on */
    async_begin;
    await_enter(&crawl->permits);
    crawl->loading++;
    if (crawl->loading > crawl->most)
        crawl->most = crawl->loading;
    await_into(self->page, load, .number = self->number);
    crawl->loading--;
    async_exit(&crawl->permits); /* the links are for others */

    crawl->found++;
    for (int i = 0; i < self->page.count; i++) {
        int link = self->page.links[i];
        if (!crawl->seen[link]) {
            crawl->seen[link] = true;
            async_task_group_create_task(&crawl->group, visit, .crawl = crawl, .number = link);
        }
    }
    async_end;
}

struct top {
    async_frame frame;
    struct crawl crawl;
    async_time begun;
};

async(top)
{
    async_begin;
    self->begun = async_loop_time(async_get_running_loop());
    async_semaphore_init(&self->crawl.permits, AT_ONCE);
    async_task_group_enter(&self->crawl.group);
    self->crawl.seen[0] = true;
    async_task_group_create_task(&self->crawl.group, visit, .crawl = &self->crawl, .number = 0);
    await(async_task_group_join, .group = &self->crawl.group);

    printf("%d pages of %d, at most %d at once, in %d ms\n", self->crawl.found, PAGES, self->crawl.most,
        (int)((async_loop_time(async_get_running_loop()) - self->begun) / async_ms(1)));
    async_end;
}

int main(void)
{
    const async_loop_config config = {.virtual_clock = true};
    return async_run_with(&config, top) < 0;
}
