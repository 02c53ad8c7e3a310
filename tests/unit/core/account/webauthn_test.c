#include <string.h>
#include <openssl/crypto.h>
#include "core/account/webauthn.h"
#include "tests/unit/core/account/webauthn_vectors.h"
#include "tests/unit/suite.h"

static const char *const origins[] = { "https://example.org", NULL };
static const webauthn_site_t site = { "example.org", origins };

/* What of the standard's vectors is taken: those with a key of ours, made on
   our own page. */
static const struct {
    const char *name;
    const char *field; /* NULL: taken */
} expected[] = {
    { "none-es256", NULL },
    { "packed-self-es256", NULL },
    { "none-es256-crossOrigin", "response.clientDataJSON" },
    { "none-es256-topOrigin", "response.clientDataJSON" },
    { "none-es256-long-credential-id", NULL },
    { "packed-es256", NULL },
    { "packed-es384", "response.attestationObject" },
    { "packed-es512", "response.attestationObject" },
    { "packed-rs256", NULL },
    { "packed-eddsa", NULL },
    { "packed-ed448", "response.attestationObject" },
    { "tpm-es256", NULL },
    { "android-key-es256", NULL },
    { "apple-es256", NULL },
    { "fido-u2f-es256", NULL },
};


/* base64url of hex, to free() */

static char *
text_of(const char *hex)
{
    long len;
    char *text;
    unsigned char *bytes = OPENSSL_hexstr2buf(hex, &len);

    ck_assert_ptr_nonnull(bytes);
    text = malloc(base64url_encoded_size((size_t) len) + 1);
    text[base64url_encode(text, bytes, (size_t) len)] = '\0';
    OPENSSL_free(bytes);

    return text;
}


static json_t *
string_of(const char *hex)
{
    char *text = text_of(hex);
    json_t *json = json_string(text);

    free(text);

    return json;
}


static json_t *
new_of(const webauthn_vector_t *vector)
{
    return json_pack("{s:o, s:o, s:s, s:{}, s:{s:o, s:o}}", "id",
                     string_of(vector->id), "rawId", string_of(vector->id),
                     "type", "public-key", "clientExtensionResults", "response",
                     "clientDataJSON", string_of(vector->new_client),
                     "attestationObject", string_of(vector->new_object));
}


static json_t *
shown_of(const webauthn_vector_t *vector)
{
    return json_pack("{s:o, s:o, s:s, s:{}, s:{s:o, s:o, s:o}}", "id",
                     string_of(vector->id), "rawId", string_of(vector->id),
                     "type", "public-key", "clientExtensionResults", "response",
                     "clientDataJSON", string_of(vector->client),
                     "authenticatorData", string_of(vector->data), "signature",
                     string_of(vector->signature));
}


static void
is_challenge(const webauthn_t *passkey, const char *hex)
{
    char *text = text_of(hex);

    ck_assert_str_eq(passkey->challenge, text);
    free(text);
}


START_TEST(the_vectors_of_the_standard)
{
    size_t i;
    const char *why, *field, *again;
    webauthn_t made, shown;
    json_t *new, *used;
    const webauthn_vector_t *vector;

    ck_assert_uint_eq(COUNT(expected), COUNT(webauthn_vectors));

    for (i = 0; i < COUNT(expected); i++) {
        vector = &webauthn_vectors[i];
        ck_assert_str_eq(vector->name, expected[i].name);

        new = new_of(vector);
        used = shown_of(vector);
        why = webauthn_read_new(new, &site, &made, &field);

        if (expected[i].field) {
            ck_assert_msg(why != NULL, "%s", vector->name);
            ck_assert_str_eq(field, expected[i].field);

        } else {
            ck_assert_msg(why == NULL, "%s: %s %s", vector->name, field, why);
            is_challenge(&made, vector->new_challenge);

            why = webauthn_read_shown(used, &site, &shown, &again);
            ck_assert_msg(why == NULL, "%s: %s %s", vector->name, again, why);
            is_challenge(&shown, vector->challenge);
            ck_assert_str_eq(shown.id, made.id);
            ck_assert_int_eq(shown.eligible, made.eligible);
            ck_assert_msg(webauthn_verify(&shown, made.key), "%s",
                          vector->name);
        }

        json_decref(new);
        json_decref(used);
    }
}
END_TEST


START_TEST(what_an_authenticator_says_of_itself_is_told)
{
    const char *field;
    webauthn_t made;
    json_t *new;

    /* flags 0x59 and 0x5d of the first two */

    new = new_of(&webauthn_vectors[0]);
    ck_assert_ptr_null(webauthn_read_new(new, &site, &made, &field));
    ck_assert(!made.verified && made.eligible && made.backed_up);
    ck_assert_uint_eq(made.count, 0);
    ck_assert_str_eq(made.key,
                     "{\"kid\":\"passkey\",\"alg\":\"ES256\",\"kty\":\"EC\","
                     "\"crv\":\"P-256\","
                     "\"x\":\"r--hb5fKmy0j64bMtkCY0g25CFYGLrJJwzqbZy8m32E\","
                     "\"y\":\"kwpWuHovymYzSwNFir-HlxfBLMaO1zKQry4mZHlrkiA\"}");
    json_decref(new);

    new = new_of(&webauthn_vectors[1]);
    ck_assert_ptr_null(webauthn_read_new(new, &site, &made, &field));
    ck_assert(made.verified && made.eligible && made.backed_up);
    json_decref(new);
}
END_TEST


/* Those of tests of SimpleWebAuthn (MIT, Matthew Miller), base64url without
   padding: packages/server/src/registration/verifyRegistrationResponse.test.ts
   and packages/server/src/authentication/verifyAuthenticationResponse.test.ts
   of https://github.com/MasterKale/SimpleWebAuthn */

#define NONE_ID                                                               \
    "AdKXJEch1aV5Wo7bj7qLHskVY4OoNaj9qu8TPdJ7kSAgUeRxWNngXlcNIGt4gexZGKVGcqZ" \
    "pqqWordXb_he1izY"
#define NONE                                                                  \
    "{\"id\":\"" NONE_ID "\",\"rawId\":\"" NONE_ID "\",\"type\":\"public-key" \
    "\",\"clientExtensionResults\":{},\"response\":{\"transports\":[],"       \
    "\"attestationObject\":\"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVjFPdxHEOn" \
    "AiLIp26idVjIguzn3Ipr_RlsKZWsa-5qK-KBFAAAAAAAAAAAAAAAAAAAAAAAAAAAAQQHSl"  \
    "yRHIdWleVqO24-6ix7JFWODqDWo_arvEz3Se5EgIFHkcVjZ4F5XDSBreIHsWRilRnKmaaql" \
    "qK3V2_4XtYs2pQECAyYgASFYID5PQTZQQg6haZFQWFzqfAOyQ_ENsMH8xxQ4GRiNPsqrIlg" \
    "gU8IVUOV8qpgk_Jh-OTaLuZL52KdX1fTht07X4DiQPow\",\"clientDataJSON\":\"eyJ" \
    "0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiYUVWalkxQlhkWHBwVURBd1" \
    "NEQndOV2Q0YURKZmRUVmZVRU0wVG1WWloyUSIsIm9yaWdpbiI6Imh0dHBzOlwvXC9kZXYuZ" \
    "G9udG5lZWRhLnB3IiwiYW5kcm9pZFBhY2thZ2VOYW1lIjoib3JnLm1vemlsbGEuZmlyZWZv" \
    "eCJ9\"}}"

#define U2F_ID                                                                \
    "KEbWNCc7NgaYnUyrNeFGX9_3Y-8oJ3KwzjnaiD1d1LVTxR7v3CaKfCz2Vy_g_MHSh7yJ8yL" \
    "0Pxg6jo_o0hYiew"
#define U2F                                                                   \
    "{\"id\":\"" U2F_ID "\",\"rawId\":\"" U2F_ID "\",\"type\":\"public-key\"" \
    ",\"response\":{\"authenticatorData\":"                                   \
    "\"PdxHEOnAiLIp26idVjIguzn3Ipr_RlsKZWsa-5qK-KABAAAAkA\","                 \
    "\"clientDataJSON\":\"eyJjaGFsbGVuZ2UiOiJkRzkwWVd4c2VWVnVhWEYxWlZaaGJIVm" \
    "xSWFpsY25sVWFXMWwiLCJjbGllbnRFeHRlbnNpb25zIjp7fSwiaGFzaEFsZ29yaXRobSI6I" \
    "lNIQS0yNTYiLCJvcmlnaW4iOiJodHRwczovL2Rldi5kb250bmVlZGEucHciLCJ0eXBlIjoi" \
    "d2ViYXV0aG4uZ2V0In0\",\"signature\":\"MEUCIQDYXBOpCWSWq2Ll4558GJKD2RoWg" \
    "958lvJSB_GdeokxogIgWuEVQ7ee6AswQY0OsuQ6y8Ks6jhd45bDx92wjXKs900\"}}"
#define U2F_KEY                                                        \
    "{\"kid\":\"passkey\",\"alg\":\"ES256\",\"kty\":\"EC\",\"crv\":"   \
    "\"P-256\",\"x\":\"iF4Wn67oa8VPYs0ai9_dmtPSIVUGwD_vqtHKzFEb0DU\"," \
    "\"y\":\"8WGeA6hPmnab0HAViUYVRkwTNcN77QBf_RR0dv3lIvQ\"}"

/* from an app, with extensions behind it */

#define APP_ORIGIN \
    "android:apk-key-hash:gx7sq_pxhxhrIQdLyfG0pxKwiJ7hOk2DJQ4xvKd438Q"
#define APP_ID "E_Pko4wN1BXE23S0ftN3eQ"
#define APP                                                                    \
    "{\"id\":\"" APP_ID "\",\"rawId\":\"" APP_ID "\",\"type\":\"public-key\""  \
    ",\"response\":{\"attestationObject\":\"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRo"  \
    "RGF0YVkBag11_MVj_ad52y40PupImIh1i3hUnUk6T9vqHNlqoxzExQAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAABAT8-SjjA3UFcTbdLR-03d5pQECAyYgASFYIJIkX8fs9wjKUv5HWBUop--6ig4S" \
    "zsxj8gBgJJmaX-_5IlggJ5XVdjUfCMlVlUZuHJRxCLFLzZCeK8Fg3l6OLfAIHnKhbGRldmlj" \
    "ZVB1YktleaVjZHBrWE2lAQIDJiABIVggmRqr7Z3kJxqe3q2IBvncltbczQxHYlOlUQSJ7IN5" \
    "vlsiWCCglzz97bt54n_vTudIFnP7MxJQTdylQ0z9I0MdatKe2mNzaWdYRzBFAiEA77OAdL0V" \
    "uMgs8J-H-8b7PHFp6k8YBrfpCTc3QwI0W3oCICtxEwQHMaDnJ9M41IVChjzmWICqeeXqdArI" \
    "zNlDR5iOZW5vbmNlQGVzY29wZUEAZmFhZ3VpZFAAAAAAAAAAAAAAAAAAAAAA\","          \
    "\"clientDataJSON\":\"eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIj"  \
    "oiQXJrcmxfRnhfTXZjSl9lSXFDVFE3LXRiRVNJU1IxNC1weVBSaDBLLTFBOCIsIm9yaWdpb"  \
    "iI6ImFuZHJvaWQ6YXBrLWtleS1oYXNoOmd4N3NxX3B4aHhocklRZEx5ZkcwcHhLd2lKN2hP"  \
    "azJESlE0eHZLZDQzOFEiLCJhbmRyb2lkUGFja2FnZU5hbWUiOiJjb20uZmlkby5leGFtcGx"  \
    "lLmZpZG8yYXBpZXhhbXBsZSJ9\"}}"


static json_t *
load(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);

    ck_assert_msg(json != NULL, "%s at %d", error.text, error.position);

    return json;
}


START_TEST(the_vectors_of_another_implementation)
{
    const char *field, *why;
    webauthn_t passkey;
    json_t *none = load(NONE), *u2f = load(U2F), *app = load(APP);
    const char *const of_page[] = { "https://dev.dontneeda.pw", NULL };
    const char *const of_app[] = { "https://x.example", APP_ORIGIN, NULL };
    const webauthn_site_t page = { "dev.dontneeda.pw", of_page };
    const webauthn_site_t apps = { "try-webauthn.appspot.com", of_app };

    why = webauthn_read_new(none, &page, &passkey, &field);
    ck_assert_msg(why == NULL, "%s %s", field, why);
    ck_assert(passkey.verified && !passkey.eligible);

    why = webauthn_read_shown(u2f, &page, &passkey, &field);
    ck_assert_msg(why == NULL, "%s %s", field, why);
    ck_assert(webauthn_verify(&passkey, U2F_KEY));
    ck_assert_uint_eq(passkey.count, 144);
    ck_assert(!passkey.verified);

    why = webauthn_read_new(app, &apps, &passkey, &field);
    ck_assert_msg(why == NULL, "%s %s", field, why);

    /* and none at another site, or of an app that is not named */

    ck_assert_ptr_nonnull(webauthn_read_new(none, &apps, &passkey, &field));
    ck_assert_ptr_nonnull(webauthn_read_new(app, &page, &passkey, &field));

    json_decref(none);
    json_decref(u2f);
    json_decref(app);
}
END_TEST


/* Each bit of what is signed, of the signature, and of what says what was. */

static int
passes(const json_t *json, const char *key)
{
    const char *field;
    webauthn_t passkey;

    return webauthn_read_shown(json, &site, &passkey, &field) == NULL
           && webauthn_verify(&passkey, key);
}


START_TEST(whatever_bit_is_another_it_is_refused)
{
    size_t i, part, len;
    char *text, key[COSE_JWK_SIZE];
    unsigned char bytes[512];
    const char *field;
    webauthn_t made;
    json_t *shown, *new, *response;
    static const char *const parts[] = { "clientDataJSON", "authenticatorData",
                                         "signature" };

    new = new_of(&webauthn_vectors[0]);
    shown = shown_of(&webauthn_vectors[0]);
    response = json_object_get(shown, "response");
    ck_assert_ptr_null(webauthn_read_new(new, &site, &made, &field));
    strcpy(key, made.key);
    ck_assert(passes(shown, key));

    for (part = 0; part < COUNT(parts); part++) {
        text = strdup(
            json_string_value(json_object_get(response, parts[part])));
        len = (size_t) base64url_decode(bytes, text, strlen(text));

        for (i = 0; i < 8 * len; i++) {
            bytes[i / 8] ^= (unsigned char) (1 << i % 8);
            text[base64url_encode(text, bytes, len)] = '\0';
            json_object_set_new(response, parts[part], json_string(text));
            ck_assert_msg(!passes(shown, key), "bit %zu of %s", i, parts[part]);
            bytes[i / 8] ^= (unsigned char) (1 << i % 8);
        }

        text[base64url_encode(text, bytes, len)] = '\0';
        json_object_set_new(response, parts[part], json_string(text));
        free(text);
    }

    ck_assert(passes(shown, key));
    ck_assert(!passes(shown, U2F_KEY));
    ck_assert(!passes(shown, ""));
    ck_assert(!passes(shown, "{}"));
    json_decref(new);
    json_decref(shown);
}
END_TEST


/* authenticatorData anew, of hex, in a passkey that is shown */

static const char *
shown_with(const char *data, const char **field)
{
    webauthn_t passkey;
    webauthn_vector_t vector = webauthn_vectors[0];
    json_t *json;
    const char *why;

    vector.data = data;
    json = shown_of(&vector);
    why = webauthn_read_shown(json, &site, &passkey, field);
    json_decref(json);

    return why;
}


#define RP "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5"

START_TEST(flags_and_what_they_announce_must_fit)
{
    size_t i;
    const char *field;
    static const char *const good[] = {
        RP "0100000000", RP "0500000007",   RP "0900000000",
        RP "1900000000", RP "8100000000a0", RP "8100000000a1617801"
    };
    static const struct {
        const char *data;
        const char *why;
    } bad[] = {
        { RP "0000000000", "Nobody was there" },
        { RP "0400000000", "Nobody was there" },
        { RP "1100000000", "cannot be backed up" },
        { RP "4100000000", "needs none" },
        { RP "01000000", "no authenticatorData" },
        { RP "010000000000", "behind it" },
        { RP "8100000000", "extensions" },
        { RP "8100000000a1", "extensions" },
        { RP "8100000000a16178", "extensions" },
        { RP "810000000001", "extensions" },
        { RP "8100000000a0a0", "behind it" },
        { "00" RP "0100000000", "another site" },
    };

    for (i = 0; i < COUNT(good); i++) {
        ck_assert_msg(shown_with(good[i], &field) == NULL, "%s", good[i]);
    }

    for (i = 0; i < COUNT(bad); i++) {
        const char *why = shown_with(bad[i].data, &field);

        ck_assert_msg(why && strstr(why, bad[i].why), "%s: %s", bad[i].data,
                      why ? why : "taken");
        ck_assert_str_eq(field, "response.authenticatorData");
    }
}
END_TEST


/* clientDataJSON anew, as text */

static const char *
client_with(const char *client, const char **field)
{
    webauthn_t passkey;
    json_t *json = shown_of(&webauthn_vectors[0]);
    const char *why;
    char *text;

    text = malloc(base64url_encoded_size(strlen(client)) + 1);
    text[base64url_encode(text, client, strlen(client))] = '\0';
    json_object_set_new(json_object_get(json, "response"), "clientDataJSON",
                        json_string(text));
    free(text);
    why = webauthn_read_shown(json, &site, &passkey, field);
    json_decref(json);

    return why;
}


#define GET "{\"type\":\"webauthn.get\",\"challenge\":\"AA\""

START_TEST(what_the_browser_says_must_be_ours)
{
    size_t i;
    char *text;
    const char *field, *why;
    static const char *const good[] = {
        GET ",\"origin\":\"https://example.org\"}",
        GET ",\"origin\":\"https://example.org\",\"crossOrigin\":false}",
        GET ",\"origin\":\"https://example.org:443\",\"more\":[{}]}",
    };
    static const struct {
        const char *client;
        const char *why;
    } bad[] = {
        { "", "base64url" },
        { "null", "no clientDataJSON" },
        { "[]", "no clientDataJSON" },
        { "{}", "no clientDataJSON" },
        { GET "}", "no clientDataJSON" },
        { GET ",\"origin\":7}", "no clientDataJSON" },
        { GET ",\"origin\":\"https://example.org\",\"crossOrigin\":0}",
          "no clientDataJSON" },
        { GET ",\"origin\":\"https://example.org\",\"origin\":\"x\"}",
          "no clientDataJSON" },
        { GET ",\"origin\":\"https://example.org\"} x", "no clientDataJSON" },
        { GET ",\"origin\":\"https://example.org\",\"crossOrigin\":true}",
          "frame" },
        { GET ",\"origin\":\"https://example.org\",\"topOrigin\":\"\"}",
          "frame" },
        { GET ",\"origin\":\"http://example.org\"}", "another site" },
        { GET ",\"origin\":\"https://example.org:444\"}", "another site" },
        { GET ",\"origin\":\"https://a.example.org\"}", "another site" },
        { GET ",\"origin\":\"https://example.org.evil.example\"}",
          "another site" },
        { GET ",\"origin\":\"null\"}", "another site" },
        { "{\"type\":\"webauthn.create\",\"challenge\":\"AA\",\"origin\":"
          "\"https://example.org\"}",
          "another purpose" },
        { "{\"type\":\"payment.get\",\"challenge\":\"AA\",\"origin\":"
          "\"https://example.org\"}",
          "another purpose" },
    };

    for (i = 0; i < COUNT(good); i++) {
        ck_assert_msg(client_with(good[i], &field) == NULL, "%s", good[i]);
    }

    for (i = 0; i < COUNT(bad); i++) {
        why = client_with(bad[i].client, &field);
        ck_assert_msg(why && strstr(why, bad[i].why), "%s: %s", bad[i].client,
                      why ? why : "taken");
        ck_assert_str_eq(field, "response.clientDataJSON");
    }

    text = calloc(1, WEBAUTHN_CLIENT_MAX + 2);
    memset(text, ' ', WEBAUTHN_CLIENT_MAX + 1);
    memcpy(text, good[0], strlen(good[0]));
    ck_assert_ptr_nonnull(client_with(text, &field));
    text[WEBAUTHN_CLIENT_MAX] = '\0';
    ck_assert_ptr_null(client_with(text, &field));

    /* a challenge longer than any of ours */

    memset(text, 'A', WEBAUTHN_CLIENT_MAX);
    memcpy(text, "{\"type\":\"webauthn.get\",\"challenge\":\"", 36);
    strcpy(text + 36 + WEBAUTHN_CHALLENGE_MAX + 1,
           "\",\"origin\":\"https://example.org\"}");
    ck_assert_ptr_nonnull(client_with(text, &field));
    free(text);
}
END_TEST


/* `text` is JSON of a value to put at the member; NULL takes it away. */

static void
refuses(int new, const char *within, const char *name, const char *text,
        const char *wrong)
{
    const char *field, *why;
    webauthn_t passkey;
    json_t *json, *where;

    json = new ? new_of(&webauthn_vectors[0]) : shown_of(&webauthn_vectors[0]);
    where = within ? json_object_get(json, within) : json;

    if (text) {
        json_object_set_new(where, name,
                            json_loads(text, JSON_DECODE_ANY, NULL));
    } else {
        json_object_del(where, name);
    }

    why = new ? webauthn_read_new(json, &site, &passkey, &field)
              : webauthn_read_shown(json, &site, &passkey, &field);
    ck_assert_msg(why != NULL, "%s %s", name, text ? text : "(none)");
    ck_assert_str_eq(field, wrong);
    json_decref(json);
}


START_TEST(a_member_that_is_missing_or_wrong_is_named)
{
    size_t i;
    char *long_id;
    const char *field;
    webauthn_t passkey;
    json_t *number = json_integer(7);
    static const char *const bad[] = { NULL, "null", "7",     "\"\"", "[]",
                                       "{}", "true", "\"=\"", "\"A\"" };

    for (i = 0; i < COUNT(bad); i++) {
        refuses(1, NULL, "type", bad[i], "type");
        refuses(0, NULL, "type", bad[i], "type");
        refuses(1, NULL, "id", bad[i], "id");
        refuses(0, NULL, "id", bad[i], "id");
        refuses(0, NULL, "rawId", bad[i], "rawId");
        refuses(1, "response", "clientDataJSON", bad[i],
                "response.clientDataJSON");
        refuses(1, "response", "attestationObject", bad[i],
                "response.attestationObject");
        refuses(0, "response", "authenticatorData", bad[i],
                "response.authenticatorData");
        refuses(0, "response", "signature", bad[i], "response.signature");
    }

    refuses(0, NULL, "response", NULL, "response");
    refuses(0, NULL, "response", "[]", "response");
    refuses(0, "response", "userHandle", "\"AAAA\"", "response.userHandle");
    refuses(0, "response", "userHandle", "7", "response.userHandle");
    refuses(1, NULL, "id", "\"AAAA\"", "rawId");
    refuses(1, "response", "attestationObject", "\"AAAA\"",
            "response.attestationObject");

    ck_assert_ptr_nonnull(webauthn_read_new(number, &site, &passkey, &field));
    ck_assert_str_eq(field, "");
    ck_assert_ptr_nonnull(webauthn_read_shown(NULL, &site, &passkey, &field));
    json_decref(number);

    long_id = malloc(1400);
    memset(long_id, 'A', 1400);
    long_id[0] = '"';
    strcpy(long_id + 1 + base64url_encoded_size(WEBAUTHN_ID_MAX + 1), "\"");
    refuses(0, NULL, "id", long_id, "id");
    free(long_id);
}
END_TEST


START_TEST(the_user_and_the_ways_it_is_reached_are_told)
{
    const char *field;
    webauthn_t passkey;
    json_t *json = shown_of(&webauthn_vectors[0]), *ways;
    char *text;

    json_object_set_new(json_object_get(json, "response"), "userHandle",
                        json_string("AYkAAAAAcACAAAEjRWeJqw"));
    ck_assert_ptr_null(webauthn_read_shown(json, &site, &passkey, &field));
    ck_assert_str_eq(passkey.user, "01890000-0000-7000-8000-0123456789ab");

    json_object_set_new(
        json_object_get(json, "response"), "transports",
        json_loads("[\"usb\", \"usb\", 7, \"pigeon\", \"hybrid\"]", 0, NULL));
    ways = webauthn_transports(json);
    text = json_dumps(ways, JSON_COMPACT);
    ck_assert_str_eq(text, "[\"usb\",\"hybrid\"]");
    free(text);
    json_decref(ways);
    json_decref(json);
}
END_TEST


/* A new passkey of which the object is cut, or has one byte that is another:
   read or refused, and never more than what is there. */

START_TEST(a_damaged_object_is_refused)
{
    size_t i, len;
    long size;
    char *text;
    unsigned char *bytes, *cut;
    const char *field;
    webauthn_t passkey;
    json_t *json = new_of(&webauthn_vectors[8]);
    json_t *response = json_object_get(json, "response");

    bytes = OPENSSL_hexstr2buf(webauthn_vectors[8].new_object, &size);
    text = malloc(base64url_encoded_size((size_t) size) + 1);

    for (len = 0; len < (size_t) size; len++) {
        cut = malloc(len + 1);
        memcpy(cut, bytes, len);
        text[base64url_encode(text, cut, len)] = '\0';
        json_object_set_new(response, "attestationObject", json_string(text));
        ck_assert_ptr_nonnull(webauthn_read_new(json, &site, &passkey, &field));
        free(cut);
    }

    for (i = 0; i < (size_t) size; i++) {
        bytes[i] ^= 0xff;
        text[base64url_encode(text, bytes, (size_t) size)] = '\0';
        json_object_set_new(response, "attestationObject", json_string(text));
        (void) webauthn_read_new(json, &site, &passkey, &field);
        bytes[i] ^= 0xff;
    }

    free(text);
    OPENSSL_free(bytes);
    json_decref(json);
}
END_TEST


RUN("core/webauthn", the_vectors_of_the_standard,
    what_an_authenticator_says_of_itself_is_told,
    the_vectors_of_another_implementation,
    whatever_bit_is_another_it_is_refused,
    flags_and_what_they_announce_must_fit, what_the_browser_says_must_be_ours,
    a_member_that_is_missing_or_wrong_is_named,
    the_user_and_the_ways_it_is_reached_are_told, a_damaged_object_is_refused)
