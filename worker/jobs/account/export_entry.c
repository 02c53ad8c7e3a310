/* What goes into the zip: texts of ours, and people's files. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "worker/base/file.h"
#include "worker/store/room.h"
#include "export.h"

#define EXPORT_BUFFER (256 * 1024)    /* bytes */
#define EXPORT_TURN (8 * 1024 * 1024) /* bytes in one go of the thread */
#define EXPORT_OVERHEAD 1024          /* bytes of an entry beside its own */
#define EXPORT_MORE (16 * 1024 * 1024)

/* What a thread copies, with what is left of it. */
typedef struct {
    export_t *export;
    int from;
    uint64_t size, left;
    int unread; /* errno of a read that failed; -1: it ended before */
} export_copy_t;

typedef struct {
    export_t *export;
    uint64_t size;
} export_room_t;


static int
export_take(void *data)
{
    const export_room_t *room = data;

    return room_take(room->export->job->config, room->export->fd, room->size);
}


/* Room for an entry of this size, and for the directory at the end. */
static job_outcome_t
export_room(export_t *export, uint64_t size)
{
    export_room_t room = { .export = export };
    job_outcome_t outcome;
    const uint64_t need = zip_write_size(export->zip) + size
                          + EXPORT_OVERHEAD * (uint64_t) (export->entries + 2);

    if (need <= export->reserved) {
        return JOB_DONE;
    }

    room.size = need + EXPORT_MORE;
    outcome = job_disk(export->job, export_take, &room,
                       "looking for room on the disk");
    export->reserved = outcome == JOB_DONE ? room.size : export->reserved;

    return outcome;
}


static int
export_copy_some(void *data)
{
    export_copy_t *copy = data;
    ssize_t n;
    uint64_t turn = copy->left < EXPORT_TURN ? copy->left : EXPORT_TURN;
    static char bytes[EXPORT_BUFFER]; /* one thread at a time */

    while (turn > 0 && copy->unread == 0) {
        n = read(copy->from, bytes,
                 turn < sizeof(bytes) ? (size_t) turn : sizeof(bytes));

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            copy->unread = n == 0 ? -1 : errno;
            return 0;
        }

        if (zip_write_bytes(copy->export->zip, bytes, (size_t) n) != 0) {
            return -1;
        }

        turn -= (uint64_t) n;
        copy->left -= (uint64_t) n;
    }

    return 0;
}


/* How far it is: of files alone, as they are most of it. */
static job_outcome_t
export_beat(export_t *export)
{
    job_t *job = export->job;

    if (export->all > 0) {
        job->progress = 99.0 * (double) export->copied / (double) export->all;
        job->progress = job->progress < 99 ? job->progress : 99;
    }

    return job_beat(job) != 0 ? job->interrupted : JOB_DONE;
}


static job_outcome_t
export_copy(export_t *export, export_copy_t *copy, int counts)
{
    uint64_t before;
    job_outcome_t outcome = export_beat(export);

    while (outcome == JOB_DONE && copy->left > 0 && copy->unread == 0) {
        before = copy->left;
        outcome = job_disk(export->job, export_copy_some, copy,
                           "writing the export");

        if (outcome == JOB_DONE) {
            export->copied += counts ? before - copy->left : 0;
            outcome = export_beat(export);
        }
    }

    return outcome;
}


/* From an open file of this size. */
static job_outcome_t
export_entry(export_t *export, export_copy_t *copy, const char *name,
             time_t changed, int stored)
{
    job_outcome_t outcome;

    outcome = export_room(export, copy->size);
    if (outcome != JOB_DONE) {
        return outcome;
    }

    if (zip_write_begin(export->zip, name, copy->size, changed, !stored) != 0) {
        return job_errno(export->job, "writing the export");
    }

    export->entries++;

    return export_copy(export, copy, stored);
}


FILE *
export_text(export_t *export, const char *name)
{
    char path[PATH_MAX];

    return file_join(path, export->job->work, name) == 0 ? fopen(path, "w+e")
                                                         : NULL;
}


job_outcome_t
export_add_text(export_t *export, FILE *text, const char *name)
{
    off_t size;
    char path[PATH_MAX];
    export_copy_t copy = { .export = export };
    job_outcome_t outcome;

    if (text == NULL) {
        return job_errno(export->job, "writing the export");
    }

    if (fflush(text) != 0 || ferror(text) || (size = ftello(text)) < 0
        || lseek(fileno(text), 0, SEEK_SET) != 0) {
        outcome = job_errno(export->job, "writing the export");
    } else {
        copy.from = fileno(text);
        copy.size = copy.left = (uint64_t) size;
        outcome = export_entry(export, &copy, name, export->now, 0);
    }

    if (outcome == JOB_DONE && copy.unread != 0) {
        errno = copy.unread > 0 ? copy.unread : EIO;
        outcome = job_errno(export->job, "reading what was written");
    }

    fclose(text);
    if (file_join(path, export->job->work, name) == 0) {
        unlink(path);
    }

    return outcome;
}


static void
export_lost(export_t *export, const char *name, const char *why)
{
    export->lost++;
    fprintf(export->missing, "%s: %s\n", name, why);
}


job_outcome_t
export_add_file(export_t *export, const char *path, const char *name,
                time_t changed, int *whole)
{
    struct stat st;
    export_copy_t copy = { .export = export };
    job_outcome_t outcome;

    *whole = 0;

    copy.from = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (copy.from == -1) {
        export_lost(export, name, strerror(errno));
        return JOB_DONE;
    }

    if (fstat(copy.from, &st) != 0 || !S_ISREG(st.st_mode)) {
        export_lost(export, name, "not a file");
        outcome = JOB_DONE;
        goto done;
    }

    copy.size = copy.left = (uint64_t) st.st_size;
    outcome = export_entry(export, &copy, name, changed, 1);
    *whole = copy.unread == 0;

    if (outcome == JOB_DONE && copy.unread != 0) {
        export_lost(export, name,
                    copy.unread > 0 ? strerror(copy.unread) : "cut off");
    }

done:

    job_close(export->job, copy.from);
    return outcome;
}
