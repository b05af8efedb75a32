/* A hundred tasks query a PostgreSQL server over one connection at once; then one of them has the server end it.
 *
 *     cc -Iinclude -I$(pg_config --includedir) examples/adapters/queries.c -o queries -lpq -pthread
 *     ./queries "hostaddr=127.0.0.1 dbname=postgres"
 */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include "libpq_adapter.h"
#include <stdio.h>

enum { TASKS = 100, QUERIES = 10, MISMATCH = ASYNC_USER_ERROR(1) };

struct worker {
    async_frame frame;
    pg_client *client;
    int number, i;
    char a[16], b[16];
    const char *values[2];
    PGresult *answer;
};

async(worker)
{
    async_begin;
    self->values[0] = self->a;
    self->values[1] = self->b;
    for (self->i = 0; self->i < QUERIES; self->i++) {
        snprintf(self->a, sizeof self->a, "%d", self->number);
        snprintf(self->b, sizeof self->b, "%d", self->i);
        await_into(self->answer, pg_query, .client = self->client, .sql = "select $1::int * 1000 + $2::int",
            .values = self->values, .count = 2);
        if (PQresultStatus(self->answer) != PGRES_TUPLES_OK ||
            atoi(PQgetvalue(self->answer, 0, 0)) != self->number * 1000 + self->i)
            async_raise(MISMATCH);
        PQclear(self->answer);
        self->answer = NULL;
    }
    async_finally;
    PQclear(self->answer);
    async_end;
}

struct main_ {
    async_frame frame;
    const char *parameters;
    int i;
    pg_client client;
    async_task_group group;
    async_status status;
    PGresult *answer;
};

async(main_)
{
    async_begin;
    await_for_catch(async_seconds(10), self->status, pg_connect, .client = &self->client, .parameters = self->parameters);
    if (self->status < 0) {
        fprintf(stderr, "%s", PQerrorMessage(self->client.connection));
        async_raise(self->status);
    }
    async_task_group_enter(&self->group);
    for (self->i = 0; self->i < TASKS; self->i++)
        async_task_group_create_task(&self->group, worker, .client = &self->client, .number = self->i);
    await(async_task_group_join, .group = &self->group);
    printf("%d queries answered\n", TASKS * QUERIES);

    await_into(self->answer, pg_query, .client = &self->client, .sql = "select 1 / 0");
    printf("%s\n", PQresultErrorField(self->answer, PG_DIAG_MESSAGE_PRIMARY));
    PQclear(self->answer);
    await_into(self->answer, pg_query, .client = &self->client, .sql = "select repeat('x', 3000000)");
    printf("%d bytes\n", PQgetlength(self->answer, 0, 0));
    PQclear(self->answer);
    self->answer = NULL;

    await_for_catch(async_ms(50), self->status, pg_query, .client = &self->client, .sql = "select pg_sleep(0.5)");
    printf("asleep: %s\n", async_strerror(self->status));
    await_into(self->answer, pg_query, .client = &self->client, .sql = "select 'still in step'");
    printf("%s\n", PQgetvalue(self->answer, 0, 0));
    PQclear(self->answer);
    self->answer = NULL;

    await_into(self->answer, pg_query, .client = &self->client, .sql = "select pg_terminate_backend(pg_backend_pid())");
    printf("%s\n", PQresultErrorField(self->answer, PG_DIAG_MESSAGE_PRIMARY));
    PQclear(self->answer);
    self->answer = NULL;
    await_catch(self->status, async_sleep, .delay = async_ms(100));
    await_catch(self->status, pg_query, .client = &self->client, .sql = "select 1");
    printf("it has ended: %s\n", async_strerror(self->status));
    async_finally;
    PQclear(self->answer);
    pg_close(&self->client);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run(main_, .parameters = argc > 1 ? argv[1] : "");
    if (status < 0)
        fprintf(stderr, "%s\n", async_strerror(status));
    return status < 0;
}
