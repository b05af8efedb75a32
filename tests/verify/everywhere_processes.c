/* Cancel-everywhere over signals: none is lost, and the system's dispositions come back. */
#include "everywhere.h"
#include <signal.h>
#include <sys/wait.h>

/* ---- signals ------------------------------------------------------------------------------------------------ */

static unsigned arrived, taken;

static void no_signals(void) { arrived = taken = 0; }

static void check_signals(void)
{
    struct sigaction now;
    MUST(taken == arrived);
    MUST(sigaction(SIGUSR1, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
    MUST(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
}

struct raises {
    async_frame frame;
    int signo;
};

async(raises)
{
    async_begin;
    await(async_sleep, .delay = async_ms(1));
    raise(self->signo);
    arrived++;
    async_end;
}

struct takes {
    async_frame frame;
    async_signal *signals;
    int signo, i;
};

async(takes)
{
    async_begin;
    for (self->i = 0; self->i < 2; self->i++) {
        await_into(self->signo, async_signal_wait, .signal = self->signals, .count = 2);
        taken++;
    }
    async_end;
}

struct signals {
    async_frame frame;
    async_signal signals[2];
    async_task_group group;
    async_status status;
};

async(signals)
{
    async_begin;
    if (async_signal_init(&self->signals[0], SIGUSR1) < 0 || async_signal_init(&self->signals[1], SIGUSR2) < 0)
        async_raise(ASYNC_NO_MEMORY);
    async_task_group_enter(&self->group);
    async_task_group_create_task(&self->group, raises, .signo = SIGUSR1);
    async_task_group_create_task(&self->group, raises, .signo = SIGUSR2);
    await_for_catch(async_ms(50), self->status, takes, .signals = self->signals); /* nobody may raise them any more */
    if (self->status < 0 && self->status != ASYNC_TIMED_OUT)
        async_raise(self->status);
    async_finally;
    async_signals_arrived_(async_get_running_loop()); /* those it has not looked at yet */
    taken += async_signal_pending(&self->signals[0]) + async_signal_pending(&self->signals[1]);
    async_signal_deinit(&self->signals[0]);
    async_signal_deinit(&self->signals[1]);
    async_end;
}

int main(void)
{
    PROGRAM(signals, no_signals, check_signals);
    print_covered();
    return failed > 0;
}
