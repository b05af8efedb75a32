/* time.h: blocking. */
#ifndef HOST_TIME_H
#define HOST_TIME_H

struct timespec {
    long tv_sec, tv_nsec;
};
int nanosleep(const struct timespec *time, struct timespec *left);

#endif
