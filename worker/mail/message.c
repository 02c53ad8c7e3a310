#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/text.h"
#include "message.h"

#define MESSAGE_LINE 76 /* characters: RFC 2045, 6.7 (5) */
#define MESSAGE_WORD 39 /* bytes that fit an encoded word: RFC 2047, 2 */


static int
message_is_ascii(const char *text)
{
    for (/* void */; *text != '\0'; text++) {
        if ((unsigned char) *text >= 0x80) {
            return 0;
        }
    }

    return 1;
}


static void
message_base64(const char *bytes, size_t len, FILE *out)
{
    size_t i, n;
    unsigned long group;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";

    for (i = 0; i < len; i += 3) {
        n = len - i < 3 ? len - i : 3;
        group = (unsigned long) (unsigned char) bytes[i] << 16;
        group |= n > 1 ? (unsigned long) (unsigned char) bytes[i + 1] << 8 : 0;
        group |= n > 2 ? (unsigned long) (unsigned char) bytes[i + 2] : 0;

        fputc(digits[group >> 18 & 63], out);
        fputc(digits[group >> 12 & 63], out);
        fputc(n > 1 ? digits[group >> 6 & 63] : '=', out);
        fputc(n > 2 ? digits[group & 63] : '=', out);
    }
}


/* RFC 2047: words of whole characters. */
static void
message_words(const char *text, FILE *out)
{
    size_t len = strlen(text), n, step;
    uint32_t character;

    for (/* void */; len > 0; text += n, len -= n) {
        for (n = 0; n < len; n += step) {
            step = text_character(text + n, len - n, &character);
            step = step ? step : 1;

            if (n + step > MESSAGE_WORD) {
                break;
            }
        }

        fputs("=?UTF-8?B?", out);
        message_base64(text, n, out);
        fputs(n < len ? "?=\r\n " : "?=", out);
    }
}


/* A subject, or any text that stands for itself. */
static void
message_unstructured(const char *name, const char *text, FILE *out)
{
    fprintf(out, "%s: ", name);

    if (message_is_ascii(text) && strlen(text) < MESSAGE_LINE) {
        fputs(text, out);
    } else {
        message_words(text, out);
    }

    fputs("\r\n", out);
}


/* RFC 5322, 3.4: a name in quotes, or in words. */
static void
message_from(const message_t *message, FILE *out)
{
    const char *c, *name = message->from_name;

    fputs("From: ", out);

    if (*name == '\0') {
        fprintf(out, "%s\r\n", message->from);
        return;
    }

    if (message_is_ascii(name) && strlen(name) < MESSAGE_LINE - 8) {
        fputc('"', out);
        for (c = name; *c != '\0'; c++) {
            fprintf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
        }
        fputc('"', out);
    } else {
        message_words(name, out);
    }

    fprintf(out, "\r\n <%s>\r\n", message->from);
}


/* RFC 5322, 3.3, whatever language the host speaks. */
static void
message_date(time_t date, FILE *out)
{
    struct tm tm;
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    gmtime_r(&date, &tm);
    fprintf(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n",
            days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
            tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}


/* One byte; a blank before a line's end is written out, since relays take those
   away. */
static int
message_is_literal(const char *c)
{
    unsigned char byte = (unsigned char) *c;

    return byte == ' ' || byte == '\t'
               ? c[1] != '\n' && c[1] != '\0'
               : byte > ' ' && byte <= '~' && byte != '=';
}


static void
message_quoted(const char *text, FILE *out)
{
    int literal, needs;
    size_t column = 0;

    for (/* void */; *text != '\0'; text++) {
        if (*text == '\n') {
            fputs("\r\n", out);
            column = 0;
            continue;
        }

        literal = message_is_literal(text);
        needs = literal ? 1 : 3;

        if (column + (size_t) needs > MESSAGE_LINE - 1) {
            fputs("=\r\n", out);
            column = 0;
        }

        fprintf(out, literal ? "%c" : "=%02X", (unsigned char) *text);
        column += (size_t) needs;
    }

    fputs("\r\n", out);
}


/* No text in quoted-printable has "=_" in it. */
static void
message_part(const message_t *message, const char *type, const char *text,
             FILE *out)
{
    fprintf(out,
            "--=_%s\r\n"
            "Content-Type: %s; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n",
            message->id, type);
    message_quoted(text, out);
}


static void
message_put(const message_t *message, FILE *out)
{
    message_from(message, out);
    fprintf(out, "To: %s\r\n", message->to);
    message_unstructured("Subject", message->subject, out);
    message_date(message->date, out);
    fprintf(out,
            "Message-ID: <%s%s>\r\n"
            "Auto-Submitted: auto-generated\r\n" /* RFC 3834 */
            "Content-Language: %s\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: multipart/alternative;\r\n boundary=\"=_%s\"\r\n"
            "\r\n",
            message->id, strchr(message->from, '@'), message->language,
            message->id);

    message_part(message, "text/plain", message->text, out);
    message_part(message, "text/html", message->html, out);
    fprintf(out, "--=_%s--\r\n", message->id);
}


char *
message_write(const message_t *message, size_t *len)
{
    char *text = NULL;
    FILE *out;

    out = open_memstream(&text, len);
    if (out == NULL) {
        return NULL;
    }

    message_put(message, out);

    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }

    return text;
}
