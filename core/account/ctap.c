#include <cbor.h>
#include "ctap.h"

/* What libcbor told of an item; what has no row below is none of ours. */
typedef struct {
    ctap_item_t *item;
    int told;
} ctap_told_t;


static void
ctap_tell(void *data, ctap_kind_t kind, const unsigned char *bytes, size_t len)
{
    ctap_told_t *told = data;

    told->item->kind = kind;
    told->item->bytes = bytes;
    told->item->len = len;
    told->told = 1;
}


static void
ctap_tell_number(void *data, uint64_t value, int negative)
{
    ctap_told_t *told = data;

    if (value <= INT64_MAX) {
        ctap_tell(data, CTAP_INT, NULL, 0);
        told->item->number = negative ? -1 - (int64_t) value : (int64_t) value;
    }
}


static void
ctap_uint8(void *data, uint8_t value)
{
    ctap_tell_number(data, value, 0);
}


static void
ctap_uint16(void *data, uint16_t value)
{
    ctap_tell_number(data, value, 0);
}


static void
ctap_uint32(void *data, uint32_t value)
{
    ctap_tell_number(data, value, 0);
}


static void
ctap_uint64(void *data, uint64_t value)
{
    ctap_tell_number(data, value, 0);
}


static void
ctap_negint8(void *data, uint8_t value)
{
    ctap_tell_number(data, value, 1);
}


static void
ctap_negint16(void *data, uint16_t value)
{
    ctap_tell_number(data, value, 1);
}


static void
ctap_negint32(void *data, uint32_t value)
{
    ctap_tell_number(data, value, 1);
}


static void
ctap_negint64(void *data, uint64_t value)
{
    ctap_tell_number(data, value, 1);
}


static void
ctap_bytes(void *data, cbor_data bytes, size_t len)
{
    ctap_tell(data, CTAP_BYTES, bytes, len);
}


static void
ctap_text(void *data, cbor_data bytes, size_t len)
{
    ctap_tell(data, CTAP_TEXT, bytes, len);
}


static void
ctap_array(void *data, size_t len)
{
    ctap_tell(data, CTAP_ARRAY, NULL, len);
}


static void
ctap_map(void *data, size_t len)
{
    ctap_tell(data, CTAP_MAP, NULL, len);
}


static void
ctap_float(void *data, float value)
{
    (void) value;
    ctap_tell(data, CTAP_OTHER, NULL, 0);
}


static void
ctap_double(void *data, double value)
{
    (void) value;
    ctap_tell(data, CTAP_OTHER, NULL, 0);
}


static void
ctap_boolean(void *data, bool value)
{
    (void) value;
    ctap_tell(data, CTAP_OTHER, NULL, 0);
}


static void
ctap_null(void *data)
{
    ctap_tell(data, CTAP_OTHER, NULL, 0);
}


int
ctap_next(ctap_reader_t *reader, ctap_item_t *item)
{
    ctap_told_t told;
    struct cbor_callbacks callbacks = cbor_empty_callbacks;
    struct cbor_decoder_result result;

    item->kind = CTAP_OTHER;
    told.item = item;
    told.told = 0;

    callbacks.uint8 = ctap_uint8;
    callbacks.uint16 = ctap_uint16;
    callbacks.uint32 = ctap_uint32;
    callbacks.uint64 = ctap_uint64;
    callbacks.negint8 = ctap_negint8;
    callbacks.negint16 = ctap_negint16;
    callbacks.negint32 = ctap_negint32;
    callbacks.negint64 = ctap_negint64;
    callbacks.byte_string = ctap_bytes;
    callbacks.string = ctap_text;
    callbacks.array_start = ctap_array;
    callbacks.map_start = ctap_map;
    callbacks.float2 = ctap_float;
    callbacks.float4 = ctap_float;
    callbacks.float8 = ctap_double;
    callbacks.boolean = ctap_boolean;
    callbacks.null = ctap_null;

    result = cbor_stream_decode(reader->bytes, reader->len, &callbacks, &told);

    if (result.status != CBOR_DECODER_FINISHED || !told.told
        || result.read > reader->len) {
        return -1;
    }

    reader->bytes += result.read;
    reader->len -= result.read;

    return 0;
}


static int
ctap_skip_below(ctap_reader_t *reader, unsigned depth)
{
    size_t i, n;
    ctap_item_t item;

    if (ctap_next(reader, &item) != 0) {
        return -1;
    }

    if (item.kind != CTAP_ARRAY && item.kind != CTAP_MAP) {
        return 0;
    }

    /* each takes a byte at least, so that no more are there */

    if (depth == 0 || item.len > reader->len) {
        return -1;
    }

    n = item.kind == CTAP_MAP ? 2 * item.len : item.len;

    for (i = 0; i < n; i++) {
        if (ctap_skip_below(reader, depth - 1) != 0) {
            return -1;
        }
    }

    return 0;
}


int
ctap_skip(ctap_reader_t *reader)
{
    return ctap_skip_below(reader, CTAP_DEPTH);
}
