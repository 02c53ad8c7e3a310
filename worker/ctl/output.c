#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "output.h"

#define OUTPUT_COLUMNS_MAX 16
#define OUTPUT_GAP 2


static void output_json(const json_t *value);
static char *output_cell(const json_t *value);
static int output_width(const char *text);
static void output_line(const json_t *row, const char *const *columns,
                        const int *widths);


void
output_rows(const json_t *rows, const char *const *columns, int as_json)
{
    int i, width, widths[OUTPUT_COLUMNS_MAX];
    char *cell;
    size_t n;
    const json_t *row;

    if (as_json) {
        output_json(rows);
        return;
    }

    for (i = 0; i < OUTPUT_COLUMNS_MAX && columns[i] != NULL; i++) {
        widths[i] = output_width(columns[i]);

        json_array_foreach(rows, n, row)
        {
            cell = output_cell(json_object_get(row, columns[i]));
            width = output_width(cell);
            widths[i] = width > widths[i] ? width : widths[i];
            free(cell);
        }
    }

    output_line(NULL, columns, widths);
    json_array_foreach(rows, n, row)
    {
        output_line(row, columns, widths);
    }
}


void
output_object(const json_t *object, int as_json)
{
    int width = 0;
    char *cell;
    const char *name;
    json_t *value;

    if (as_json) {
        output_json(object);
        return;
    }

    json_object_foreach((json_t *) object, name, value)
    {
        width = output_width(name) > width ? output_width(name) : width;
    }

    json_object_foreach((json_t *) object, name, value)
    {
        cell = output_cell(value);
        printf("%-*s%s\n", width + OUTPUT_GAP, name, cell);
        free(cell);
    }
}


static void
output_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    putchar('\n');
}


/* The header when `row` is NULL. */
static void
output_line(const json_t *row, const char *const *columns, const int *widths)
{
    int i, padding = 0;
    char *cell;

    for (i = 0; i < OUTPUT_COLUMNS_MAX && columns[i] != NULL; i++) {
        cell = row ? output_cell(json_object_get(row, columns[i]))
                   : strdup(columns[i]);

        printf("%*s%s", padding, "", cell);
        padding = widths[i] - output_width(cell) + OUTPUT_GAP;
        free(cell);
    }

    putchar('\n');
}


static char *
output_cell(const json_t *value)
{
    if (value == NULL || json_is_null(value)) {
        return strdup("-");
    }

    if (json_is_string(value)) {
        return strdup(json_string_value(value));
    }

    if (json_is_boolean(value)) {
        return strdup(json_is_true(value) ? "yes" : "no");
    }

    return json_dumps(value,
                      JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
}


/* Characters, not bytes, of UTF-8. */
static int
output_width(const char *text)
{
    int width = 0;

    for (/* void */; *text != '\0'; text++) {
        width += ((unsigned char) *text & 0xc0) != 0x80;
    }

    return width;
}
