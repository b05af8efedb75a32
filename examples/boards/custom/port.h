/* port.h: what the template adds to the four functions of the port. */
#ifndef CUSTOM_PORT_H
#define CUSTOM_PORT_H

/* async_port_tick: one tick has passed: for the tick interrupt, ASYNCIO_TICK_HZ times a second. */
void async_port_tick(void);

#endif
