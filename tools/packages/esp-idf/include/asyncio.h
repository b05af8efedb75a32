/* asyncio.h for ESP-IDF: the library with this platform's clock and sleep, which are in src/asyncio.c. */
#ifndef ASYNCIO_FOR_ESP_IDF_H
#define ASYNCIO_FOR_ESP_IDF_H

#define ASYNCIO_BARE 1
#define ASYNCIO_PORT_CUSTOM 1
#include "asyncio/asyncio.h"

#endif
