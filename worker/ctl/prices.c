#include <stddef.h>
#include <string.h>
#include "prices.h"
#include "say.h"

#define PRICES_AMOUNT "an amount in quotes, such as \"0.024\""
#define PRICES_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define PRICES_DIGITS "0123456789"
#define PRICES_DIGITS_MAX 12 /* before the point, and behind it */
#define PRICES_TIERS_MAX 16
#define PRICES_FIXED_MAX 32
#define PRICES_UP_TO_MAX 1000000000000 /* GiB */


static int prices_check(const char *file, const json_t *list);
static int prices_check_keys(const char *file, json_t *list);
static int prices_check_egress(const char *file, const json_t *tiers);
static int prices_check_fixed(const char *file, json_t *fixed);
static int prices_wrong(const char *file, const char *key, const char *want);
static int prices_amount(const json_t *value);


json_t *
prices_read(const char *file)
{
    json_t *list;
    json_error_t err;

    list = json_load_file(file, JSON_REJECT_DUPLICATES, &err);
    if (list == NULL) {
        if (err.line < 0) {
            say_fail("%s: %s", file, err.text);
        } else {
            say_fail("%s:%d: %s", file, err.line, err.text);
        }
        return NULL;
    }

    if (prices_check(file, list) != CTL_OK) {
        json_decref(list);
        return NULL;
    }

    return list;
}


static int
prices_check(const char *file, const json_t *list)
{
    const json_t *budget = json_object_get(list, "budget");
    const char *currency = json_string_value(json_object_get(list, "currency"));

    if (!json_is_object(list)) {
        return say_fail("%s: write an object, {\"currency\": …}", file);
    }
    if (prices_check_keys(file, (json_t *) list) != CTL_OK) {
        return CTL_FAILED;
    }
    if (currency == NULL || strlen(currency) != 3
        || strspn(currency, PRICES_LETTERS) != 3) {
        return prices_wrong(file, "currency", "three letters, such as \"EUR\"");
    }
    if (budget != NULL && !prices_amount(budget)) {
        return prices_wrong(file, "budget", PRICES_AMOUNT);
    }
    if (!prices_amount(json_object_get(list, "storage_gib_month"))) {
        return prices_wrong(file, "storage_gib_month", PRICES_AMOUNT);
    }
    if (prices_check_egress(file, json_object_get(list, "egress_gib"))
        != CTL_OK) {
        return CTL_FAILED;
    }

    return prices_check_fixed(file, json_object_get(list, "fixed_month"));
}


/* A name that is misspelt would else be a price that is left out. */
static int
prices_check_keys(const char *file, json_t *list)
{
    const char *key;
    json_t *value;
    static const char known[] = " about currency budget storage_gib_month "
                                "egress_gib fixed_month ";
    char spaced[32];

    json_object_foreach(list, key, value)
    {
        if (strlen(key) > sizeof(spaced) - 3 || strchr(key, ' ') != NULL) {
            return prices_wrong(file, key,
                                "one of the names in docs/operating.md");
        }
        spaced[0] = ' ';
        strcpy(spaced + 1, key);
        strcat(spaced, " ");
        if (strstr(known, spaced) == NULL) {
            return prices_wrong(file, key,
                                "one of currency, budget, "
                                "storage_gib_month, egress_gib, fixed_month");
        }
    }

    return CTL_OK;
}


/* Each begins where the one before ends; the last has no end. */
static int
prices_check_egress(const char *file, const json_t *tiers)
{
    size_t i, n = json_array_size(tiers);
    json_int_t up_to, before = 0;

    if (n == 0 || n > PRICES_TIERS_MAX) {
        return prices_wrong(file, "egress_gib",
                            "1 to 16 tiers, such as [{\"price\": \"0.09\"}]");
    }

    for (i = 0; i < n; i++) {
        const json_t *tier = json_array_get(tiers, i);
        const json_t *end = json_object_get(tier, "up_to");

        up_to = json_integer_value(end);

        if (!prices_amount(json_object_get(tier, "price"))) {
            return prices_wrong(file, "egress_gib[].price", PRICES_AMOUNT);
        }
        if (i + 1 == n ? end != NULL
                       : up_to <= before || up_to > PRICES_UP_TO_MAX) {
            return prices_wrong(file, "egress_gib[].up_to",
                                "GiB that grow from tier to tier, and none "
                                "in the last");
        }
        before = up_to;
    }

    return CTL_OK;
}


static int
prices_check_fixed(const char *file, json_t *fixed)
{
    const char *key;
    json_t *value;

    if (fixed == NULL) {
        return CTL_OK;
    }
    if (!json_is_object(fixed) || json_object_size(fixed) > PRICES_FIXED_MAX) {
        return prices_wrong(file, "fixed_month",
                            "at most 32 names with amounts, such as "
                            "{\"machines\": \"40\"}");
    }

    json_object_foreach(fixed, key, value)
    {
        if (!prices_amount(value)) {
            return prices_wrong(file, key, PRICES_AMOUNT);
        }
    }

    return CTL_OK;
}


static int
prices_wrong(const char *file, const char *key, const char *want)
{
    return say_fail("%s: \"%s\": write %s", file, key, want);
}


/* "12" or "0.024": what numeric holds exactly, and a float does not. */
static int
prices_amount(const json_t *value)
{
    size_t whole, part;
    const char *text = json_string_value(value);

    if (text == NULL) {
        return 0;
    }

    whole = strspn(text, PRICES_DIGITS);
    if (whole == 0 || whole > PRICES_DIGITS_MAX) {
        return 0;
    }
    if (text[whole] == '\0') {
        return 1;
    }
    if (text[whole] != '.') {
        return 0;
    }

    part = strspn(text + whole + 1, PRICES_DIGITS);
    return part > 0 && part <= PRICES_DIGITS_MAX
           && text[whole + 1 + part] == '\0';
}
