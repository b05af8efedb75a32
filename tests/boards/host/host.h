/* host.h: the traces of an image: their main functions under other names. */
#ifndef HOST_H
#define HOST_H

typedef struct host_trace {
    const char *name;
    int (*main)(void);
} host_trace;

/* Ends with one without a name. */
extern const host_trace host_traces[];

#endif
