#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/suite.h"
#include "worker/media/encoding.h"

/* Lines of subtitles. */
#define FRENCH "- Où étiez-vous l'été passé ?\n- À l'hôtel, bien sûr. Ça va."
#define GERMAN \
    "Für wen hältst du mich? Schöne Grüße aus Köln, Ärger inbegriffen."
#define SPANISH "¿Qué pasó? ¡Nada! Mañana será otro día, señor."
#define POLISH "Dzień dobry. Gdzie jest mąż? Właśnie poszedł, źle się czuł."
#define CZECH "Žluťoučký kůň úpěl ďábelské ódy. Příliš se řítí."
#define HUNGARIAN "Jó estét! Őrült tűz van, és nő a veszély."
#define TURKISH "Günaydın! Şimdi nereye gidiyoruz? İyi akşamlar, ağabey."
#define RUSSIAN "Привет, как дела? Я давно тебя не видел, мой друг."
#define UKRAINIAN "Добрий день! Їжак і єнот живуть у лісі."
#define GREEK "Καλημέρα σας. Πού είναι το βιβλίο; Δεν ξέρω τίποτα."
#define HEBREW "שלום, מה שלומך היום? הכל בסדר."
#define ARABIC "مرحبا، كيف حالك اليوم؟ كل شيء على ما يرام."
#define JAPANESE "こんにちは。今日はいい天気ですね。どこへ行きますか？"
#define CHINESE "你好，今天天气很好。我们去哪里？这个地方很漂亮。"
#define TAIWANESE "你好，今天天氣很好。我們去哪裡？這個地方很漂亮。"
#define KOREAN "안녕하세요. 오늘 날씨가 정말 좋네요. 어디로 갈까요?"
#define THAI_ "สวัสดีครับ วันนี้อากาศดีมาก"


static size_t
write_as(const char *encoding, const char *text, char *bytes, size_t size)
{
    char *in = (char *) text, *out = bytes;
    size_t len = strlen(text), room = size;
    iconv_t way = iconv_open(encoding, "UTF-8");

    ck_assert_ptr_ne(way, (iconv_t) -1);
    ck_assert_msg(iconv(way, &in, &len, &out, &room) != (size_t) -1, "%s: %s",
                  encoding, text);
    iconv_close(way);
    return size - room;
}


static void
reads(const char *encoding, const char *language, const char *text)
{
    char bytes[1024], *back;
    size_t len = write_as(encoding, text, bytes, sizeof(bytes)), length;
    const char *name = encoding_guess(bytes, len, language);

    ck_assert_msg(name != NULL, "%s (%s) is not told", encoding, language);
    back = encoding_convert(name, bytes, len, &length);
    ck_assert_msg(back != NULL && strcmp(back, text) == 0,
                  "%s (%s) taken for %s: %s", encoding, language, name,
                  back ? back : "");
    free(back);
}


START_TEST(what_says_how_it_is_written_is_believed)
{
    reads("UTF-8", "", FRENCH);
    reads("UTF-16LE", "", FRENCH);
    reads("UTF-16BE", "", FRENCH);
    reads("UTF-16", "", RUSSIAN); /* with its mark */
    reads("UTF-16", "", JAPANESE);
    reads("UTF-8", "ru", "plain");
}
END_TEST


START_TEST(a_text_tells_its_script_by_itself)
{
    reads("CP1252", "", FRENCH);
    reads("CP1252", "", GERMAN);
    reads("CP1252", "", SPANISH);
    reads("CP1251", "", RUSSIAN);
    reads("KOI8-R", "", RUSSIAN);
    reads("ISO-8859-5", "", RUSSIAN);
    reads("IBM866", "", RUSSIAN);
    reads("CP1253", "", GREEK);
    reads("CP1255", "", HEBREW);
    reads("CP1256", "", ARABIC);
    reads("SHIFT-JIS", "", JAPANESE);
    reads("EUC-JP", "", JAPANESE);
    reads("EUC-KR", "", KOREAN);
    reads("GBK", "", CHINESE);
    reads("BIG5", "", TAIWANESE);
}
END_TEST


START_TEST(the_language_tells_what_letters_do_not)
{
    reads("CP1252", "fr", FRENCH);
    reads("ISO-8859-15", "fr-CA", FRENCH);
    reads("CP1250", "pl", POLISH);
    reads("ISO-8859-2", "pl", POLISH);
    reads("CP1250", "cs", CZECH);
    reads("ISO-8859-2", "cs", CZECH);
    reads("CP1250", "hu", HUNGARIAN);
    reads("CP1254", "tr", TURKISH);
    reads("CP1251", "uk", UKRAINIAN);
    reads("KOI8-U", "uk", UKRAINIAN);
    reads("CP874", "th", THAI_);
    reads("GB18030", "zh", CHINESE);
    reads("BIG5", "zh-Hant", TAIWANESE);
    reads("SHIFT-JIS", "ja", JAPANESE);
}
END_TEST


START_TEST(a_wrong_language_does_not_make_a_wrong_text)
{
    reads("CP1251", "fr", RUSSIAN);
    reads("CP1252", "ru", FRENCH);
    reads("EUC-KR", "ja", KOREAN);
    reads("SHIFT-JIS", "en", JAPANESE);
}
END_TEST


START_TEST(what_makes_no_sense_is_not_guessed_at)
{
    size_t i;
    char bytes[256];

    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char) i;
    }
    ck_assert_ptr_null(encoding_guess(bytes, sizeof(bytes), "fr"));

    for (i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char) (i * 151 % 127 + 128);
    }
    ck_assert_ptr_null(encoding_guess(bytes, sizeof(bytes), "fr"));
    ck_assert_ptr_null(encoding_guess(bytes, sizeof(bytes), ""));
}
END_TEST


START_TEST(half_a_letter_is_none)
{
    size_t length;

    ck_assert_ptr_null(encoding_convert("utf-16le", "\x00\xdc", 2, &length));
    ck_assert_ptr_null(encoding_convert("shift_jis", "\x82", 1, &length));
    ck_assert_ptr_null(encoding_convert("hologram", "a", 1, &length));
}
END_TEST


RUN("worker/encoding", what_says_how_it_is_written_is_believed,
    a_text_tells_its_script_by_itself, the_language_tells_what_letters_do_not,
    a_wrong_language_does_not_make_a_wrong_text,
    what_makes_no_sense_is_not_guessed_at, half_a_letter_is_none)
