/* signal.h: signals as callbacks on the loop, and to await (loop.add_signal_handler). Hosts only.
 *
 * The handler that the system calls only counts, and wakes every loop that asked for the signal, whichever thread the
 * system chose for it: so each of several loops in several threads hears of it, in its own thread. A loop that is woken
 * compares the counts with those it saw last. */
#ifndef ASYNCIO_SIGNAL_H
#define ASYNCIO_SIGNAL_H

#include "poller.h"
#include "runner.h"

#if ASYNCIO_PROCESSES

ASYNC_EXTERN_C_BEGIN_

/* async_loop_add_signal_handler: from now on callback(handle), with handle->data = data, is called by the loop when the
 * signal comes; several that come before it is called are one call. The handle is the caller's, and stays in place until
 * async_loop_remove_signal_handler() or the end of the loop. A loop has one handler for a signal: another takes its
 * place. Of several loops each is told. While there is one, waiting for it is no deadlock; SIGINT then no longer cancels
 * what async_run() runs. OK; INVALID_ARGUMENT: no such signal, one that nobody can handle, or a fault (SIGSEGV, SIGBUS,
 * SIGFPE, SIGILL), to which the program cannot return; NO_MEMORY, -EMFILE; NO_RUNNING_LOOP for NULL. The loop need not
 * run; its thread only. Mirrors loop.add_signal_handler().
 * async_loop_remove_signal_handler: the handle will not be called any more. True if there was one. When nobody in the
 * process asks for the signal any more, it does again what it did before. The end of a loop removes its handlers. */
async_status async_loop_add_signal_handler(async_loop *loop, int signo, async_handle *handle,
    void (*callback)(async_handle *), void *data);
bool async_loop_remove_signal_handler(async_loop *loop, int signo);

typedef struct async_signal_watch_ async_signal_watch_;
struct async_signal_watch_ {
    async_node_ node; /* among the loop's */
    int signo;
    unsigned seen; /* how many there had been */
    void (*arrived)(async_signal_watch_ *watch, unsigned count);
};

/* async_signal: counts the arrivals of a signal, so that none is lost between two waits. It belongs to its owner. (The
 * system itself makes one of several that arrive while one is pending.) */
typedef struct async_signal {
    async_signal_watch_ watch;
    async_loop *loop; /* NULL: it does not count */
    unsigned pending;
} async_signal;

/* async_signal_init: begins to count, for the running loop, or for the one of this thread. Statuses as above.
 * async_signal_deinit: ends it; a panic if somebody waits for it. Nothing on all zeros. The end of the loop ends it too.
 * async_signal_pending: how many arrivals nobody has waited for yet. All: the loop's thread. */
async_status async_signal_init(async_signal *signal, int signo);
void async_signal_deinit(async_signal *signal);
unsigned async_signal_pending(const async_signal *signal);

/* await_into(signo, async_signal_wait, .signal = &s): waits until one is pending, takes it, and gives its number; does
 * not suspend if there is one. With .signal = array, .count = n: for any of several. Cancelled, it has taken none.
 * MISUSE for one that was not initialised on this loop. */
struct async_signal_wait {
    async_leaf leaf;
    async_signal *signal;
    size_t count; /* 0: 1 */
    int result;
    async_node_ node;
};
ASYNC_DECLARE(async_signal_wait);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && ASYNCIO_PROCESSES
#ifndef ASYNCIO_SIGNAL_IMPLEMENTATION_
#define ASYNCIO_SIGNAL_IMPLEMENTATION_

#include <sched.h>
#include <signal.h>

ASYNC_EXTERN_C_BEGIN_

#if defined(NSIG)
#define ASYNC_SIGNALS_ NSIG
#elif defined(_NSIG)
#define ASYNC_SIGNALS_ _NSIG
#else
#define ASYNC_SIGNALS_ 65
#endif

/* What is shared with the system's handler. Sequentially consistent, as the end of a loop and a handler that begins each
 * write one thing and look at another's. */
#if defined(__GNUC__)
#define ASYNC_SEE_(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define ASYNC_SHOW_(x, v) __atomic_store_n(&(x), v, __ATOMIC_SEQ_CST)
#else
#define ASYNC_SEE_(x) (x)
#define ASYNC_SHOW_(x, v) ((x) = (v))
#endif

/* A loop's signals. */
struct async_signals_ {
    async_closer_ closer;
    async_loop *loop;
    struct async_signals_ *volatile next;            /* of the process */
    volatile unsigned short wanted[ASYNC_SIGNALS_];  /* by how many watches */
    async_line_ watches, waits;
};

/* A signal of the process. */
static struct async_signal_action_ {
    volatile unsigned count;
    unsigned users;          /* loops' watches; under the lock, like the next */
    struct sigaction before;
} async_signal_actions_[ASYNC_SIGNALS_];

static pthread_mutex_t async_signal_lock_ = PTHREAD_MUTEX_INITIALIZER;
static struct async_signals_ *volatile async_signal_loops_;
static volatile unsigned async_signal_inside_; /* how many threads are in the handler */

static void async_on_signal_(int signo)
{
    struct async_signals_ *signals;
    int saved = errno;
    ASYNC_ADD_(async_signal_inside_, 1u);
    ASYNC_ADD_(async_signal_actions_[signo].count, 1u);
    for (signals = ASYNC_SEE_(async_signal_loops_); signals != NULL; signals = ASYNC_SEE_(signals->next))
        if (ASYNC_SEE_(signals->wanted[signo]) != 0) {
            ASYNC_SHOW_(signals->loop->interrupted, true);
            async_poller_wake_(signals->loop);
        }
    ASYNC_ADD_(async_signal_inside_, -1u);
    errno = saved;
}

/* ---- what a loop watches ------------------------------------------------------------------------------------- */

static bool async_signal_ready_(const struct async_signal_wait *wait, size_t i) { return wait->signal[i].pending != 0; }

static size_t async_signal_count_(const struct async_signal_wait *wait) { return wait->count == 0 ? 1 : wait->count; }

static void async_signals_arrived_(async_loop *loop)
{
    async_node_ *node, *next;
    for (node = loop->signals->watches.first; node != NULL; node = next) {
        async_signal_watch_ *watch = ASYNC_CONTAINER_(node, async_signal_watch_, node);
        unsigned count = ASYNC_SEE_(async_signal_actions_[watch->signo].count) - watch->seen;
        next = node->next; /* it may end itself */
        watch->seen += count;
        if (count != 0)
            watch->arrived(watch, count);
    }
    /* All who wait for what is pending now: the first to run takes it, the others wait on. */
    for (node = loop->signals->waits.first; node != NULL; node = next) {
        struct async_signal_wait *wait = ASYNC_CONTAINER_(node, struct async_signal_wait, node);
        size_t i, count = async_signal_count_(wait);
        next = node->next;
        for (i = 0; i < count && !async_signal_ready_(wait, i); i++) {
        }
        if (i < count) {
            async_line_remove_(&loop->signals->waits, node);
            wait->leaf.frame.flags |= ASYNC_ITEM_; /* out of the line */
            async_leaf_complete(&wait->leaf);
        }
    }
}

static void async_signal_unwatch_(async_loop *loop, async_signal_watch_ *watch)
{
    struct async_signal_action_ *action = &async_signal_actions_[watch->signo];
    struct sigaction now;
    async_line_remove_(&loop->signals->watches, &watch->node);
    ASYNC_ADD_(loop->signals->wanted[watch->signo], (unsigned short)-1);
    pthread_mutex_lock(&async_signal_lock_);
    if (--action->users == 0 && sigaction(watch->signo, NULL, &now) == 0 && now.sa_handler == async_on_signal_) {
        bool stale = action->before.sa_handler == async_on_interrupt_ && ASYNC_LOAD_(async_interruptible_) == NULL;
        sigaction(watch->signo, stale ? &async_before_interrupt_ : &action->before, NULL);
    }
    pthread_mutex_unlock(&async_signal_lock_);
}

static void async_handler_arrived_(async_signal_watch_ *watch, unsigned count);
static void async_signal_arrived_(async_signal_watch_ *watch, unsigned count);

/* The end of the loop. Its tasks are about to be dropped, and with them what lies in their frames. */
static void async_signals_close_(async_loop *loop, async_closer_ *closer)
{
    struct async_signals_ *signals = loop->signals, *volatile *at = &async_signal_loops_;
    async_node_ *node;
    (void)closer;
    while ((node = signals->watches.first) != NULL) {
        async_signal_watch_ *watch = ASYNC_CONTAINER_(node, async_signal_watch_, node);
        async_signal_unwatch_(loop, watch);
        if (watch->arrived == async_handler_arrived_)
            ASYNCIO_FREE(watch);
        else if (watch->arrived == async_signal_arrived_)
            ((async_signal *)(void *)watch)->loop = NULL;
    }
    while ((node = signals->waits.first) != NULL) {
        async_line_remove_(&signals->waits, node);
        ASYNC_CONTAINER_(node, struct async_signal_wait, node)->leaf.frame.flags |= ASYNC_ITEM_;
    }
    pthread_mutex_lock(&async_signal_lock_);
    while (*at != signals)
        at = &(*at)->next;
    ASYNC_SHOW_(*at, signals->next);
    pthread_mutex_unlock(&async_signal_lock_);
    while (ASYNC_SEE_(async_signal_inside_) != 0) /* a handler in another thread may have this loop in its hand */
        sched_yield();
    loop->signals_arrived = NULL;
    loop->signals = NULL;
    ASYNCIO_FREE(signals);
}

static async_status async_signals_of_(async_loop *loop)
{
    struct async_signals_ *signals;
    if (loop->signals != NULL)
        return ASYNC_OK;
    errno = ENOMEM;
    if (!async_poller_can_wake_(loop))
        return -errno;
    signals = (struct async_signals_ *)ASYNCIO_MALLOC(sizeof *signals);
    if (signals == NULL)
        return ASYNC_NO_MEMORY;
    ASYNC_MEMSET_(signals, 0, sizeof *signals);
    signals->loop = loop;
    signals->closer.close = async_signals_close_;
    async_line_append_(&loop->closers, &signals->closer.node);
    loop->signals = signals;
    loop->signals_arrived = async_signals_arrived_;
    pthread_mutex_lock(&async_signal_lock_);
    signals->next = async_signal_loops_;
    ASYNC_SHOW_(async_signal_loops_, signals);
    pthread_mutex_unlock(&async_signal_lock_);
    return ASYNC_OK;
}

static async_status async_signal_watch_on_(async_loop *loop, async_signal_watch_ *watch, int signo,
    void (*arrived)(async_signal_watch_ *watch, unsigned count))
{
    struct async_signal_action_ *action;
    struct sigaction ours;
    async_status status;
    if (loop == NULL)
        return ASYNC_NO_RUNNING_LOOP;
    if (signo <= 0 || signo >= ASYNC_SIGNALS_ || signo == SIGSEGV || signo == SIGBUS || signo == SIGFPE || signo == SIGILL)
        return ASYNC_INVALID_ARGUMENT;
    status = async_signals_of_(loop);
    if (status < 0)
        return status;
    action = &async_signal_actions_[signo];
    watch->signo = signo;
    watch->arrived = arrived;
    ASYNC_ADD_(loop->signals->wanted[signo], 1);
    watch->seen = ASYNC_SEE_(action->count);
    pthread_mutex_lock(&async_signal_lock_);
    if (action->users == 0) {
        ASYNC_MEMSET_(&ours, 0, sizeof ours);
        ours.sa_handler = async_on_signal_;
        ours.sa_flags = SA_RESTART;
        sigfillset(&ours.sa_mask);
        if (sigaction(signo, &ours, &action->before) != 0)
            status = -errno;
    }
    if (status == ASYNC_OK)
        action->users++;
    pthread_mutex_unlock(&async_signal_lock_);
    if (status == ASYNC_OK)
        async_line_append_(&loop->signals->watches, &watch->node);
    else
        ASYNC_ADD_(loop->signals->wanted[signo], (unsigned short)-1);
    return status;
}

/* In the child of a fork: the loops and the other threads are the parent's. */
static void async_signals_forget_(void)
{
    int signo;
    pthread_mutex_init(&async_signal_lock_, NULL);
    ASYNC_SHOW_(async_signal_loops_, NULL);
    ASYNC_SHOW_(async_signal_inside_, 0u);
    for (signo = 1; signo < ASYNC_SIGNALS_; signo++)
        if (async_signal_actions_[signo].users != 0) {
            async_signal_actions_[signo].users = 0;
            sigaction(signo, &async_signal_actions_[signo].before, NULL);
        }
    async_interruptible_ = NULL;
    if (async_interrupt_does_(async_on_interrupt_))
        sigaction(SIGINT, &async_before_interrupt_, NULL);
}

/* ---- handlers ------------------------------------------------------------------------------------------------ */

struct async_signal_handler_ {
    async_signal_watch_ watch; /* first: a watch is its handler */
    async_loop *loop;
    async_handle *handle;
    void (*callback)(async_handle *handle);
    void *data;
};

static void async_handler_arrived_(async_signal_watch_ *watch, unsigned count)
{
    struct async_signal_handler_ *handler = (struct async_signal_handler_ *)(void *)watch;
    (void)count;
    /* MISUSE when the call for the last one is still to come, which then is for this one too */
    (void)async_loop_soon_(handler->loop, handler->handle, handler->callback, handler->data);
}

static struct async_signal_handler_ *async_signal_handler_of_(async_loop *loop, int signo)
{
    async_node_ *node = loop == NULL || loop->signals == NULL ? NULL : loop->signals->watches.first;
    for (; node != NULL; node = node->next) {
        async_signal_watch_ *watch = ASYNC_CONTAINER_(node, async_signal_watch_, node);
        if (watch->signo == signo && watch->arrived == async_handler_arrived_)
            return (struct async_signal_handler_ *)(void *)watch;
    }
    return NULL;
}

async_status async_loop_add_signal_handler(async_loop *loop, int signo, async_handle *handle,
    void (*callback)(async_handle *), void *data)
{
    struct async_signal_handler_ *handler = async_signal_handler_of_(loop, signo);
    async_status status;
    if (handler == NULL) {
        handler = (struct async_signal_handler_ *)ASYNCIO_MALLOC(sizeof *handler);
        if (handler == NULL)
            return ASYNC_NO_MEMORY;
        status = async_signal_watch_on_(loop, &handler->watch, signo, async_handler_arrived_);
        if (status < 0) {
            ASYNCIO_FREE(handler);
            return status;
        }
        async_loop_hold(loop);
    } else if (handler->handle != handle) {
        async_handle_cancel(handler->handle);
    }
    handler->loop = loop;
    handler->handle = handle;
    handler->callback = callback;
    handler->data = data;
    return ASYNC_OK;
}

bool async_loop_remove_signal_handler(async_loop *loop, int signo)
{
    struct async_signal_handler_ *handler = async_signal_handler_of_(loop, signo);
    if (handler == NULL)
        return false;
    async_handle_cancel(handler->handle);
    async_signal_unwatch_(loop, &handler->watch);
    async_loop_unhold(loop);
    ASYNCIO_FREE(handler);
    return true;
}

/* ---- waiting ------------------------------------------------------------------------------------------------- */

static void async_signal_arrived_(async_signal_watch_ *watch, unsigned count)
{
    ((async_signal *)(void *)watch)->pending += count;
}

async_status async_signal_init(async_signal *signal, int signo)
{
    async_loop *loop = async_loop_here_();
    async_status status;
    ASYNC_MEMSET_(signal, 0, sizeof *signal);
    status = async_signal_watch_on_(loop, &signal->watch, signo, async_signal_arrived_);
    if (status == ASYNC_OK)
        signal->loop = loop;
    return status;
}

void async_signal_deinit(async_signal *signal)
{
    async_node_ *node;
    if (signal->loop == NULL)
        return;
    for (node = signal->loop->signals->waits.first; node != NULL; node = node->next) {
        struct async_signal_wait *wait = ASYNC_CONTAINER_(node, struct async_signal_wait, node);
        if (signal >= wait->signal && signal < wait->signal + async_signal_count_(wait))
            ASYNC_PANIC_("async_signal_deinit: somebody waits for it");
    }
    async_signal_unwatch_(signal->loop, &signal->watch);
    signal->loop = NULL;
}

unsigned async_signal_pending(const async_signal *signal) { return signal->pending; }

async_step async_signal_wait_resume(async_stack *stack, void *frame)
{
    struct async_signal_wait *wait = (struct async_signal_wait *)frame;
    async_loop *loop = async_loop_of_(stack);
    size_t i, count = async_signal_count_(wait);
    if (wait->leaf.frame.state != ASYNC_LEAF_NEW) {
        async_loop_unhold(loop);
        if (!(wait->leaf.frame.flags & ASYNC_ITEM_))
            async_line_remove_(&loop->signals->waits, &wait->node);
        if (async_leaf_outcome(&wait->leaf) < 0)
            return async_step_(async_leaf_outcome(&wait->leaf));
    }
    for (i = 0; i < count; i++) {
        if (wait->signal[i].loop != loop)
            return async_step_(ASYNC_MISUSE);
        if (async_signal_ready_(wait, i)) {
            wait->signal[i].pending--;
            wait->result = wait->signal[i].watch.signo;
            return async_step_(ASYNC_OK);
        }
    }
    wait->leaf.frame.flags &= (uint16_t)~ASYNC_ITEM_;
    async_line_append_(&loop->signals->waits, &wait->node);
    async_loop_hold(loop);
    return async_leaf_wait(stack, &wait->leaf);
}

ASYNC_LEAF_DEFINE(async_signal_wait, async_leaf_cancel);

ASYNC_EXTERN_C_END_

#endif
#endif
