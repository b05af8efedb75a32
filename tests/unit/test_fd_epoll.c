/* The tests of test_fd.c on epoll. */
#ifdef __linux__
#define TEST_POLLER ASYNC_POLLER_EPOLL
#endif
#include "test_fd.c"
