#include <stdio.h>
#include <string.h>
#include "orphan.h"

#define ORPHAN_SHARD_LEN 2


static orphan_kind_t orphan_parse_spool(const char *name, orphan_t *orphan);
static orphan_kind_t orphan_parse_media(const char *name, orphan_t *orphan);
static int orphan_id(const char *name, char id[UUID_TEXT_SIZE]);


orphan_kind_t
orphan_parse(const char *path, orphan_t *orphan)
{
    memset(orphan, 0, sizeof(*orphan));

    if (strncmp(path, ORPHAN_SPOOL "/", sizeof(ORPHAN_SPOOL)) == 0) {
        orphan->kind = orphan_parse_spool(path + sizeof(ORPHAN_SPOOL), orphan);

    } else if (strncmp(path, ORPHAN_MEDIA "/", sizeof(ORPHAN_MEDIA)) == 0) {
        orphan->kind = orphan_parse_media(path + sizeof(ORPHAN_MEDIA), orphan);
    }

    return orphan->kind;
}


static orphan_kind_t
orphan_parse_spool(const char *name, orphan_t *orphan)
{
    const char *end;

    if (strcmp(name, ORPHAN_ROOM) == 0 || strcmp(name, ORPHAN_NODE) == 0) {
        return ORPHAN_HOUSE;
    }
    if (orphan_id(name, orphan->id) != 0) {
        return ORPHAN_STRANGE;
    }

    end = name + UUID_TEXT_LEN;
    if (*end == '\0') {
        return ORPHAN_UPLOAD;
    }

    return strcmp(end, ".part") == 0 || strcmp(end, ".state") == 0
                   || strcmp(end, ".tail") == 0
               ? ORPHAN_PART
               : ORPHAN_STRANGE;
}


static orphan_kind_t
orphan_parse_media(const char *name, orphan_t *orphan)
{
    static const char attachments[] = "/" ORPHAN_ATTACHMENTS "/";
    const char *id, *file, *end;

    if (strspn(name, "0123456789abcdef") != ORPHAN_SHARD_LEN) {
        return ORPHAN_STRANGE;
    }
    if (name[ORPHAN_SHARD_LEN] == '\0') {
        return ORPHAN_FOLDER;
    }

    id = name + ORPHAN_SHARD_LEN + 1;
    if (id[-1] != '/' || orphan_id(id, orphan->id) != 0
        || strncmp(uuid_shard(id), name, ORPHAN_SHARD_LEN) != 0) {
        return ORPHAN_STRANGE;
    }

    end = id + UUID_TEXT_LEN;
    if (*end == '\0') {
        return ORPHAN_FILES;
    }

    if (strncmp(end, attachments, sizeof(attachments) - 1) != 0) {
        return ORPHAN_STRANGE;
    }

    file = end + sizeof(attachments) - 1;
    memcpy(orphan->media, orphan->id, sizeof(orphan->media));
    if (orphan_id(file, orphan->id) != 0) {
        return ORPHAN_STRANGE;
    }

    end = file + UUID_TEXT_LEN;
    return *end == '.' && end[1] != '\0' && strchr(end, '/') == NULL
               ? ORPHAN_ATTACHMENT
               : ORPHAN_STRANGE;
}


/* 0 when the name begins with an id. */
static int
orphan_id(const char *name, char id[UUID_TEXT_SIZE])
{
    if (strnlen(name, UUID_TEXT_LEN) < UUID_TEXT_LEN
        || !uuid_valid(name, UUID_TEXT_LEN)) {
        return -1;
    }

    memcpy(id, name, UUID_TEXT_LEN);
    id[UUID_TEXT_LEN] = '\0';
    return 0;
}


const char *
orphan_word(orphan_kind_t kind)
{
    static const char *const words[] = { [ORPHAN_PART] = "part",
                                         [ORPHAN_UPLOAD] = "upload",
                                         [ORPHAN_FILES] = "media",
                                         [ORPHAN_ATTACHMENT] = "attachment" };

    return words[kind];
}


void
orphan_mark(const struct stat *st, char mark[ORPHAN_MARK_SIZE])
{
    snprintf(mark, ORPHAN_MARK_SIZE, "%llu %lld %lld.%09ld %lld.%09ld",
             (unsigned long long) st->st_ino, (long long) st->st_size,
             (long long) st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
             (long long) st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}


/* A clock that was set back makes files that come from the future: young. */
int
orphan_old(time_t changed, time_t now)
{
    return changed <= now - ORPHAN_AGE;
}
