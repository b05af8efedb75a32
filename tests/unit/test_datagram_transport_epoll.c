/* The tests of test_datagram_transport.c on epoll. */
#ifdef __linux__
#define TEST_POLLER ASYNC_POLLER_EPOLL
#endif
#include "test_datagram_transport.c"
