/* stdlib.h: what the traces use of it. */
#ifndef HOST_STDLIB_H
#define HOST_STDLIB_H

#include <stddef.h>

__attribute__((noreturn)) void exit(int status);
void *malloc(size_t size);
void free(void *block);
void qsort(void *items, size_t count, size_t size, int (*compare)(const void *a, const void *b));

#endif
