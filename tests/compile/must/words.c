/* Every public macro, in C and in C++. */
#ifndef PLAIN
#define ASYNCIO_IMPLEMENTATION
#endif
#include "words.h"

#ifndef PLAIN
int main(void) { return run_words(); }
#endif
