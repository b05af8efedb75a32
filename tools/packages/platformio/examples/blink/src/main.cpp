// Two LEDs blink, each in its own rhythm: two tasks that run the same function.
#include <Arduino.h>
#include <asyncio.h>

// What the function is given, and what it keeps while it waits.
struct blink {
  async_frame frame;
  async_time half;
  uint8_t pin;
  bool on;
};

ASYNC(blink) {
  ASYNC_BEGIN;
  pinMode(self->pin, OUTPUT);
  for (;;) {
    self->on = !self->on;
    digitalWrite(self->pin, self->on ? HIGH : LOW);
    AWAIT(async_sleep, .delay = self->half);
  }
  ASYNC_END;
}

// Memory for two tasks: blink, which awaits async_sleep.
static ASYNC_TASK(blink, async_sleep) red, green;

void setup() {
  async_create_task_on(&red, blink, .half = async_ms(250), .pin = LED_BUILTIN);
  async_create_task_on(&green, blink, .half = async_ms(400), .pin = 12);
}

void loop() {
  async_loop_run_forever(async_get_event_loop());
}
