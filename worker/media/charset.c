#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>
#include "charset.h"

/* Names as IANA has them, and as programs write them; Microsoft's superset
   stands for each, since that is what they mean. */
static const struct {
    const char *name, *iconv;
} charsets[] = {
    { "iso-8859-1", "CP1252" },
    { "iso8859-1", "CP1252" },
    { "iso_8859-1", "CP1252" },
    { "latin1", "CP1252" },
    { "latin-1", "CP1252" },
    { "iso-8859-2", "ISO-8859-2" },
    { "iso-8859-3", "ISO-8859-3" },
    { "iso-8859-4", "ISO-8859-4" },
    { "iso-8859-5", "ISO-8859-5" },
    { "iso-8859-6", "ISO-8859-6" },
    { "iso-8859-7", "ISO-8859-7" },
    { "iso-8859-8", "ISO-8859-8" },
    { "iso-8859-9", "CP1254" },
    { "iso-8859-10", "ISO-8859-10" },
    { "iso-8859-11", "CP874" },
    { "iso-8859-13", "ISO-8859-13" },
    { "iso-8859-14", "ISO-8859-14" },
    { "iso-8859-15", "ISO-8859-15" },
    { "iso-8859-16", "ISO-8859-16" },
    { "latin2", "ISO-8859-2" },
    { "latin9", "ISO-8859-15" },
    { "windows-1250", "CP1250" },
    { "windows-1251", "CP1251" },
    { "windows-1252", "CP1252" },
    { "windows-1253", "CP1253" },
    { "windows-1254", "CP1254" },
    { "windows-1255", "CP1255" },
    { "windows-1256", "CP1256" },
    { "windows-1257", "CP1257" },
    { "windows-1258", "CP1258" },
    { "cp1250", "CP1250" },
    { "cp1251", "CP1251" },
    { "cp1252", "CP1252" },
    { "cp1253", "CP1253" },
    { "cp1254", "CP1254" },
    { "cp1257", "CP1257" },
    { "windows-874", "CP874" },
    { "tis-620", "CP874" },
    { "koi8-r", "KOI8-R" },
    { "koi8-u", "KOI8-U" },
    { "macintosh", "MACINTOSH" },
    { "x-mac-roman", "MACINTOSH" },
    { "macroman", "MACINTOSH" },
    { "ibm850", "IBM850" },
    { "cp850", "IBM850" },
    { "ibm437", "IBM437" },
    { "cp437", "IBM437" },
    { "ibm852", "IBM852" },
    { "ibm866", "IBM866" },
    { "cp866", "IBM866" },
    { "shift_jis", "CP932" },
    { "shift-jis", "CP932" },
    { "sjis", "CP932" },
    { "x-sjis", "CP932" },
    { "windows-31j", "CP932" },
    { "cp932", "CP932" },
    { "ms932", "CP932" },
    { "euc-jp", "EUC-JP" },
    { "x-euc-jp", "EUC-JP" },
    { "gb2312", "GB18030" },
    { "gbk", "GB18030" },
    { "gb18030", "GB18030" },
    { "cp936", "GB18030" },
    { "windows-936", "GB18030" },
    { "big5", "BIG5-HKSCS" },
    { "big5-hkscs", "BIG5-HKSCS" },
    { "cp950", "CP950" },
    { "euc-kr", "CP949" },
    { "ks_c_5601-1987", "CP949" },
    { "cp949", "CP949" },
    { "windows-949", "CP949" },
};


const char *
charset_find(const char *name, size_t len)
{
    size_t i;

    for (i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++) {
        if (strlen(charsets[i].name) == len
            && strncasecmp(charsets[i].name, name, len) == 0) {
            return charsets[i].iconv;
        }
    }

    return NULL;
}


long
charset_convert(const char *name, char *to, size_t size, const char *from,
                size_t len)
{
    int full;
    size_t rc, room = size - 1;
    char *in = (char *) from, *out = to;
    iconv_t way;
    const char *known = charset_find(name, strlen(name));

    if (known == NULL || size == 0) {
        return -1;
    }

    way = iconv_open("UTF-8", known);
    if (way == (iconv_t) -1) {
        return -1;
    }

    rc = iconv(way, &in, &len, &out, &room);
    full = rc == (size_t) -1 && errno == E2BIG;
    iconv_close(way);

    *out = '\0';
    return rc != (size_t) -1 || full ? out - to : -1;
}
