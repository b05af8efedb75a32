/* pool.h: where the loop's tasks live on hosts. Blocks of like size come from slabs and go back to a list of free ones;
 * the slabs are given back when the loop is closed and the last task of it was released. */
#ifndef ASYNCIO_POOL_H
#define ASYNCIO_POOL_H

#include "config.h"

#if !ASYNCIO_NO_HEAP

ASYNC_EXTERN_C_BEGIN_

enum { ASYNC_UNIT_ = 16, ASYNC_UNITS_ = 128, ASYNC_SLAB_ = 65536 };

#if ASYNCIO_DEBUG
/* A block rests for a while before it is used again. */
enum { ASYNC_RESTING_ = 64 };
struct async_resting_ {
    void *block;
    size_t units;
};
#endif

typedef struct async_pool_ {
    void *free[ASYNC_UNITS_]; /* by units of 16 bytes */
    void *slabs;
    unsigned char *next, *end; /* what is left of the newest slab */
    size_t live;
    bool closed;
#if ASYNCIO_DEBUG
    struct async_resting_ resting[ASYNC_RESTING_]; /* a ring */
    size_t rested;
#endif
} async_pool_;

async_pool_ *async_pool_new_(void);
void async_pool_close_(async_pool_ *pool);
void async_pool_put_(async_pool_ *pool, void *block, size_t units);

ASYNC_EXTERN_C_END_

#endif
#endif

#if defined(ASYNCIO_IMPLEMENTATION) && !ASYNCIO_NO_HEAP
#ifndef ASYNCIO_POOL_IMPLEMENTATION_
#define ASYNCIO_POOL_IMPLEMENTATION_

ASYNC_EXTERN_C_BEGIN_

async_pool_ *async_pool_new_(void)
{
    async_pool_ *pool = (async_pool_ *)ASYNCIO_MALLOC(sizeof *pool);
    if (pool != NULL)
        ASYNC_MEMSET_(pool, 0, sizeof *pool);
    return pool;
}

static void async_pool_free_(async_pool_ *pool)
{
    void *slab = pool->slabs;
    while (slab != NULL) {
        void *next = *(void **)slab;
        ASYNCIO_FREE(slab);
        slab = next;
    }
    ASYNCIO_FREE(pool);
}

void async_pool_close_(async_pool_ *pool)
{
    pool->closed = true;
    if (pool->live == 0)
        async_pool_free_(pool);
}

/* One that is not there yet; NULL without memory. */
ASYNC_NOINLINE_ static void *async_pool_make_(async_pool_ *pool, size_t units)
{
    void *block;
    size_t size = units * ASYNC_UNIT_;
    if (!ASYNCIO_POOL || units >= ASYNC_UNITS_) {
        block = ASYNCIO_MALLOC(size);
    } else {
        if ((size_t)(pool->end - pool->next) < size) {
            unsigned char *slab = (unsigned char *)ASYNCIO_MALLOC(ASYNC_SLAB_);
            if (slab == NULL)
                return NULL;
            *(void **)(void *)slab = pool->slabs;
            pool->slabs = slab;
            pool->next = slab + ASYNC_UNIT_;
            pool->end = slab + ASYNC_SLAB_;
        }
        block = pool->next;
        pool->next += size;
    }
    if (block != NULL)
        pool->live++;
    return block;
}

static inline void *async_pool_get_(async_pool_ *pool, size_t units)
{
    void *block = ASYNCIO_POOL && units < ASYNC_UNITS_ ? pool->free[units] : NULL;
    if (block == NULL)
        return async_pool_make_(pool, units);
    pool->free[units] = *(void **)block;
    pool->live++;
    return block;
}

void async_pool_put_(async_pool_ *pool, void *block, size_t units)
{
    if (!ASYNCIO_POOL || units >= ASYNC_UNITS_) {
        ASYNCIO_FREE(block);
    } else {
#if ASYNCIO_DEBUG
        struct async_resting_ next = pool->resting[pool->rested % ASYNC_RESTING_];
        pool->resting[pool->rested % ASYNC_RESTING_].block = block;
        pool->resting[pool->rested++ % ASYNC_RESTING_].units = units;
        block = next.block;
        units = next.units;
        if (block != NULL)
#endif
        {
            *(void **)block = pool->free[units];
            pool->free[units] = block;
        }
    }
    if (--pool->live == 0 && pool->closed)
        async_pool_free_(pool);
}

ASYNC_EXTERN_C_END_

#endif
#endif
