/* gate.h: what blocks real threads until it is opened (threading.Event). */
#ifndef GATE_H
#define GATE_H

#include <pthread.h>
#include <stdbool.h>

typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool set;
} gate;

#define GATE_INIT { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false }

static inline void gate_set(gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->set = true;
    pthread_cond_broadcast(&g->change);
    pthread_mutex_unlock(&g->lock);
}

static inline void gate_wait(gate *g)
{
    pthread_mutex_lock(&g->lock);
    while (!g->set)
        pthread_cond_wait(&g->change, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

static inline bool gate_is_set(gate *g)
{
    bool set;
    pthread_mutex_lock(&g->lock);
    set = g->set;
    pthread_mutex_unlock(&g->lock);
    return set;
}

#endif
