// The asyncio classic: a producer, a queue of four places, a slower consumer.
#include <asyncio.h>

static async_queue queue;
static int places[4];

struct produce {
  async_frame frame;
  int item;
};

ASYNC(produce) {
  ASYNC_BEGIN;
  for (self->item = 1; self->item <= 10; self->item++) {
    AWAIT(async_queue_put, .queue = &queue, .item = &self->item);
    AWAIT(async_sleep, .delay = async_ms(5));
  }
  ASYNC_END;
}

struct consume {
  async_frame frame;
  int item, sum;
};

ASYNC(consume) {
  ASYNC_BEGIN;
  while (self->item != 10) {
    AWAIT(async_queue_get, .queue = &queue, .item = &self->item);
    self->sum += self->item;
    AWAIT(async_sleep, .delay = async_ms(20));
  }
  Serial.print("the sum is ");
  Serial.println(self->sum);
  ASYNC_END;
}

static ASYNC_TASK(produce, async_queue_put) producer;
static ASYNC_TASK(consume, async_queue_get) consumer;

void setup() {
  Serial.begin(115200);
  async_queue_init_with(&queue, sizeof places[0], 4, places);
  async_create_task_on(&producer, produce);
  async_create_task_on(&consumer, consume);
}

void loop() {
  async_loop_run_forever(async_get_event_loop());
}
