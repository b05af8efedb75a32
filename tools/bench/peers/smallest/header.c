#include "asyncio.h"

int main(void) { return 0; }
