/* Checksums of files, as cksum prints them: the files are read in threads, and the loop goes on meanwhile: on stderr a
 * line each tenth of a second says how far it is. After Ctrl-C no more files are begun.
 *
 *     cc -Iinclude examples/29_checksums.c -o checksums -pthread
 *     ./checksums *.iso
 *
 * async_to_thread() awaits a C function that blocks, in a thread of the loop's executor. What it works on is part of the
 * awaiting frame. A thread cannot be stopped, so a cancelled await ends when the function has ended: the frame is there
 * as long as the function needs it. */
#define ASYNCIO_IMPLEMENTATION
#include "asyncio.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sum {
    const char *name;
    uint32_t crc;
    unsigned long long size;
};

static uint32_t add(uint32_t crc, unsigned byte)
{
    int bit;
    crc ^= byte << 24;
    for (bit = 0; bit < 8; bit++)
        crc = crc & 0x80000000u ? crc << 1 ^ 0x04C11DB7u : crc << 1;
    return crc;
}

/* Runs in a thread. A negative value is a status, with which the await fails. */
static int read_file(void *data)
{
    struct sum *sum = data;
    unsigned char buffer[16384];
    unsigned long long left;
    size_t n, i;
    FILE *file = fopen(sum->name, "rb");
    if (file == NULL)
        return -errno;
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0) {
        for (i = 0; i < n; i++)
            sum->crc = add(sum->crc, buffer[i]);
        sum->size += n;
    }
    n = (size_t)ferror(file);
    fclose(file);
    for (left = sum->size; left > 0; left >>= 8)
        sum->crc = add(sum->crc, (unsigned)left & 0xFF);
    sum->crc = ~sum->crc;
    return n != 0 ? -EIO : 0;
}

static unsigned done, failed;

struct checksum {
    async_frame frame;
    const char *name;
    struct sum sum;
    async_status status;
};

async(checksum)
{
    async_begin;
    self->sum.name = self->name;
    await_catch(self->status, async_to_thread, .function = read_file, .data = &self->sum);
    if (self->status == ASYNC_CANCELLED)
        async_raise(self->status);
    done++;
    if (self->status == ASYNC_OK) {
        printf("%lu %llu %s\n", (unsigned long)self->sum.crc, self->sum.size, self->name);
    } else {
        fprintf(stderr, "%s: %s\n", self->name, async_strerror(self->status));
        failed++;
    }
    async_end;
}

struct progress {
    async_frame frame;
    int count;
};

async(progress)
{
    async_begin;
    for (;;) {
        await(async_sleep, .delay = async_ms(100));
        fprintf(stderr, "%u of %d\n", done, self->count);
    }
    async_end;
}

struct main_ {
    async_frame frame;
    int count, i;
    char **names;
    async_task *progress;
    async_task_group group;
};

async(main_)
{
    async_begin;
    self->progress = async_create_task(progress, .count = self->count);
    async_task_group_enter(&self->group); /* the function does not end before they have */
    for (self->i = 0; self->i < self->count; self->i++)
        async_task_group_create_task(&self->group, checksum, .name = self->names[self->i]);
    await(async_task_group_join, .group = &self->group);
    async_finally;
    async_cancel(self->progress);
    async_release(self->progress);
    async_end;
}

int main(int argc, char **argv)
{
    async_status status = async_run(main_, .count = argc - 1, .names = argv + 1);
    if (status == ASYNC_INTERRUPTED)
        fputs("interrupted\n", stderr);
    return status < 0 || failed > 0;
}
