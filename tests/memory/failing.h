/* Before everything else in a program of this group: where its memory comes from. See driver.c. */
#include <stddef.h>
void *memory_malloc(size_t size);
void memory_free(void *block);
