/* The tests of test_fd.c on epoll. */
#define TEST_POLLER ASYNC_POLLER_EPOLL
#include "test_fd.c"
