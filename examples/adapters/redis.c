/* A thousand keys set and read again over one connection by a hundred tasks at once; then the server is told to end.
 *
 *     cc -Iinclude examples/adapters/redis.c -o redis -lhiredis -pthread
 *     redis-server --port 6380 & ./redis 6380
 */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "hiredis_adapter.h"
#include <stdio.h>

enum { TASKS = 100, KEYS = 10 };

struct worker {
    async_frame frame;
    redis_client *client;
    int number, i;
    char key[32], value[32];
    redisReply *reply;
};

async(worker)
{
    async_begin;
    for (self->i = 0; self->i < KEYS; self->i++) {
        snprintf(self->key, sizeof self->key, "key:%d:%d", self->number, self->i);
        snprintf(self->value, sizeof self->value, "value %d", self->number * KEYS + self->i);
        await_into(self->reply, redis_command, .client = self->client, .format = "SET %s %s", .a = self->key,
            .b = self->value);
        freeReplyObject(self->reply);
        self->reply = NULL;
        await_into(self->reply, redis_command, .client = self->client, .format = "GET %s", .a = self->key);
        if (self->reply->type != REDIS_REPLY_STRING || strcmp(self->reply->str, self->value) != 0)
            async_raise(ASYNC_USER_ERROR(1));
        freeReplyObject(self->reply);
        self->reply = NULL;
    }
    async_finally;
    freeReplyObject(self->reply);
    async_end;
}

struct main_ {
    async_frame frame;
    int port, i;
    redis_client client;
    async_task_group group;
    async_status status;
    redisReply *reply;
};

async(main_)
{
    async_begin;
    await(redis_connect, .client = &self->client, .host = "127.0.0.1", .port = self->port);
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < TASKS; self->i++)
        async_task_group_create_task(&self->group, worker, .client = &self->client, .number = self->i);
    await(async_task_group_join, .group = &self->group);
    printf("%d keys set and read\n", TASKS * KEYS);

    await_into(self->reply, redis_command, .client = &self->client, .format = "INCR key:1:1");
    printf("an error is an answer: %s\n", self->reply->str);
    freeReplyObject(self->reply);
    self->reply = NULL;

    await_for_catch(async_ms(50), self->status, redis_command, .client = &self->client, .format = "BLPOP empty 1");
    printf("nothing to pop: %s\n", async_strerror(self->status));
    await_into(self->reply, redis_command, .client = &self->client, .format = "ECHO %s", .a = "still in step");
    printf("%s\n", self->reply->str);

    await_catch(self->status, redis_command, .client = &self->client, .format = "SHUTDOWN NOSAVE");
    printf("the server ends: %s\n", async_strerror(self->status));
    await_catch(self->status, redis_command, .client = &self->client, .format = "PING");
    printf("it has ended: %s\n", async_strerror(self->status));
    await_catch(self->status, redis_connect, .client = &self->client, .host = "127.0.0.1", .port = self->port);
    printf("it is not there: %s\n", async_strerror(self->status));
    async_finally;
    freeReplyObject(self->reply);
    redis_close(&self->client);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run(main_, .port = argc > 1 ? atoi(argv[1]) : 6379);
    if (status < 0)
        fprintf(stderr, "%s\n", async_strerror(status));
    return status < 0;
}
