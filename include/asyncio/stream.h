/* stream.h: byte streams over descriptors, with buffers (asyncio's StreamReader and StreamWriter in one object).
 *
 * stream_write.h, stream_read.h and stream_close.h hold what is done with one; open_connection.h and start_server.h make them.
 * Nothing is read from the descriptor before somebody asks for it, so a peer that sends faster than its stream is read is
 * held up by the system. Hosts only, with ASYNCIO_NET. Loop thread only. */
#ifndef ASYNCIO_STREAM_H
#define ASYNCIO_STREAM_H

#include "listen.h"
#include "fd_handle.h"

#if ASYNCIO_NET

ASYNC_EXTERN_C_BEGIN_

/* async_stream: belongs to its owner, who closes it with async_stream_close. All zeros: never opened, or closed. What it
 * leads to is on the heap, so the object itself may be moved while nobody waits for it. */
typedef struct async_stream {
    struct async_stream_core_ *core;
} async_stream;

/* What a leaf that waits for a stream, but not for its descriptor, begins with. */
typedef struct async_stream_waiter_ {
    async_leaf leaf;
    async_node_ node;
    struct async_stream_core_ *core; /* held while it waits */
} async_stream_waiter_;

/* async_bytes: some bytes of somebody else's memory; not terminated. printf("%.*s", (int)b.size, b.data) prints them. */
typedef struct async_bytes {
    const char *data;
    size_t size;
} async_bytes;

/* ASYNC_STREAM_LIMIT: the longest line, without its end; async_stream_set_limit() changes it.
 * ASYNC_STREAM_LINGER: what was written to a stream and is not sent has so long after async_stream_close_nowait(). */
enum { ASYNC_STREAM_LIMIT = 65536 };
#define ASYNC_STREAM_LINGER async_seconds(30)

/* async_stream_open: makes a stream of a descriptor: a socket or a terminal, which it reads and writes, or a pipe's end.
 * async_stream_open_pair: of two; either may be -1: none. With both -1 it reads what async_stream_feed_data() gives it.
 * The stream owns the descriptors from then on; if it cannot be opened they remain the caller's. They become non-blocking;
 * one that was blocking, so perhaps shared with other processes, is made so again at the end. OK, MISUSE for a stream that
 * is open, NO_MEMORY, -EBADF. Mirror connect_accepted_socket(), connect_read_pipe() and connect_write_pipe(). */
async_status async_stream_open(async_stream *stream, int fd);
async_status async_stream_open_pair(async_stream *stream, int read_fd, int write_fd);

/* async_stream_fileno: the descriptor it reads from, or else the one it writes to; -1: none. It remains the stream's.
 * async_stream_peername, async_stream_sockname: a socket's address at the other end, or at this one; -errno. Mirror
 * get_extra_info("peername"), get_extra_info("sockname"). */
int async_stream_fileno(const async_stream *stream);
async_status async_stream_peername(const async_stream *stream, async_address *address);
async_status async_stream_sockname(const async_stream *stream, async_address *address);

/* ---- something between a stream and its descriptor: TLS, compression ------------------------------------------- */

/* async_stream_driver: how the bytes of a stream reach its descriptor and come from it. Its functions never wait: what
 * they cannot do now they answer with ASYNC_WANTS_READ or ASYNC_WANTS_WRITE, and are called again when the descriptor is
 * readable or writable; either may be wanted by any of them. Any other negative status is a failure, which ends that
 * direction. context is what was given with the driver.
 *     read       puts at most size (> 0) bytes into buffer: how many; 0 at the end of the stream.
 *     write      takes at most size (> 0) bytes: how many (> 0). After a want the same bytes come again, perhaps at
 *                another address and with more behind them.
 *     write_eof  tells the peer that no more comes (a close notification): OK when it is told. Called after the last
 *                write, also when the stream is closed. NULL: there is no such thing.
 *     close      the stream is done with it; the descriptor is closed after it. Called exactly once. NULL: nothing. */
typedef struct async_stream_driver {
    ptrdiff_t (*read)(void *context, void *buffer, size_t size);
    ptrdiff_t (*write)(void *context, const void *data, size_t size);
    async_status (*write_eof)(void *context);
    void (*close)(void *context);
} async_stream_driver;

enum { ASYNC_WANTS_READ = -4998, ASYNC_WANTS_WRITE = -4999 };

/* async_stream_set_driver: from now on the stream's bytes go through the driver, which stays in place. A handshake is best
 * done before, with async_fd_readable and async_fd_writable on async_stream_fileno(). INVALID_STATE while somebody reads,
 * when something was read and not taken (it would be plain text that claims to be something else), or is not sent yet;
 * MISUSE when it has a driver or is not open. Then close is not called. Mirrors loop.start_tls(). */
async_status async_stream_set_driver(async_stream *stream, const async_stream_driver *driver, void *context);

/* async_stream_driver_context: what its driver was given; NULL when it has another one or none. */
void *async_stream_driver_context(const async_stream *stream, const async_stream_driver *driver);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_NET
#ifndef ASYNCIO_STREAM_IMPLEMENTATION_
#define ASYNCIO_STREAM_IMPLEMENTATION_

#include <netinet/tcp.h>
#include <sys/uio.h>

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_STREAM_OPEN_, ASYNC_STREAM_CLOSING_, ASYNC_STREAM_CLOSED_ };

#ifdef MSG_NOSIGNAL
#define ASYNC_STREAM_QUIET_ MSG_NOSIGNAL
#else
#define ASYNC_STREAM_QUIET_ 0 /* the socket was told, when it was made */
#endif

/* Most buffers are of this size, and come and go with each message, so that a connection on which nothing happens has
 * none. The loop keeps a few. */
enum { ASYNC_BLOCK_ = 4096, ASYNC_BLOCKS_ = 8 };

static void *async_block_get_(size_t size)
{
    async_loop *loop = async_running_;
    void *block;
    if (size != ASYNC_BLOCK_ || loop == NULL || loop->blocks == NULL)
        return ASYNCIO_MALLOC(size);
    block = loop->blocks;
    loop->blocks = *(void **)block;
    loop->block_count--;
    return block;
}

static void async_block_put_(void *block, size_t size)
{
    async_loop *loop = async_running_;
    if (size != ASYNC_BLOCK_ || !ASYNCIO_POOL || loop == NULL || loop->block_count >= ASYNC_BLOCKS_) {
        ASYNCIO_FREE(block);
        return;
    }
    *(void **)block = loop->blocks;
    loop->blocks = block;
    loop->block_count++;
}

/* What was written and could not be sent at once. */
struct async_chunk_ {
    struct async_chunk_ *next;
    size_t begin, end, capacity;
    char bytes[1];
};

struct async_stream_core_ {
    unsigned refs; /* the stream's, one for each who waits, one while it is being closed */
    int read_fd, write_fd;
    uint8_t state;
    bool is_socket, restore_read, restore_write;
    const async_stream_driver *driver;
    void *context;
    /* reading */
    char *buffer;
    size_t begin, end, capacity, hint, limit;
    async_leaf *reader; /* that waits */
    async_status read_status;
    bool eof;
    bool drained; /* the last read took all there was */
    /* writing */
    struct async_chunk_ *first, *last;
    size_t queued, high, low;
    async_status write_status;
    bool paused;    /* above the high-water mark, and not yet below the low one */
    bool sends;     /* in the background */
    bool eof_asked, eof_told;
    async_line_ drains;
    async_handle soon;
    async_fd_handle background;
    void (*settled)(struct async_stream_core_ *core); /* called when nothing is queued any more, or writing failed */
    void (*resumed)(void *owner); /* and this when it may go on being written to */
    /* the end */
    async_line_ waiting_closed;
    async_loop *loop; /* that it is being closed on */
    async_closer_ closer;
    async_timer_handle linger;
    void (*closed)(void *owner);
    void *owner;
};

static void async_stream_hold_(struct async_stream_core_ *core) { core->refs++; }

/* A function of its own: gcc does not see that refs says when it is the last time, and warns. */
ASYNC_NOINLINE_ static void async_stream_free_(struct async_stream_core_ *core)
{
    if (core->buffer != NULL)
        async_block_put_(core->buffer, core->capacity);
    ASYNCIO_FREE(core);
}

static void async_stream_drop_(struct async_stream_core_ *core)
{
    if (--core->refs == 0)
        async_stream_free_(core);
}

/* ---- the descriptor -------------------------------------------------------------------------------------------- */

/* Whether a descriptor blocked, which it then does no longer; -errno. */
static int async_stream_take_fd_(int fd)
{
    int flags = fd < 0 ? 0 : fcntl(fd, F_GETFL);
    if (flags < 0)
        return -errno;
    if (fd < 0 || (flags & O_NONBLOCK))
        return 0;
    return fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 1;
}

static void async_stream_restore_fd_(int fd, bool restore)
{
    int flags;
    if (restore && (flags = fcntl(fd, F_GETFL)) >= 0)
        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

static async_status async_stream_open_(async_stream *stream, int read_fd, int write_fd, bool prepared)
{
    struct async_stream_core_ *core;
    int reads = 0, writes = 0, on = 1;
    if (stream->core != NULL)
        return ASYNC_MISUSE;
    core = (struct async_stream_core_ *)ASYNCIO_MALLOC(sizeof *core);
    if (core == NULL)
        return ASYNC_NO_MEMORY;
    ASYNC_MEMSET_(core, 0, sizeof *core);
    if (!prepared && ((reads = async_stream_take_fd_(read_fd)) < 0 ||
            (read_fd != write_fd && (writes = async_stream_take_fd_(write_fd)) < 0))) {
        async_stream_restore_fd_(read_fd, reads > 0);
        ASYNCIO_FREE(core);
        return reads < 0 ? reads : writes;
    }
    core->refs = 1;
    core->read_fd = read_fd;
    core->write_fd = write_fd;
    core->restore_read = reads > 0;
    core->restore_write = writes > 0;
    core->limit = ASYNC_STREAM_LIMIT;
    core->high = 65536;
    core->low = core->high / 4;
    /* small answers go out at once, as asyncio has it; what is no TCP socket refuses, and tells what it is */
    core->is_socket = setsockopt(write_fd >= 0 ? write_fd : read_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 ||
        (errno != ENOTSOCK && errno != EBADF);
#ifdef SO_NOSIGPIPE
    if (core->is_socket)
        (void)setsockopt(write_fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    stream->core = core;
    return ASYNC_OK;
}

/* Of a descriptor that is for one direction only, the stream has only that. */
async_status async_stream_open(async_stream *stream, int fd)
{
    int mode = fcntl(fd, F_GETFL);
    if (mode < 0)
        return -errno;
    mode &= O_ACCMODE;
    return async_stream_open_(stream, mode == O_WRONLY ? -1 : fd, mode == O_RDONLY ? -1 : fd, false);
}

async_status async_stream_open_pair(async_stream *stream, int read_fd, int write_fd)
{
    return async_stream_open_(stream, read_fd < 0 ? -1 : read_fd, write_fd < 0 ? -1 : write_fd, false);
}

int async_stream_fileno(const async_stream *stream)
{
    if (stream->core == NULL || stream->core->state == ASYNC_STREAM_CLOSED_)
        return -1;
    return stream->core->read_fd >= 0 ? stream->core->read_fd : stream->core->write_fd;
}

async_status async_stream_peername(const async_stream *stream, async_address *address)
{
    return async_socket_peer(async_stream_fileno(stream), address);
}

async_status async_stream_sockname(const async_stream *stream, async_address *address)
{
    return async_socket_name(async_stream_fileno(stream), address);
}

/* At most size bytes: how many, 0 at the end, a want, or another status. */
static ptrdiff_t async_stream_receive_(struct async_stream_core_ *core, void *buffer, size_t size)
{
    ssize_t n;
    if (core->driver != NULL)
        return core->driver->read(core->context, buffer, size);
    do
        n = read(core->read_fd, buffer, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return async_would_block_(errno) ? (int)ASYNC_WANTS_READ : -errno;
    return (ptrdiff_t)n;
}

static ptrdiff_t async_stream_send_(struct async_stream_core_ *core, struct iovec *pieces, int count)
{
    ssize_t n;
    if (core->driver != NULL)
        return core->driver->write(core->context, pieces[0].iov_base, pieces[0].iov_len);
    if (core->is_socket && count == 1) { /* cheaper */
        do
            n = send(core->write_fd, pieces[0].iov_base, pieces[0].iov_len, ASYNC_STREAM_QUIET_);
        while (n < 0 && errno == EINTR);
    } else if (core->is_socket) {
        struct msghdr message;
        ASYNC_MEMSET_(&message, 0, sizeof message);
        message.msg_iov = pieces;
        message.msg_iovlen = (uint16_t)count; /* an int here, a size_t there */
        do
            n = sendmsg(core->write_fd, &message, ASYNC_STREAM_QUIET_);
        while (n < 0 && errno == EINTR);
    } else {
        sigset_t before;
        async_sigpipe_block_(&before);
        do
            n = writev(core->write_fd, pieces, count);
        while (n < 0 && errno == EINTR);
        async_sigpipe_unblock_(&before, n < 0);
    }
    if (n < 0)
        return async_would_block_(errno) ? (int)ASYNC_WANTS_WRITE : -errno;
    return (ptrdiff_t)n;
}

async_status async_stream_set_driver(async_stream *stream, const async_stream_driver *driver, void *context)
{
    struct async_stream_core_ *core = stream->core;
    if (core == NULL || core->driver != NULL || core->state != ASYNC_STREAM_OPEN_)
        return ASYNC_MISUSE;
    if (core->reader != NULL || core->end > core->begin || core->queued > 0 || core->eof_asked)
        return ASYNC_INVALID_STATE;
    core->driver = driver;
    core->context = context;
    core->drained = false;
    return ASYNC_OK;
}

void *async_stream_driver_context(const async_stream *stream, const async_stream_driver *driver)
{
    return stream->core != NULL && stream->core->driver == driver ? stream->core->context : NULL;
}

ASYNC_EXTERN_C_END_

#endif
#endif
