/* kernel.h: a stand-in for Zephyr's: what the package uses, with its meaning for one thread and a clock that jumps. */
#ifndef KERNEL_STAND_IN_H
#define KERNEL_STAND_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct k_sem {
    unsigned int count, limit;
};
typedef struct k_thread *k_tid_t;
typedef struct {
    int64_t ms;
} k_timeout_t;

#define K_SEM_DEFINE(name, initial, most) struct k_sem name = { initial, most }
#define K_MSEC(n) ((k_timeout_t){ n })
#define K_FOREVER ((k_timeout_t){ -1 })

void k_sem_give(struct k_sem *sem);
int k_sem_take(struct k_sem *sem, k_timeout_t timeout);
uint32_t k_uptime_get_32(void);
bool k_is_in_isr(void);
k_tid_t k_current_get(void);
unsigned int irq_lock(void);
void irq_unlock(unsigned int key);

#endif
