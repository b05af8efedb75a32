/* child.c: see child.h. */
#include "child.h"

async_define(child)
{
    async_begin;
    async_return(self->x + 1);
    async_end;
}
