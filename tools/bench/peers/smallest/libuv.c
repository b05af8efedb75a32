#include <uv.h>

static void fire(uv_timer_t *timer) { (void)timer; }

int main(void)
{
    uv_loop_t *loop = uv_default_loop();
    uv_timer_t timer;
    uv_timer_init(loop, &timer);
    uv_timer_start(&timer, fire, 1, 0);
    return uv_run(loop, UV_RUN_DEFAULT);
}
