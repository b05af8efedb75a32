/* The tests' frame. A test is a plain C body:
 *
 *     #define ASYNCIO_IMPLEMENTATION
 *     #include "asyncio.h"
 *     #include "test.h"
 *
 *     TEST(queue, keeps_order)
 *     {
 *         CHECK(async_queue_empty(&queue));
 *         CHECK_INT(async_run(main_), ASYNC_OK);
 *     }
 *
 * Under -DTEST_CRITERION each is a Criterion test, in a process of its own. Without it the file is a
 * program that needs nothing but the C library, so the same bodies run under emulators, sanitizers and
 * valgrind, and with any C library: it runs all tests, or those whose suite or suite.name is given, prints
 * `ok SUITE.NAME` or `FAIL SUITE.NAME file:line: why`, and exits with 1 if any failed.
 *
 * A CHECK that fails is reported and the test goes on, since it may stand in an async function; REQUIRE
 * ends the test (without Criterion: the program), for when going on makes no sense. All evaluate their
 * arguments once, and may be used in any function that a test calls.
 */
#ifndef ASYNCIO_TEST_H
#define ASYNCIO_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TEST_CRITERION

#include <criterion/criterion.h>

#define TEST(suite, name) Test(suite, name)

/* Criterion's own macros name the file and line of the check, so the place is not repeated here. Only failures are sent
 * to it: it takes a message to another process for each, and some tests check a million times. */
#define TEST_EXPECT_(condition, ...)           \
    do {                                       \
        if (!(condition))                      \
            cr_expect(false, __VA_ARGS__);     \
    } while (0)
#define TEST_ASSERT_(condition, ...)           \
    do {                                       \
        if (!(condition))                      \
            cr_assert(false, __VA_ARGS__);     \
    } while (0)

#else

typedef struct test_case_ {
    const char *suite, *name;
    void (*body)(void);
    struct test_case_ *next;
    int failed;
} test_case_;

/* Every line is flushed: a crash must not take the reports before it along. */
#define TEST_EXPECT_(condition, ...)                                                                        \
    do {                                                                                                    \
        if (!(condition)) {                                                                                 \
            test_current_->failed = 1;                                                                      \
            printf("FAIL %s.%s %s:%d: ", test_current_->suite, test_current_->name, __FILE__, __LINE__);    \
            printf(__VA_ARGS__);                                                                            \
            printf("\n");                                                                                   \
            fflush(stdout);                                                                                 \
        }                                                                                                   \
    } while (0)
#define TEST_ASSERT_(condition, ...)                                                                        \
    do {                                                                                                    \
        int test_holds_;                                                                                    \
        test_holds_ = (condition) ? 1 : 0;                                                                  \
        TEST_EXPECT_(test_holds_, __VA_ARGS__);                                                             \
        if (!test_holds_)                                                                                   \
            exit(1);                                                                                        \
    } while (0)

#ifdef TEST_TABLE /* on boards, whose start-up knows no constructors: a table lists the tests (tests/boards) */

extern test_case_ *test_current_;
#define TEST(suite, name)                                                                                   \
    void test_##suite##_##name##_(void);                                                                    \
    void test_##suite##_##name##_(void)

#else

static test_case_ *test_first_, **test_last_ = &test_first_, *test_current_;

/* __attribute and not __attribute__, which glibc's headers define away for compilers such as tcc. */
#define TEST(suite, name)                                                                                   \
    static void test_##suite##_##name##_(void);                                                             \
    static test_case_ test_case_##suite##_##name##_ = {#suite, #name, test_##suite##_##name##_, NULL, 0};   \
    __attribute((constructor)) static void test_add_##suite##_##name##_(void)                               \
    {                                                                                                       \
        *test_last_ = &test_case_##suite##_##name##_;                                                       \
        test_last_ = &test_case_##suite##_##name##_.next;                                                   \
    }                                                                                                       \
    static void test_##suite##_##name##_(void)

static int test_chosen_(const test_case_ *test, int count, char **names)
{
    size_t suite = strlen(test->suite);
    int i;
    for (i = 1; i < count; i++) {
        if (strncmp(names[i], test->suite, suite) == 0
            && (names[i][suite] == '\0' || (names[i][suite] == '.' && strcmp(names[i] + suite + 1, test->name) == 0)))
            return 1;
    }
    return count <= 1;
}

int main(int argc, char **argv)
{
    int failed = 0, ran = 0;
    for (test_current_ = test_first_; test_current_; test_current_ = test_current_->next) {
        if (!test_chosen_(test_current_, argc, argv))
            continue;
        test_current_->body();
        if (!test_current_->failed)
            printf("ok %s.%s\n", test_current_->suite, test_current_->name);
        fflush(stdout);
        failed += test_current_->failed;
        ran++;
    }
    if (!ran)
        printf("FAIL no test ran\n");
    return failed > 0 || !ran;
}

#endif
#endif

#define CHECK(condition) TEST_EXPECT_(condition, "%s", #condition)
#define REQUIRE(condition) TEST_ASSERT_(condition, "%s", #condition)

/* Integers of any type, also pointers' differences and statuses: CHECK_INT(what is, what should be). */
#define CHECK_INT(actual, expected)                                                                         \
    do {                                                                                                    \
        long long test_actual_, test_expected_;                                                             \
        test_actual_ = (long long)(actual);                                                                 \
        test_expected_ = (long long)(expected);                                                             \
        TEST_EXPECT_(test_actual_ == test_expected_, "%s is %lld, not %lld (%s)", #actual, test_actual_,    \
            test_expected_, #expected);                                                                     \
    } while (0)

#define CHECK_PTR(actual, expected)                                                                         \
    do {                                                                                                    \
        const void *test_actual_, *test_expected_;                                                          \
        test_actual_ = (actual);                                                                            \
        test_expected_ = (expected);                                                                        \
        TEST_EXPECT_(test_actual_ == test_expected_, "%s is %p, not %p (%s)", #actual,                      \
            (void *)(size_t)test_actual_, (void *)(size_t)test_expected_, #expected);                       \
    } while (0)

/* Strings, either may be NULL. */
#define CHECK_STR(actual, expected)                                                                         \
    do {                                                                                                    \
        const char *test_actual_, *test_expected_;                                                          \
        test_actual_ = (actual);                                                                            \
        test_expected_ = (expected);                                                                        \
        TEST_EXPECT_(test_actual_ == test_expected_                                                         \
                || (test_actual_ && test_expected_ && strcmp(test_actual_, test_expected_) == 0),           \
            "%s is \"%s\", not \"%s\"", #actual, test_actual_ ? test_actual_ : "(null)",                    \
            test_expected_ ? test_expected_ : "(null)");                                                    \
    } while (0)

#endif
