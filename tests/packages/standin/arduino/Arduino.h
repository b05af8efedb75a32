/* Arduino.h: a stand-in: what the package's examples and port use of an Arduino core. */
#ifndef ARDUINO_STAND_IN_H
#define ARDUINO_STAND_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTPUT 1
#define HIGH 1
#define LOW 0
#define LED_BUILTIN 13

#ifdef __cplusplus
extern "C" {
#endif
unsigned long millis(void);
void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
void setup(void);
void loop(void);
#ifdef __cplusplus
}
struct serial_line {
    void begin(unsigned long speed);
    int available();
    int read();
    size_t print(const char *text);
    size_t println(const char *text);
    size_t println(int number);
};
extern serial_line Serial;
#endif

#endif
