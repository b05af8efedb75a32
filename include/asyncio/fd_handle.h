/* fd_handle.h: callbacks for descriptors (asyncio's add_reader and add_writer). Hosts only. */
#ifndef ASYNCIO_FD_HANDLE_H
#define ASYNCIO_FD_HANDLE_H

#include "watch.h"

#if !ASYNCIO_BARE

ASYNC_EXTERN_C_BEGIN_

/* async_fd_handle: a callback that is called each time a descriptor is ready. It belongs to the caller and stays in place
 * while it is added. All zeros: not added. */
typedef struct async_fd_handle {
    async_handle handle; /* handle.data is the callback's */
    async_watcher_ watcher;
    int fd;
    void (*callback)(struct async_fd_handle *handle);
    async_loop *loop;
} async_fd_handle;

/* async_loop_add_reader, async_loop_add_writer: calls callback(handle), with handle->handle.data = data, in every pass that
 * finds the descriptor readable, or writable, or failed, or ended, until it is cancelled. Several may be added for one
 * descriptor. OK, MISUSE when it is added already, -EBADF, NO_MEMORY, NO_RUNNING_LOOP for loop NULL. Loop thread.
 * Mirror loop.add_reader(), add_writer(). */
async_status async_loop_add_reader(async_loop *loop, int fd, async_fd_handle *handle,
    void (*callback)(async_fd_handle *), void *data);
async_status async_loop_add_writer(async_loop *loop, int fd, async_fd_handle *handle,
    void (*callback)(async_fd_handle *), void *data);

/* async_fd_handle_cancel: it is not called any more, not even in the pass under way; true if it would have been. Mirrors
 * loop.remove_reader(), remove_writer(). */
bool async_fd_handle_cancel(async_fd_handle *handle);

/* async_fd_handle_status: OK, or why this is its last call: CLOSED when the descriptor was closed with
 * async_fd_close(), -EBADF when it was closed otherwise, NO_MEMORY, -errno when it cannot be watched any more. */
async_status async_fd_handle_status(const async_fd_handle *handle);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_BARE
#ifndef ASYNCIO_FD_HANDLE_IMPLEMENTATION_
#define ASYNCIO_FD_HANDLE_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

/* It is added again before the call, which may cancel it. */
static void async_fd_handle_run_(async_handle *link)
{
    async_fd_handle *handle = (async_fd_handle *)(void *)link;
    if (handle->watcher.status == ASYNC_OK) {
        handle->watcher.fd = handle->fd;
        handle->watcher.status = async_poller_watch_(handle->loop, &handle->watcher);
        if (handle->watcher.status < 0)
            handle->watcher.fd = -1;
    }
    handle->callback(handle);
}

static async_status async_fd_handle_add_(async_loop *loop, int fd, bool writes, async_fd_handle *handle,
    void (*callback)(async_fd_handle *), void *data)
{
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    if (handle->watcher.handle != NULL && (handle->watcher.fd >= 0 || handle->handle.prev != 0))
        return ASYNC_MISUSE;
    ASYNC_MEMSET_(handle, 0, sizeof *handle);
    handle->handle.callback = async_fd_handle_run_;
    handle->handle.data = data;
    handle->fd = handle->watcher.fd = fd;
    handle->watcher.writes = writes;
    handle->watcher.handle = &handle->handle;
    handle->callback = callback;
    handle->loop = loop;
    handle->watcher.status = async_poller_watch_(loop, &handle->watcher);
    if (handle->watcher.status < 0)
        handle->watcher.fd = -1;
    return handle->watcher.status;
}

async_status async_loop_add_reader(async_loop *loop, int fd, async_fd_handle *handle,
    void (*callback)(async_fd_handle *), void *data)
{
    return async_fd_handle_add_(loop, fd, false, handle, callback, data);
}

async_status async_loop_add_writer(async_loop *loop, int fd, async_fd_handle *handle,
    void (*callback)(async_fd_handle *), void *data)
{
    return async_fd_handle_add_(loop, fd, true, handle, callback, data);
}

bool async_fd_handle_cancel(async_fd_handle *handle)
{
    if (handle->watcher.handle == NULL)
        return false;
    if (handle->watcher.fd >= 0)
        async_poller_unwatch_(handle->loop, &handle->watcher);
    else if (handle->handle.prev != 0)
        async_fifo_remove_(&handle->loop->ready, &handle->loop->pass, &handle->handle);
    else
        return false;
    async_poller_settle_(handle->loop, handle->fd);
    return true;
}

async_status async_fd_handle_status(const async_fd_handle *handle) { return handle->watcher.status; }

ASYNC_EXTERN_C_END_

#endif
#endif
