/* server_close.h: the end of a server, and of its clients. */
#ifndef ASYNCIO_SERVER_CLOSE_H
#define ASYNCIO_SERVER_CLOSE_H

#include "start_server.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* await(async_server_serve_forever, .server = &s, .timeout = grace): waits until it is cancelled (Ctrl-C), and closes it
 * then as async_server_close does; or until somebody else closes it. */
struct async_server_serve_forever {
    async_frame frame;
    async_server *server;
    async_time timeout;
};
ASYNC_DECLARE(async_server_serve_forever);

/* await(async_server_close, .server = &s, .timeout = async_seconds(5)): stops listening; gives the clients that time to
 * be finished, none if it is not given, ASYNC_FOREVER any; cancels the handlers that are left, and waits for their end.
 * It cannot fail. A cancel ends the time the clients have. Nothing on a server that was never started, or is closed.
 * In a client's handler it does not wait for this handler itself; the owner's async_server_close is still to follow. */
struct async_server_close {
    async_server_waiter_ waiter;
    async_server *server;
    async_time timeout;
    async_timer_handle timer;
    bool late, cancelled;
};
ASYNC_DECLARE(async_server_close);

/* async_server_close_nowait: stops listening, no more; async_server_close is still to follow, but for a server whose loop
 *     is closed, of which this leaves nothing. Mirrors Server.close().
 * await(async_server_wait_closed, .server = &s): waits until it does not listen and the last client is gone (in a
 *     handler: the last other one).
 * async_server_close_clients: closes the clients' streams, once what was written is sent: the handlers find them at
 *     their end. async_server_abort_clients: closes them at once. Mirror Server.close_clients(), abort_clients(). */
void async_server_close_nowait(async_server *server);
struct async_server_wait_closed {
    async_server_waiter_ waiter;
    async_server *server;
};
ASYNC_DECLARE(async_server_wait_closed);
void async_server_close_clients(async_server *server);
void async_server_abort_clients(async_server *server);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_SERVER_CLOSE_IMPLEMENTATION_
#define ASYNCIO_SERVER_CLOSE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

void async_server_close_nowait(async_server *server)
{
    if (server->core == NULL)
        return;
    async_server_stop_(server->core);
    if (server->core->loop == NULL)
        async_server_finish_(server);
}

static void async_client_end_(struct async_client_ *client)
{
    if (client->task == NULL)
        async_client_abort_(client);
    else if (client->task != async_current_task()) /* a handler that closes its server goes on */
        async_cancel(client->task);
}

void async_server_close_clients(async_server *server)
{
    if (server->core != NULL)
        async_server_each_(server->core, async_client_close_);
}

void async_server_abort_clients(async_server *server)
{
    if (server->core != NULL)
        async_server_each_(server->core, async_client_abort_);
}

/* The clients have no time left. */
static void async_server_end_clients_(struct async_server_core_ *server)
{
    server->ending = true;
    async_server_each_(server, async_client_end_);
}

static void async_server_stand_(async_server_waiter_ *waiter, struct async_server_core_ *server, const async_task *task)
{
    async_node_ *node;
    waiter->core = server;
    server->refs++;
    async_line_append_(&server->waiting, &waiter->node);
    for (node = server->clients.first; node != NULL && !waiter->inside; node = node->next)
        waiter->inside = ASYNC_CONTAINER_(node, struct async_client_, node)->task == task;
    server->inside += waiter->inside;
    if (waiter->inside)
        async_server_wake_(server); /* another handler may have waited for this one */
}

static bool async_server_waits_(const async_server_waiter_ *waiter)
{
    return waiter->core->count > (waiter->inside ? waiter->core->inside : 0);
}

static void async_server_leave_(async_server_waiter_ *waiter)
{
    async_line_remove_(&waiter->core->waiting, &waiter->node);
    waiter->core->inside -= waiter->inside;
    async_server_drop_(waiter->core);
}

async_step async_server_wait_closed_resume(async_stack *stack, void *frame)
{
    struct async_server_wait_closed *self = (struct async_server_wait_closed *)frame;
    struct async_server_core_ *server = self->server->core;
    if (self->waiter.leaf.frame.state == ASYNC_LEAF_NEW) {
        if (server == NULL || (!server->serving && server->count == 0))
            return async_step_(ASYNC_OK);
        async_server_stand_(&self->waiter, server, stack->task);
        if (server->serving || async_server_waits_(&self->waiter))
            return async_leaf_wait(stack, &self->waiter.leaf);
    }
    async_server_leave_(&self->waiter);
    return async_step_(async_leaf_outcome(&self->waiter.leaf));
}

static void async_server_close_late_(async_handle *handle)
{
    struct async_server_close *self = (struct async_server_close *)handle->data;
    self->late = true;
    async_leaf_complete(&self->waiter.leaf);
}

async_step async_server_close_resume(async_stack *stack, void *frame)
{
    struct async_server_close *self = (struct async_server_close *)frame;
    struct async_server_core_ *server = self->waiter.core;
    async_leaf *leaf = &self->waiter.leaf;
    if (leaf->frame.state == ASYNC_LEAF_NEW) {
        server = self->server->core;
        if (server == NULL)
            return async_step_(ASYNC_OK);
        async_server_stop_(server);
        async_server_stand_(&self->waiter, server, stack->task);
        self->late = self->timeout <= 0 || (self->timeout != ASYNC_FOREVER && async_loop_call_later(server->loop,
            self->timeout, &self->timer, async_server_close_late_, self) < 0);
    } else if (async_leaf_outcome(leaf) < 0) {
        self->cancelled = self->late = true;
        leaf->frame.status = 0;
    }
    if (async_server_waits_(&self->waiter) && self->late && !server->ending)
        async_server_end_clients_(server);
    if (async_server_waits_(&self->waiter) && async_loop_of_(stack)->stack.running) /* or else it is the loop's end, which ends it all */
        return async_leaf_wait(stack, leaf);
    async_timer_handle_cancel(&self->timer);
    if (self->server->core == server && server->count == 0)
        async_server_finish_(self->server);
    async_server_leave_(&self->waiter);
    return async_step_(self->cancelled ? (int)ASYNC_CANCELLED : (int)ASYNC_OK);
}

ASYNC_LEAF_DEFINE(async_server_wait_closed, async_leaf_cancel);
ASYNC_LEAF_DEFINE(async_server_close, async_leaf_cancel);

ASYNC_DEFINE(async_server_serve_forever)
{
    ASYNC_BEGIN;
    AWAIT(async_server_wait_closed, .server = self->server);
    ASYNC_FINALLY;
    AWAIT(async_server_close, .server = self->server, .timeout = self->timeout);
    ASYNC_END;
}

ASYNC_EXTERN_C_END_

#endif
#endif
