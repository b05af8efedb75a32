/* host.h: what an image runs: traces, their main functions under other names, or tests. */
#ifndef HOST_H
#define HOST_H

/* Each ends with one without a name. An image without traces, or without tests, has only that. */
typedef struct host_trace {
    const char *name;
    int (*main)(void);
} host_trace;
extern const host_trace host_traces[];

/* That of test.h. */
typedef struct test_case_ {
    const char *suite, *name;
    void (*body)(void);
    struct test_case_ *next;
    int failed;
} test_case_;
extern test_case_ host_tests[];

#endif
