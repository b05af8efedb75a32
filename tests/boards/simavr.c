/* simavr.c: runs an image for an AVR under libsimavr: the serial line on standard input and output, time as fast as it can.
 *
 *     simavr PROCESSOR HZ IMAGE CYCLES
 *
 * It ends when the processor sleeps with interrupts off: with GPIOR1 as the status; 124 after so many cycles; 126 after a
 * crash. The same input at the same cycles each time: a byte every 5 ms of the processor's time, for which it waits.
 * Standard error gets the cycles and the deepest stack. */
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPL = 0x5d, SPH = 0x5e, GPIOR1 = 0x4a };

static void on_byte(struct avr_irq_t *irq, uint32_t value, void *data)
{
    (void)irq;
    (void)data;
    putchar((int)value);
    fflush(stdout);
}

/* Only what goes wrong, and not on standard output. */
static void on_log(struct avr_t *avr, const int level, const char *format, va_list arguments)
{
    (void)avr;
    if (level <= LOG_ERROR)
        vfprintf(stderr, format, arguments);
}

static void do_not_wait(avr_t *avr, avr_cycle_count_t cycles)
{
    (void)avr;
    (void)cycles;
}

static avr_irq_t *uart(avr_t *avr, int which) { return avr_io_getirq(avr, (uint32_t)AVR_IOCTL_UART_GETIRQ('0'), which); }

int main(int argc, char **argv)
{
    elf_firmware_t firmware;
    avr_t *avr;
    uint32_t flags = 0;
    avr_cycle_count_t limit, next_byte;
    unsigned lowest;
    int state = cpu_Running, byte = 0;
    memset(&firmware, 0, sizeof firmware);
    avr_global_logger_set(on_log);
    if (argc != 5 || elf_read_firmware(argv[3], &firmware) != 0 || (avr = avr_make_mcu_by_name(argv[1])) == NULL) {
        fputs("usage: simavr PROCESSOR HZ IMAGE CYCLES\n", stderr);
        return 125;
    }
    avr_init(avr);
    firmware.frequency = (uint32_t)strtoul(argv[2], NULL, 10);
    limit = strtoull(argv[4], NULL, 10);
    avr_load_firmware(avr, &firmware);
    avr->sleep = do_not_wait;
    avr_ioctl(avr, (uint32_t)AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
    flags &= ~(uint32_t)(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
    avr_ioctl(avr, (uint32_t)AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    avr_irq_register_notify(uart(avr, UART_IRQ_OUTPUT), on_byte, NULL);
    next_byte = firmware.frequency / 50;
    lowest = avr->ramend;
    while (state != cpu_Done && state != cpu_Crashed && avr->cycle < limit) {
        unsigned sp;
        state = avr_run(avr);
        sp = (unsigned)avr->data[SPL] | (unsigned)avr->data[SPH] << 8;
        if (sp != 0 && sp < lowest)
            lowest = sp;
        if (byte != EOF && avr->cycle >= next_byte) {
            if ((byte = getchar()) != EOF)
                avr_raise_irq(uart(avr, UART_IRQ_INPUT), (uint32_t)byte);
            next_byte = avr->cycle + firmware.frequency / 200;
        }
    }
    fprintf(stderr, "%llu cycles, stack %u\n", (unsigned long long)avr->cycle, avr->ramend - lowest);
    return state == cpu_Crashed ? 126 : state != cpu_Done ? 124 : avr->data[GPIOR1];
}
