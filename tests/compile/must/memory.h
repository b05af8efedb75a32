/* Memory of one's own, given with -include. */
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
void *take_memory(size_t size);
void give_memory(void *p);
#ifdef __cplusplus
}
#endif
#define ASYNCIO_MALLOC take_memory
#define ASYNCIO_FREE give_memory
