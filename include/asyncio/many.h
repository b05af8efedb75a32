/* many.h: the same async function on several loops, each in a thread of its own: for servers that share a port with
 * SO_REUSEPORT. Hosts only, with ASYNCIO_THREADS. */
#ifndef ASYNCIO_MANY_H
#define ASYNCIO_MANY_H

#include "event.h"
#include "runner.h"
#include "threadsafe.h"

#if ASYNCIO_THREADS

ASYNC_EXTERN_C_BEGIN_

/* async_run_many(count, statuses, f, .a = 1, ...): runs f(a = 1, ...) `count` times (0: once for each processor), each time
 *     with async_run() in a thread of its own, and blocks until all have ended. They share nothing but what the arguments
 *     point to. When one fails, the others are cancelled; Ctrl-C cancels them all, and a second one ends the process.
 *     Gives INTERRUPTED after a Ctrl-C, else the failure that came first, else OK. statuses: NULL, or an array of
 *     `count` for how each ended (that of the processors is not known before: give a count then). Also NO_MEMORY; MISUSE
 *     inside a running loop; -errno when a thread could not be started: the others are cancelled then. One block from
 *     the heap, and what the loops need.
 * async_run_many_index: which of them calls, from 0; -1 in any other thread.
 * async_run_many_stop: from any of them: all of them are cancelled, and that is no failure. False in another thread. */
#define async_run_many(count, statuses, ...) ASYNC_RUN_MANY_(count, statuses, __VA_ARGS__, )
#define ASYNC_RUN_MANY_(count, statuses, name, ...)                                                         \
    (ASYNC_RECORD_TASK_(name, 0, "task;heap") async_many_begin_(count, statuses, &name##_type ASYNC_SITE_)                                           \
            ? (ASYNC_PUT_((struct name *)async_many_frame_(), __VA_ARGS__) async_many_end_())               \
            : async_run_failed_())
int async_run_many_index(void);
bool async_run_many_stop(void);

bool async_many_begin_(unsigned count, async_status *statuses, const async_type *type ASYNC_SITE_PARAMETERS_);
void *async_many_frame_(void);
async_status async_many_end_(void);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_THREADS
#ifndef ASYNCIO_MANY_IMPLEMENTATION_
#define ASYNCIO_MANY_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_MANY_MOST_ = 100000 };

struct async_many_;

/* One of them. */
struct async_many_member_ {
    struct async_many_ *many;
    pthread_t thread;
    async_handle begin, cancel, ended; /* of its own loop, and the last of the supervisor's */
    async_task *task;
    async_loop *loop; /* while its function runs; under the lock */
    bool cancelled;   /* so is this */
    bool begun;       /* there is a thread */
    int status;
};

/* Behind it lie its members, and behind them the frame with the arguments. */
struct async_many_ {
    struct async_many_ *next; /* the one whose arguments are evaluated round this one's */
    const async_type *type;
#if ASYNCIO_DEBUG
    const char *file;
    int line;
#endif
    async_status *statuses;
    unsigned count, running;
    async_loop *supervisor;
    async_event change;    /* for the supervisor: one has ended, or is to be told */
    async_status failure;  /* the first */
    pthread_mutex_t lock; /* of the following, and of what the members say */
    bool ending;
};

static ASYNC_THREAD_LOCAL_ struct async_many_ *async_many_new_; /* its arguments are being evaluated */
static ASYNC_THREAD_LOCAL_ struct async_many_member_ *async_many_here_;

static struct async_many_member_ *async_many_members_(struct async_many_ *many)
{
    return (struct async_many_member_ *)(void *)((unsigned char *)many + ASYNC_ROUND_(sizeof *many));
}

static unsigned char *async_many_arguments_(struct async_many_ *many)
{
    return (unsigned char *)async_many_members_(many) +
        ASYNC_ROUND_(many->count * sizeof(struct async_many_member_));
}

/* ---- in the members' threads ---------------------------------------------------------------------------------- */

static void async_many_cancelled_(async_handle *handle)
{
    async_cancel(((struct async_many_member_ *)handle->data)->task);
}

/* Each once; with the lock, under which no loop is closed. */
static void async_many_cancel_(struct async_many_ *many)
{
    unsigned i;
    many->ending = true;
    for (i = 0; i < many->count; i++) {
        struct async_many_member_ *member = &async_many_members_(many)[i];
        if (member->loop != NULL && !member->cancelled) {
            member->cancelled = true;
            async_loop_call_soon_threadsafe(member->loop, &member->cancel, async_many_cancelled_, member);
        }
    }
}

/* From now on it can be cancelled. */
static void async_many_begun_(async_handle *handle)
{
    struct async_many_member_ *member = (struct async_many_member_ *)handle->data;
    pthread_mutex_lock(&member->many->lock);
    member->loop = async_running_;
    if (member->many->ending)
        async_many_cancel_(member->many);
    pthread_mutex_unlock(&member->many->lock);
}

static void async_many_run_(struct async_many_member_ *member)
{
    struct async_many_ *many = member->many;
    const async_type *type = many->type;
    unsigned char *frame;
#if ASYNCIO_DEBUG
    if (!async_run_begin_(NULL, type, many->file, many->line))
#else
    if (!async_run_begin_(NULL, type))
#endif
    {
        member->status = async_run_failed_();
        return;
    }
    frame = (unsigned char *)async_creating_();
    ASYNC_MEMCPY_(frame + sizeof(async_frame), async_many_arguments_(many) + sizeof(async_frame),
        type->size - sizeof(async_frame));
    member->task = async_created_;
    (async_loop_call_soon)((async_loop *)(void *)member->task->future.callbacks, &member->begin, async_many_begun_,
        member);
    (void)async_run_go_();
    pthread_mutex_lock(&many->lock);
    member->loop = NULL;
    pthread_mutex_unlock(&many->lock);
    member->status = async_run_end_();
}

static void async_many_ended_(async_handle *handle)
{
    struct async_many_member_ *member = (struct async_many_member_ *)handle->data;
    struct async_many_ *many = member->many;
    many->running--;
    if (member->status < 0 && member->status != ASYNC_CANCELLED && many->failure == ASYNC_OK)
        many->failure = member->status;
    async_event_set(&many->change);
}

static void *async_many_thread_(void *data)
{
    struct async_many_member_ *member = (struct async_many_member_ *)data;
    async_many_here_ = member;
    async_many_run_(member);
    async_loop_call_soon_threadsafe(member->many->supervisor, &member->ended, async_many_ended_, member);
    return NULL;
}

/* ---- in the calling thread: a loop that starts the others, hears of their ends, and has the Ctrl-C -------------- */

struct async_many_supervise_ {
    async_frame frame;
    struct async_many_ *many;
    async_status status;
    bool interrupted;
};

static void async_many_start_(struct async_many_ *many)
{
    struct async_many_member_ *member = async_many_members_(many);
    unsigned i;
    many->supervisor = async_running_;
    for (i = 0; i < many->count && many->failure == ASYNC_OK; i++, member++) {
        int error = async_thread_start_(&member->thread, async_many_thread_, member);
        member->begun = error == 0;
        if (error == 0)
            many->running++;
        else
            member->status = many->failure = -error;
    }
}

static void async_many_join_(struct async_many_ *many)
{
    unsigned i;
    for (i = 0; i < many->count; i++)
        if (async_many_members_(many)[i].begun)
            pthread_join(async_many_members_(many)[i].thread, NULL);
}

ASYNC(async_many_supervise_)
{
    struct async_many_ *many = self->many;
    ASYNC_BEGIN;
    async_loop_hold(async_running_);
    async_many_start_(many);
    while (many->running > 0) {
        if (many->failure < 0 || self->interrupted) {
            pthread_mutex_lock(&many->lock);
            async_many_cancel_(many);
            pthread_mutex_unlock(&many->lock);
        }
        async_event_clear(&many->change);
        AWAIT_CATCH(self->status, async_event_wait, .event = &many->change);
        if (self->status < 0)
            self->interrupted = true;
    }
    if (self->interrupted)
        ASYNC_RAISE(ASYNC_CANCELLED);
    if (many->failure < 0)
        ASYNC_RAISE(many->failure);
    ASYNC_FINALLY;
    async_many_join_(many);
    async_loop_unhold(async_running_);
    ASYNC_END;
}

/* ---- the call --------------------------------------------------------------------------------------------------- */

void *async_many_frame_(void) { return async_many_arguments_(async_many_new_); }

bool async_many_begin_(unsigned count, async_status *statuses, const async_type *type ASYNC_SITE_PARAMETERS_)
{
    struct async_many_ *many;
    size_t size;
    unsigned i;
    async_run_status_ = ASYNC_MISUSE;
    if (async_running_ != NULL)
        return false;
    async_run_status_ = ASYNC_INVALID_ARGUMENT;
    if (count == 0)
        count = async_processors_();
    if (count > ASYNC_MANY_MOST_)
        return false;
    async_run_status_ = ASYNC_NO_MEMORY;
    size = ASYNC_ROUND_(sizeof *many) + ASYNC_ROUND_(count * sizeof(struct async_many_member_));
    many = (struct async_many_ *)ASYNCIO_MALLOC(size + type->size);
    if (many == NULL)
        return false;
    ASYNC_MEMSET_(many, 0, size + type->clear);
    if (pthread_mutex_init(&many->lock, NULL) != 0) {
        ASYNCIO_FREE(many);
        return false;
    }
    many->type = type;
#if ASYNCIO_DEBUG
    many->file = file;
    many->line = line;
#endif
    many->statuses = statuses;
    many->count = count;
    for (i = 0; i < count; i++) {
        async_many_members_(many)[i].many = many;
        async_many_members_(many)[i].status = ASYNC_CANCELLED; /* unless it begins */
    }
    many->next = async_many_new_;
    async_many_new_ = many;
    return true;
}

async_status async_many_end_(void)
{
    struct async_many_ *many = async_many_new_;
    async_status status;
    unsigned i;
    async_many_new_ = many->next;
    status = async_run(async_many_supervise_, .many = many);
    for (i = 0; i < many->count && many->statuses != NULL; i++)
        many->statuses[i] = async_many_members_(many)[i].status;
    pthread_mutex_destroy(&many->lock);
    ASYNCIO_FREE(many);
    return status;
}

int async_run_many_index(void)
{
    return async_many_here_ == NULL ? -1 : (int)(async_many_here_ - async_many_members_(async_many_here_->many));
}

bool async_run_many_stop(void)
{
    struct async_many_ *many = async_many_here_ == NULL ? NULL : async_many_here_->many;
    if (many == NULL)
        return false;
    pthread_mutex_lock(&many->lock);
    async_many_cancel_(many);
    pthread_mutex_unlock(&many->lock);
    return true;
}

ASYNC_EXTERN_C_END_

#endif
#endif
