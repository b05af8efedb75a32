/* hiredis_adapter.h: commands to a Redis server, with hiredis, to be awaited. Copy it into your project; include it behind
 * asyncio.h. Tasks that wait for a command at the same time share the connection: what they send goes out together (pipelining).
 *
 *     cc -Iinclude redis.c -lhiredis -pthread
 */
#ifndef HIREDIS_ADAPTER_H
#define HIREDIS_ADAPTER_H

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

/* REDIS_FAILED: hiredis failed in a way that has no errno. An answer that is an error is none: REDIS_REPLY_ERROR. */
enum { REDIS_FAILED = ASYNC_USER_ERROR(7200) };

/* redis_client: a connection; stays in place while it is open. All zeros: not open. context, hiredis's own, is NULL once
 * the connection has ended, whoever ended it. */
typedef struct redis_client {
    redisAsyncContext *context;
    async_fd_handle reader, writer;
    async_handle broken;
    struct redis_connect *connecting;
} redis_client;

/* redis_close: ends the connection at once, if it is open; who waits for a command is told CLOSED. */
static inline void redis_close(redis_client *client)
{
    if (client->context != NULL)
        redisAsyncFree(client->context); /* and redis_cleanup_() */
}

/* await(redis_connect, .client = &c, .host = "127.0.0.1", .port = 6379): -errno, REDIS_FAILED, NO_MEMORY, CLOSED by
 * redis_close(), and MISUSE when it is open. hiredis looks up a name as the system does, and blocks meanwhile: give an address. */
struct redis_connect {
    async_leaf leaf;
    redis_client *client;
    const char *host;
    int port;
    async_status status;
};

/* ---- what hiredis asks of an event loop ------------------------------------------------------------------------ */

static inline void redis_broken_(async_handle *handle) { redis_close((redis_client *)handle->data); }

static inline void redis_readable_(async_fd_handle *handle)
{
    redis_client *client = (redis_client *)handle->handle.data;
    if (async_fd_handle_status(handle) < 0)
        redis_close(client);
    else
        redisAsyncHandleRead(client->context);
}

static inline void redis_writable_(async_fd_handle *handle)
{
    redis_client *client = (redis_client *)handle->handle.data;
    if (async_fd_handle_status(handle) < 0)
        redis_close(client);
    else
        redisAsyncHandleWrite(client->context);
}

/* Without the memory to wait for the socket, the connection ends; not here, where hiredis would not expect it. */
static inline void redis_added_(redis_client *client, async_status status)
{
    if (status < 0 && status != ASYNC_MISUSE) /* MISUSE: it is there already */
        (void)async_call_soon(&client->broken, redis_broken_, client);
}

static inline void redis_add_read_(void *data)
{
    redis_client *client = (redis_client *)data;
    redis_added_(client, async_loop_add_reader(async_get_running_loop(), client->context->c.fd, &client->reader,
        redis_readable_, client));
}

static inline void redis_add_write_(void *data)
{
    redis_client *client = (redis_client *)data;
    redis_added_(client, async_loop_add_writer(async_get_running_loop(), client->context->c.fd, &client->writer,
        redis_writable_, client));
}

static inline void redis_del_read_(void *data) { async_fd_handle_cancel(&((redis_client *)data)->reader); }
static inline void redis_del_write_(void *data) { async_fd_handle_cancel(&((redis_client *)data)->writer); }

static inline void redis_cleanup_(void *data)
{
    redis_client *client = (redis_client *)data;
    async_fd_handle_cancel(&client->reader);
    async_fd_handle_cancel(&client->writer);
    async_handle_cancel(&client->broken);
    client->context = NULL; /* hiredis frees it */
    if (client->connecting != NULL) {
        client->connecting->status = ASYNC_CLOSED;
        async_leaf_complete(&client->connecting->leaf);
        client->connecting = NULL;
    }
}

/* ---- connecting ------------------------------------------------------------------------------------------------ */

static inline async_status redis_failure_(const redisAsyncContext *context)
{
    return context->c.err == REDIS_ERR_IO && errno != 0 ? -errno : (int)REDIS_FAILED;
}

static inline void redis_connected_(const redisAsyncContext *context, int status)
{
    struct redis_connect *self = ((redis_client *)context->ev.data)->connecting;
    if (self == NULL)
        return;
    self->status = status == REDIS_OK ? (int)ASYNC_OK : redis_failure_(context);
    self->client->connecting = NULL;
    async_leaf_complete(&self->leaf);
}

static async_step redis_connect_resume(async_stack *stack, void *frame)
{
    struct redis_connect *self = (struct redis_connect *)frame;
    redis_client *client = self->client;
    redisAsyncContext *context;
    if (self->leaf.frame.state != ASYNC_LEAF_NEW) {
        async_status status = async_leaf_outcome(&self->leaf);
        if (client->connecting == self)
            client->connecting = NULL;
        if (status < 0)
            redis_close(client);
        return async_leaf_return(status < 0 ? status : self->status);
    }
    if (client->context != NULL)
        return async_leaf_return(ASYNC_MISUSE);
    context = redisAsyncConnect(self->host, self->port);
    if (context == NULL)
        return async_leaf_return(ASYNC_NO_MEMORY);
    if (context->c.err != 0) {
        self->status = redis_failure_(context);
        redisAsyncFree(context);
        return async_leaf_return(self->status);
    }
    client->context = context;
    client->connecting = self;
    context->ev.data = client;
    context->ev.addRead = redis_add_read_;
    context->ev.delRead = redis_del_read_;
    context->ev.addWrite = redis_add_write_;
    context->ev.delWrite = redis_del_write_;
    context->ev.cleanup = redis_cleanup_;
    redisAsyncSetConnectCallback(context, redis_connected_); /* it begins to wait */
    return async_leaf_wait(stack, &self->leaf);
}
async_leaf_define_static(redis_connect, async_leaf_cancel);

/* ---- commands -------------------------------------------------------------------------------------------------- */

/* await_into(reply, redis_command, .client = &c, .format = "SET %s %s", .a = key, .b = value): sends a command with up to
 * three texts in it, and gives the answer, which is given back with freeReplyObject(). CLOSED when the connection has ended,
 * NO_MEMORY. A command whose await is cancelled may be carried out all the same; its answer is dropped. Not for those
 * with many answers (SUBSCRIBE, MONITOR). */
struct redis_command {
    async_leaf leaf;
    redis_client *client;
    const char *format, *a, *b, *c;
    redisReply *result;
    async_status status;
    struct redis_pending_ *pending;
};

/* What hiredis holds on to until the answer has come, which may be after the await. */
struct redis_pending_ {
    struct redis_command *command;
};

static inline void redis_replied_(redisAsyncContext *context, void *given, void *data)
{
    struct redis_pending_ *pending = (struct redis_pending_ *)data;
    struct redis_command *self = pending->command;
    redisReply *reply = (redisReply *)given;
    (void)context;
    free(pending);
    if (self == NULL)
        return;
    self->pending = NULL;
    self->status = reply == NULL ? ASYNC_CLOSED : ASYNC_OK;
    if (reply != NULL && (self->result = (redisReply *)malloc(sizeof *reply)) != NULL) {
        *self->result = *reply;
        reply->type = REDIS_REPLY_NIL; /* hiredis frees it, without what is now ours */
    } else if (reply != NULL) {
        self->status = ASYNC_NO_MEMORY;
    }
    async_leaf_complete(&self->leaf);
}

static async_step redis_command_resume(async_stack *stack, void *frame)
{
    struct redis_command *self = (struct redis_command *)frame;
    if (self->leaf.frame.state != ASYNC_LEAF_NEW) {
        async_status status = async_leaf_outcome(&self->leaf);
        if (self->pending != NULL)
            self->pending->command = NULL;
        if (status == ASYNC_OK)
            return async_leaf_return(self->status);
        freeReplyObject(self->result); /* cancelled though it had come, or NULL */
        return async_leaf_return(status);
    }
    if (self->client->context == NULL)
        return async_leaf_return(ASYNC_CLOSED);
    self->pending = (struct redis_pending_ *)malloc(sizeof *self->pending);
    if (self->pending == NULL)
        return async_leaf_return(ASYNC_NO_MEMORY);
    self->pending->command = self;
    if (redisAsyncCommand(self->client->context, redis_replied_, self->pending, self->format, self->a, self->b,
            self->c) != REDIS_OK) {
        free(self->pending);
        return async_leaf_return(self->client->context->c.flags & REDIS_DISCONNECTING ? ASYNC_CLOSED : ASYNC_NO_MEMORY);
    }
    return async_leaf_wait(stack, &self->leaf);
}
async_leaf_define_static(redis_command, async_leaf_cancel);

#endif
