// Lines that are typed come back, and the LED goes on blinking: two tasks, of which none waits for the other.
#include <asyncio.h>

struct blink {
  async_frame frame;
  bool on;
};

ASYNC(blink) {
  ASYNC_BEGIN;
  pinMode(LED_BUILTIN, OUTPUT);
  for (;;) {
    self->on = !self->on;
    digitalWrite(LED_BUILTIN, self->on ? HIGH : LOW);
    AWAIT(async_sleep, .delay = async_ms(500));
  }
  ASYNC_END;
}

// Waits for a byte of the serial line: AWAIT_INTO(byte, serial_read).
struct serial_read {
  async_frame frame;
  int result;
};

ASYNC(serial_read) {
  ASYNC_BEGIN;
  while (Serial.available() == 0)
    AWAIT(async_sleep, .delay = async_ms(5));
  ASYNC_RETURN(Serial.read());
  ASYNC_END;
}

struct echo {
  async_frame frame;
  char line[40];
  uint8_t length;
  int byte;
};

ASYNC(echo) {
  ASYNC_BEGIN;
  Serial.println("type a line");
  for (;;) {
    self->length = 0;
    for (;;) {
      AWAIT_INTO(self->byte, serial_read);
      if (self->byte == '\n' || self->byte == '\r')
        break;
      if (self->length < sizeof self->line - 1)
        self->line[self->length++] = (char)self->byte;
    }
    self->line[self->length] = '\0';
    Serial.print("you typed: ");
    Serial.println(self->line);
  }
  ASYNC_END;
}

static ASYNC_TASK(blink, async_sleep) blinker;
static ASYNC_TASK(echo, serial_read, async_sleep) echoer;

void setup() {
  Serial.begin(115200);
  async_create_task_on(&blinker, blink);
  async_create_task_on(&echoer, echo);
}

void loop() {
  async_loop_run_forever(async_get_event_loop());
}
