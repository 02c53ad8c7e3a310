#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/mail/message.h"

#define ID "01890000-0000-7000-8000-0123456789ab"

static message_t message;
static char *text;
static size_t len;


static void
make(void)
{
    const char *line, *end;

    text = message_write(&message, &len);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(strlen(text), len);

    /* RFC 5322, 2.1.1, and 2.3: no line without its end, none too long */
    for (line = text; *line != '\0'; line = end + 2) {
        end = strstr(line, "\r\n");
        ck_assert_ptr_nonnull(end);
        ck_assert_msg(end - line <= 78, "%.*s", (int) (end - line), line);
        ck_assert(memchr(line, '\n', (size_t) (end - line)) == NULL);
    }
}


static void
prepare(void)
{
    message = (message_t){ .id = ID,
                           .from = "films@example.org",
                           .from_name = "Films",
                           .to = "ida@example.org",
                           .subject = "Hello",
                           .language = "en",
                           .text = "A\n\nB\n",
                           .html = "<p>A</p>\n",
                           .date = 1796031169 };
}


static void
has(const char *what)
{
    ck_assert_msg(strstr(text, what) != NULL, "%s is not in\n%s", what, text);
}


START_TEST(it_has_what_a_mail_must_have)
{
    prepare();
    make();
    has("From: \"Films\"\r\n <films@example.org>\r\n");
    has("\r\nTo: ida@example.org\r\n");
    has("\r\nSubject: Hello\r\n");
    has("\r\nDate: Mon, 30 Nov 2026 09:32:49 +0000\r\n");
    has("\r\nMessage-ID: <" ID "@example.org>\r\n");
    has("\r\nAuto-Submitted: auto-generated\r\n");
    has("\r\nContent-Language: en\r\n");
    has("\r\nContent-Type: multipart/alternative;\r\n boundary=\"=_" ID
        "\"\r\n\r\n--=_" ID "\r\nContent-Type: text/plain; charset=utf-8\r\n");
    has("\r\n\r\nA\r\n\r\nB\r\n\r\n--=_" ID "\r\nContent-Type: text/html");
    ck_assert_str_eq(text + len - sizeof(ID) - 9, "\r\n--=_" ID "--\r\n");
    free(text);
}
END_TEST


START_TEST(a_name_is_quoted_or_encoded)
{
    prepare();
    message.from_name = "The \"Old\" \\ Films, Inc.";
    make();
    has("From: \"The \\\"Old\\\" \\\\ Films, Inc.\"\r\n <");
    free(text);

    message.from_name = "";
    make();
    has("From: films@example.org\r\n");
    free(text);

    message.from_name = "Ciné";
    make();
    has("From: =?UTF-8?B?Q2luw6k=?=\r\n <films@example.org>\r\n");
    free(text);
}
END_TEST


START_TEST(a_long_subject_is_cut_between_characters)
{
    int i;
    char subject[400];

    prepare();
    *subject = '\0';
    for (i = 0; i < 60; i++) {
        strcat(subject, i % 2 ? "é" : "日");
    }
    message.subject = subject;
    make();
    has("Subject: "
        "=?UTF-8?B?5pelw6nml6XDqeaXpcOp5pelw6nml6XDqeaXpcOp5pelw6nml6U=?="
        "\r\n =?UTF-8?B?w6nm");
    free(text);

    memset(subject, 'x', 200);
    subject[200] = '\0';
    make();
    free(text);
}
END_TEST


START_TEST(lines_are_wrapped_and_blanks_at_their_ends_are_kept)
{
    char body[2001];

    prepare();
    message.text = "a = b \nc\t\nend ";
    make();
    has("\r\n\r\na =3D b=20\r\nc=09\r\nend=20\r\n");
    free(text);

    memset(body, 'x', 2000);
    body[2000] = '\0';
    message.text = body;
    make();
    has("x=\r\nx");
    free(text);

    memset(body, '=', 2000);
    make();
    has("=3D=\r\n=3D");
    free(text);

    message.text = "é\r\n.\n..\nFrom x\n";
    make();
    has("=C3=A9=0D\r\n.\r\n..\r\nFrom x\r\n");
    free(text);
}
END_TEST


RUN("worker/mail/message", it_has_what_a_mail_must_have,
    a_name_is_quoted_or_encoded, a_long_subject_is_cut_between_characters,
    lines_are_wrapped_and_blanks_at_their_ends_are_kept)
