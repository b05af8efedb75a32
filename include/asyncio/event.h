/* event.h: a flag tasks wait for (asyncio.Event). No memory is allocated. Loop thread only. */
#ifndef ASYNCIO_EVENT_H
#define ASYNCIO_EVENT_H

#include "cancel.h"

ASYNC_EXTERN_C_BEGIN_

/* async_event: all zeros is a clear one with nobody waiting. */
typedef struct async_event {
    async_line_ line;
    bool set;
} async_event;

/* async_event_init: a clear event. async_event_deinit: a panic if somebody waits. */
void async_event_init(async_event *event);
void async_event_deinit(async_event *event);

/* await(async_event_wait, .event = &e): waits until it is set; does not suspend if it is. */
struct async_event_wait {
    async_leaf leaf;
    async_event *event;
    async_node_ node;
};
ASYNC_DECLARE(async_event_wait);

/* async_event_set: wakes all who wait, even if it is cleared at once. */
void async_event_set(async_event *event);
void async_event_clear(async_event *event);
bool async_event_is_set(const async_event *event);

ASYNC_EXTERN_C_END_

#endif

#ifdef ASYNCIO_IMPLEMENTATION
#ifndef ASYNCIO_EVENT_IMPLEMENTATION_
#define ASYNCIO_EVENT_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

void async_event_init(async_event *event) { ASYNC_MEMSET_(event, 0, sizeof *event); }

void async_event_deinit(async_event *event)
{
    if (event->line.first != NULL)
        ASYNC_PANIC_("async_event_deinit: somebody waits for it");
    event->set = false;
}

void async_event_set(async_event *event)
{
    async_node_ *node;
    event->set = true;
    for (node = event->line.first; node != NULL; node = node->next)
        async_leaf_complete(&ASYNC_CONTAINER_(node, struct async_event_wait, node)->leaf);
}

void async_event_clear(async_event *event) { event->set = false; }

bool async_event_is_set(const async_event *event) { return event->set; }

async_step async_event_wait_resume(async_stack *stack, void *frame)
{
    struct async_event_wait *wait = (struct async_event_wait *)frame;
    if (wait->leaf.frame.state == ASYNC_LEAF_NEW) {
        if (wait->event->set)
            return async_step_(ASYNC_OK);
        async_line_append_(&wait->event->line, &wait->node);
        return async_leaf_wait(stack, &wait->leaf);
    }
    async_line_remove_(&wait->event->line, &wait->node);
    return async_step_(async_leaf_outcome(&wait->leaf));
}

ASYNC_LEAF_DEFINE(async_event_wait, async_leaf_cancel);

ASYNC_EXTERN_C_END_

#endif
#endif
