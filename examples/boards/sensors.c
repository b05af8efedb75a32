/* sensors.c: three sensors that are read each in its own period, a queue of readings, a task that keeps the least and the
 * greatest, a watchdog, and a shell on the serial line:
 *
 *     tasks       each task, its state, what it waits in, and how much of its frame stack it has used at most
 *     readings    the least and the greatest value of each sensor, once there are enough of them
 *     hang        a task that never gives the processor back: the watchdog ends the program, with status 98
 *     quit        ends it, with status 0 */
void board_watchdog_restart(void);
#define ASYNCIO_WATCHDOG() board_watchdog_restart() /* in each pass of the loop */
#define ASYNCIO_ALL_TASKS 1
#define ASYNCIO_NAMES 1
#define ASYNCIO_HIGH_WATER 1
#define ASYNCIO_IMPLEMENTATION
#define ASYNCIO_BARE 1
#include "board.h"
#include "read_line.h"

enum { SENSORS = 3, ENOUGH = 20, TASK_COUNT = SENSORS + 2 };

static const char *const names[SENSORS] = { "temperature", "light", "battery" };
static const async_time periods[SENSORS] = { async_ms(10), async_ms(15), async_ms(40) };

struct reading {
    uint16_t value;
    uint8_t sensor;
};

static async_queue readings;
static struct reading places[4];

/* ---- the sensors --------------------------------------------------------------------------------------------- */

/* In place of an ADC: up and down between two values. */
static uint16_t sample(unsigned sensor, unsigned number)
{
    unsigned step = number & 7;
    return (uint16_t)(100 * (sensor + 1) + (step < 5 ? step : 8 - step));
}

struct sense {
    async_frame frame;
    uint8_t sensor;
    unsigned number;
    struct reading reading;
};

async(sense)
{
    async_begin;
    for (;;) {
        self->reading.sensor = self->sensor;
        self->reading.value = sample(self->sensor, self->number++);
        await(async_queue_put, .queue = &readings, .item = &self->reading);
        await(async_sleep, .delay = periods[self->sensor]);
    }
    async_end;
}

/* ---- what becomes of the readings ---------------------------------------------------------------------------- */

static struct kept {
    uint16_t least, greatest, count;
} kept[SENSORS];
static async_event enough;

struct keep {
    async_frame frame;
    struct reading reading;
};

async(keep)
{
    async_begin;
    for (;;) {
        await(async_queue_get, .queue = &readings, .item = &self->reading);
        struct kept *of = &kept[self->reading.sensor];
        if (of->count == 0 || self->reading.value < of->least)
            of->least = self->reading.value;
        if (self->reading.value > of->greatest)
            of->greatest = self->reading.value;
        if (of->count < ENOUGH)
            of->count++;
        if (kept[0].count == ENOUGH && kept[1].count == ENOUGH && kept[2].count == ENOUGH)
            async_event_set(&enough);
    }
    async_end;
}

/* ---- the shell ----------------------------------------------------------------------------------------------- */

static void put_column(const char *text, unsigned width)
{
    for (; *text != '\0'; width -= width > 0)
        board_put(*text++);
    for (; width > 0; width--)
        board_put(' ');
}

static void print_tasks(void)
{
    async_task *tasks[TASK_COUNT];
    async_stack_entry innermost;
    size_t i, count = async_all_tasks(tasks, TASK_COUNT);
    for (i = 0; i < count && i < TASK_COUNT; i++) {
        bool runs = tasks[i] == async_current_task();
        async_task_get_stack(tasks[i], &innermost, 1);
        put_column(async_task_get_name(tasks[i]), 12);
        put_column(runs ? "running" : async_task_waiting(tasks[i]) ? "waiting" : "ready", 8);
        put_column(runs ? "" : innermost.name, 16);
        board_putu((unsigned)async_task_high_water(tasks[i]));
        board_puts(" of ");
        board_putu((unsigned)async_task_stack_size(tasks[i]));
        board_put('\n');
    }
}

static void print_readings(void)
{
    unsigned i;
    for (i = 0; i < SENSORS; i++) {
        put_column(names[i], 12);
        board_putu(kept[i].least);
        board_puts(" to ");
        board_putu(kept[i].greatest);
        board_put('\n');
    }
}

struct shell {
    async_frame frame;
    unsigned length;
    char line[10];
};

async(shell)
{
    async_begin;
    for (;;) {
        board_puts("> ");
        await_into(self->length, read_line, .line = self->line, .size = sizeof self->line);
        if (same_text(self->line, "tasks")) {
            print_tasks();
        } else if (same_text(self->line, "readings")) {
            await(async_event_wait, .event = &enough);
            print_readings();
        } else if (same_text(self->line, "hang")) {
            for (;;) {
            }
        } else if (same_text(self->line, "quit")) {
            board_exit(0);
        } else {
            board_puts("tasks, readings, hang or quit\n");
        }
    }
    async_end;
}

static ASYNC_TASK(sense, async_queue_put) sensors[SENSORS];
static ASYNC_TASK(keep, async_queue_get) keeper;
static ASYNC_TASK(shell, read_line, async_isr_ring_get) commands;

int main(void)
{
    uint8_t i;
    board_init();
    async_queue_init_with(&readings, sizeof places[0], sizeof places / sizeof places[0], places);
    for (i = 0; i < SENSORS; i++)
        async_task_set_name(async_create_task_on(&sensors[i], sense, .sensor = i), names[i]);
    async_create_task_on(&keeper, keep);
    async_create_task_on(&commands, shell);
    board_watchdog_start(200);
    async_loop_run_forever(async_get_event_loop());
    return 1;
}
