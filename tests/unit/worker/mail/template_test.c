#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "tests/unit/suite.h"
#include "worker/base/file.h"
#include "worker/mail/template.h"

static char folder[64], why[256];
static template_t filled;

static const template_value_t values[] = { { "what", "<tea> & \"cake\"", 0 },
                                           { "token", "T0K", 0 },
                                           { NULL, NULL, 0 } };


static void
put(const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file_erase(path);
    ck_assert_int_eq(file_write(path, text, strlen(text)), 0);
}


static void
prepare(void)
{
    char path[128];

    strcpy(folder, "/tmp/sluice-template-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/en", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/fr", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);

    put("layout.html", "<html lang={{language}}><title>{{subject}}</title>\n"
                       "{{content}}</html>");
    put("en/a.txt", "Some {{what}}\n\nHave {{what}}:\n\n"
                    "https://example.org/#{{token}}\nNow.\n\nBye\n");
    put("fr/a.txt", "Sujet\n\nTexte\n");
}


static void
done(void)
{
    template_free(&filled);
    file_erase(folder);
}


static int
fill(const char *language, const char *name)
{
    template_free(&filled);
    return template_fill(folder, language, "en", name, values, &filled, why,
                         sizeof(why));
}


START_TEST(values_stand_as_they_are_in_text_and_escaped_in_html)
{
    prepare();
    ck_assert_int_eq(fill("en", "a"), 0);
    ck_assert_str_eq(filled.subject, "Some <tea> & \"cake\"");
    ck_assert_str_eq(filled.text, "Have <tea> & \"cake\":\n\n"
                                  "https://example.org/#T0K\nNow.\n\nBye\n");
    ck_assert_str_eq(
        filled.html,
        "<html lang=en><title>Some &lt;tea&gt; &amp; &quot;cake&quot;</title>\n"
        "<p>Have &lt;tea&gt; &amp; &quot;cake&quot;:</p>\n"
        "<p><a href=\"https://example.org/#T0K\">https://example.org/#T0K</a>"
        "<br>\nNow.</p>\n<p>Bye</p>\n</html>");
    done();
}
END_TEST


START_TEST(html_of_its_own_is_taken_instead)
{
    prepare();
    put("en/a.html", "<b>{{what}}</b>");
    ck_assert_int_eq(fill("en", "a"), 0);
    ck_assert_str_eq(filled.html, "<b>&lt;tea&gt; &amp; &quot;cake&quot;</b>");
    done();
}
END_TEST


START_TEST(a_language_is_looked_for_from_the_narrowest)
{
    size_t i;
    static const char *const asked[][2] = { { "fr", "fr" },
                                            { "fr-CA", "fr" },
                                            { "FR_ca", "fr" },
                                            { "fr-x-y-z", "fr" },
                                            { "de", "en" },
                                            { "", "en" },
                                            { "../fr", "en" },
                                            { "en-GB", "en" },
                                            { "a-very-long-language-tag-of-all",
                                              "en" } };

    prepare();
    for (i = 0; i < COUNT(asked); i++) {
        ck_assert_int_eq(fill(asked[i][0], "a"), 0);
        ck_assert_msg(strcmp(filled.language, asked[i][1]) == 0, "%s: %s",
                      asked[i][0], filled.language);
    }
    done();
}
END_TEST


START_TEST(what_is_wrong_is_told_with_the_file)
{
    size_t i;
    static const char *const bad[][2] = {
        { "A\n\n{{none}}\n", "en/b.txt: there is no value {{none}}" },
        { "A\n\n{{what\n", "en/b.txt: there is no value {{what}}" },
        { "A", "en/b.txt: its first line is the subject" },
        { "A\nB\n", "en/b.txt: its first line is the subject" },
        { "A\tB\n\nC", "en/b.txt: its first line is the subject" },
        { "A\n\n\xff", "en/b.txt: it is not UTF-8" }
    };

    prepare();
    for (i = 0; i < COUNT(bad); i++) {
        put("en/b.txt", bad[i][0]);
        ck_assert_int_eq(fill("en", "b"), -1);
        ck_assert_msg(strstr(why, bad[i][1]) != NULL, "%s", why);
    }

    ck_assert_int_eq(fill("en", "none"), -1);
    ck_assert_ptr_nonnull(strstr(why, "en/none.txt: No such file"));

    put("layout.html", "<html></html>");
    ck_assert_int_eq(fill("en", "a"), -1);
    ck_assert_ptr_nonnull(strstr(why, "layout.html: there is no {{content}}"));

    put("layout.html", "{{content}}{{else}}");
    ck_assert_int_eq(fill("en", "a"), -1);
    ck_assert_ptr_nonnull(
        strstr(why, "layout.html: there is no value {{else}}"));

    put("en/a.html", "{{else}}");
    ck_assert_int_eq(fill("en", "a"), -1);
    ck_assert_ptr_nonnull(strstr(why, "en/a.html: there is no value {{else}}"));
    done();
}
END_TEST


RUN("worker/mail/template",
    values_stand_as_they_are_in_text_and_escaped_in_html,
    html_of_its_own_is_taken_instead,
    a_language_is_looked_for_from_the_narrowest,
    what_is_wrong_is_told_with_the_file)
