/* One Check runner a file: tests are added to the suite and run one by one,
   each in a process of its own. */

#ifndef TEST_SUITE_H
#define TEST_SUITE_H

#include <stdlib.h>
#include <check.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline int
suite_run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite;
    TCase *tcase;
    SRunner *runner;
    size_t i;
    int failed;

    suite = suite_create(name);
    tcase = tcase_create(name);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);

    for (i = 0; i < count; i++) {
        tcase_add_test(tcase, tests[i]);
    }

    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);

    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The main() of a test file: RUN("core/jwt", a_test, another_test) */
#define RUN(name, ...)                                \
    int main(void)                                    \
    {                                                 \
        const TTest *const tests[] = { __VA_ARGS__ }; \
                                                      \
        return suite_run(name, tests, COUNT(tests));  \
    }

#endif
