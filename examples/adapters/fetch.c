/* Fetches all the URLs that it is given at once, each with a deadline, and prints the code and the bytes of each.
 *
 *     cc -Iinclude examples/adapters/fetch.c -o fetch -lcurl -pthread
 *     ./fetch https://example.org/ https://www.debian.org/
 */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "curl_fetch.h"
#include <stdio.h>

static int failures;

struct fetch_one {
    async_frame frame;
    curl_client *client;
    const char *url;
    size_t size;
    char *body;
    int result;
};

async(fetch_one)
{
    async_begin;
    await_into(self->result, curl_fetch, .client = self->client, .url = self->url, .body = &self->body,
        .size = &self->size, .limit = 10000000);
    printf("%d %8zu %s\n", self->result, self->size, self->url);
    async_finally;
    free(self->body);
    async_end;
}

struct fetch {
    async_frame frame;
    curl_client *client;
    const char *url;
    async_status status;
};

async(fetch)
{
    async_begin;
    await_for_catch(async_seconds(5), self->status, fetch_one, .client = self->client, .url = self->url);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    if (self->status < 0) {
        printf("%s: %s\n", curl_fetch_strerror(self->status), self->url);
        failures++;
    }
    async_end;
}

struct main_ {
    async_frame frame;
    int count, i;
    char **urls;
    curl_client client;
    async_task_group group;
};

async(main_)
{
    async_begin;
    if (curl_client_open(&self->client) < 0)
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < self->count; self->i++)
        async_task_group_create_task(&self->group, fetch, .client = &self->client, .url = self->urls[self->i]);
    async_finally; /* the group has been waited for */
    curl_client_close(&self->client);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ? ASYNC_NO_MEMORY :
        async_run(main_, .count = argc - 1, .urls = argv + 1);
    curl_global_cleanup();
    if (status < 0)
        fprintf(stderr, "%s\n", async_strerror(status));
    return status < 0 || failures > 0;
}
