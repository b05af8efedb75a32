/* printk.h: a stand-in. */
#ifndef PRINTK_STAND_IN_H
#define PRINTK_STAND_IN_H

void printk(const char *format, ...);

#endif
