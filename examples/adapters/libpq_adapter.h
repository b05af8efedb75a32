/* libpq_adapter.h: PostgreSQL queries with libpq (14 and later), to be awaited. Copy it into your project; include it behind
 * asyncio.h. Tasks may query over one connection at once: their queries are sent without waiting for each other's
 * answers (pipeline mode), each a transaction of its own.
 *
 *     cc -Iinclude -I$(pg_config --includedir) queries.c -lpq -pthread
 */
#ifndef LIBPQ_ADAPTER_H
#define LIBPQ_ADAPTER_H

#include <libpq-fe.h>
#include <stdlib.h>

/* PG_FAILED: no connection; PQerrorMessage(client.connection) says why. A query that fails is none: it has a result. */
enum { PG_FAILED = ASYNC_USER_ERROR(7500) };

/* pg_client: a connection; stays in place until pg_close. All zeros: none. connection is libpq's. */
typedef struct pg_client {
    PGconn *connection;
    bool open;
    async_fd_handle reader, writer;
    struct pg_pending_ *first, **last; /* queries that were sent, oldest first */
} pg_client;

/* await_into(result, pg_query, .client = &c, .sql = "select $1::int + $2", .values = values, .count = 2): one query, its
 * parameters as texts (NULL: null). The result is the caller's to PQclear(); whether the query failed it says,
 * PQresultStatus(). CLOSED when there is no connection any more, NO_MEMORY. A query whose await is cancelled may be
 * carried out all the same; its result is dropped. Not for COPY. */
struct pg_query {
    async_leaf leaf;
    pg_client *client;
    const char *sql;
    const char *const *values;
    int count;
    PGresult *result;
    async_status status;
    struct pg_pending_ *pending;
};

/* What stands for a query in the line, which may be longer than its await. */
struct pg_pending_ {
    struct pg_query *query;
    struct pg_pending_ *next;
};

/* ---- sending and receiving ------------------------------------------------------------------------------------- */

/* The oldest query has its result, or will have none. */
static inline void pg_done_(pg_client *client, async_status status)
{
    struct pg_pending_ *pending = client->first;
    client->first = pending->next;
    if (client->first == NULL)
        client->last = &client->first;
    if (pending->query != NULL) {
        pending->query->pending = NULL;
        pending->query->status = pending->query->result != NULL ? (int)ASYNC_OK : status;
        async_leaf_complete(&pending->query->leaf);
    }
    free(pending);
}

/* The connection is of no use any more; why, libpq still tells. */
static inline void pg_lost_(pg_client *client)
{
    client->open = false;
    async_fd_handle_cancel(&client->reader);
    async_fd_handle_cancel(&client->writer);
    while (client->first != NULL)
        pg_done_(client, ASYNC_CLOSED);
}

static inline void pg_flush_(pg_client *client);

static inline void pg_writable_(async_fd_handle *handle)
{
    pg_client *client = (pg_client *)handle->handle.data;
    if (async_fd_handle_status(handle) < 0)
        pg_lost_(client);
    else
        pg_flush_(client);
}

static inline void pg_flush_(pg_client *client)
{
    int left = PQflush(client->connection);
    async_status status = ASYNC_OK;
    if (left == 0)
        async_fd_handle_cancel(&client->writer);
    else if (left > 0)
        status = async_loop_add_writer(async_get_running_loop(), PQsocket(client->connection), &client->writer,
            pg_writable_, client);
    if (left < 0 || (status < 0 && status != ASYNC_MISUSE)) /* MISUSE: it is added already */
        pg_lost_(client);
}

static inline void pg_readable_(async_fd_handle *handle)
{
    pg_client *client = (pg_client *)handle->handle.data;
    bool separated = false; /* NULL comes once between two results, and twice where nothing follows */
    if (async_fd_handle_status(handle) < 0 || PQconsumeInput(client->connection) != 1) {
        pg_lost_(client);
        return;
    }
    while (client->first != NULL && PQisBusy(client->connection) == 0) {
        PGresult *result = PQgetResult(client->connection);
        struct pg_query *query = client->first->query;
        if (result == NULL && separated)
            break;
        separated = result == NULL;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            pg_done_(client, ASYNC_NO_MEMORY);
            PQclear(result);
        } else if (query != NULL && query->result == NULL) {
            query->result = result;
        } else {
            PQclear(result);
        }
    }
    if (PQstatus(client->connection) != CONNECTION_OK)
        pg_lost_(client);
    else
        pg_flush_(client); /* what came may be what the server waited with */
}

/* ---- connecting ------------------------------------------------------------------------------------------------ */

/* pg_close: the end of a client, connected or not; who waits for a query is told CLOSED. */
static inline void pg_close(pg_client *client)
{
    pg_lost_(client);
    PQfinish(client->connection);
    client->connection = NULL;
}

/* await(pg_connect, .client = &c, .parameters = "hostaddr=127.0.0.1 dbname=d"): as PQconnectdb() has them; a host name
 * would be looked up as the system does, blocking. PG_FAILED, NO_MEMORY, MISUSE. However it ends, pg_close() follows. */
struct pg_connect {
    async_frame frame;
    pg_client *client;
    const char *parameters;
    PostgresPollingStatusType state;
    async_status status;
};

async(pg_connect)
{
    async_begin;
    if (self->client->connection != NULL)
        async_raise(ASYNC_MISUSE);
    self->client->last = &self->client->first;
    self->client->connection = PQconnectStart(self->parameters);
    if (self->client->connection == NULL)
        async_raise(ASYNC_NO_MEMORY);
    self->state = PQstatus(self->client->connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (self->state == PGRES_POLLING_READING || self->state == PGRES_POLLING_WRITING) {
        /* perhaps a new socket with the number of the last one, which this tells the loop */
        self->status = async_fd_set_nonblocking(PQsocket(self->client->connection));
        if (self->status < 0)
            async_raise(self->status);
        if (self->state == PGRES_POLLING_READING)
            await(async_fd_readable, .fd = PQsocket(self->client->connection));
        else
            await(async_fd_writable, .fd = PQsocket(self->client->connection));
        self->state = PQconnectPoll(self->client->connection);
    }
    if (self->state != PGRES_POLLING_OK || PQsetnonblocking(self->client->connection, 1) != 0 ||
        PQenterPipelineMode(self->client->connection) != 1)
        async_raise(PG_FAILED);
    self->status = async_loop_add_reader(async_get_running_loop(), PQsocket(self->client->connection),
        &self->client->reader, pg_readable_, self->client);
    if (self->status < 0)
        async_raise(self->status);
    self->client->open = true;
    async_end;
}

/* ---- querying -------------------------------------------------------------------------------------------------- */

static async_step pg_query_resume(async_stack *stack, void *frame)
{
    struct pg_query *self = (struct pg_query *)frame;
    pg_client *client = self->client;
    async_step step;
    if (self->leaf.frame.state != ASYNC_LEAF_NEW) {
        async_status status = async_leaf_outcome(&self->leaf);
        if (self->pending != NULL)
            self->pending->query = NULL;
        if (status == ASYNC_OK)
            return async_leaf_return(self->status);
        PQclear(self->result);
        return async_leaf_return(status);
    }
    if (!client->open)
        return async_leaf_return(ASYNC_CLOSED);
    self->pending = (struct pg_pending_ *)malloc(sizeof *self->pending);
    if (self->pending == NULL)
        return async_leaf_return(ASYNC_NO_MEMORY);
    if (PQsendQueryParams(client->connection, self->sql, self->count, NULL, self->values, NULL, NULL, 0) != 1) {
        free(self->pending);
        return async_leaf_return(PQstatus(client->connection) == CONNECTION_OK ? ASYNC_NO_MEMORY : ASYNC_CLOSED);
    }
    self->pending->query = self;
    self->pending->next = NULL;
    *client->last = self->pending;
    client->last = &self->pending->next;
    step = async_leaf_wait(stack, &self->leaf);
    if (PQpipelineSync(client->connection) == 1)
        pg_flush_(client);
    else
        pg_lost_(client); /* which ends this wait too */
    return step;
}
async_leaf_define_static(pg_query, async_leaf_cancel);

#endif
