/* One well-formed file of a film to take away: a picture and a sound of those
   that it plays by, joined as they are. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "worker/base/file.h"
#include "worker/jobs/base/media_tool.h"
#include "worker/media/language.h"
#include "worker/store/room.h"
#include "worker/store/store.h"
#include "film.h"

#define DOWNLOAD_SECONDS 3600
#define DOWNLOAD_MORE (16U << 20) /* bytes of the index, at most */
#define DOWNLOAD_COPIES 2         /* that there are at once, at most */
#define DOWNLOAD_PICTURE "picture.mp4"
#define DOWNLOAD_PATH_SIZE 256
#define DOWNLOAD_CHARS \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/."

typedef struct {
    job_t *job;
    const char *id;
    const char *tracks[2]; /* below the media's folder; a second may be NULL */
    int count;
    const char *title;
    const char *language; /* of the sound; or NULL */
    char name[64];  /* of what comes out, in the job's folder and the store */
    uint64_t bytes; /* of the tracks */
} download_t;


/* A track's path, which the record has: "hls/1a2b/v720.mp4". */
static const char *
download_track(const json_t *params, const char *member)
{
    const char *path = json_string_value(json_object_get(params, member));

    return path != NULL && strncmp(path, "hls/", 4) == 0
                   && strlen(path) < DOWNLOAD_PATH_SIZE
                   && path[strspn(path, DOWNLOAD_CHARS)] == '\0'
                   && strstr(path, "..") == NULL
               ? path
               : NULL;
}


static job_outcome_t
download_params(download_t *download)
{
    job_t *job = download->job;
    const json_t *params = json_object_get(job->row, "params");
    const char *picture = download_track(params, "picture");
    const char *sound = download_track(params, "sound");

    download->id = json_string_value(json_object_get(params, "download"));
    download->language = json_string_value(json_object_get(params, "language"));
    if (picture != NULL) {
        download->tracks[download->count++] = picture;
    }
    if (sound != NULL) {
        download->tracks[download->count++] = sound;
    }

    download->title = json_string_value(
        json_object_get(json_object_get(job->row, "media"), "title"));
    if (download->id == NULL || !uuid_valid(download->id, strlen(download->id))
        || download->count == 0) {
        return job_end(job, JOB_BAD, "The job does not say what to join.");
    }

    snprintf(download->name, sizeof(download->name), "downloads/%s.mp4",
             download->id);

    return JOB_DONE;
}


/* The job's input is that track from now on. */
static job_outcome_t
download_open(download_t *download, int i)
{
    job_t *job = download->job;

    return job_find_file(job, download->tracks[i], job->input);
}


static job_outcome_t
download_measure(download_t *download)
{
    int i;
    struct stat st;
    job_outcome_t outcome;
    job_t *job = download->job;

    for (i = 0; i < download->count; i++) {
        outcome = download_open(download, i);
        if (outcome == JOB_DONE && stat(job->input, &st) != 0) {
            outcome = job_errno(job, "looking for a track of the film");
        }
        if (outcome != JOB_DONE) {
            return outcome;
        }
        download->bytes += (uint64_t) st.st_size;
    }

    job->input_size = download->bytes;
    return JOB_DONE;
}


static int
download_try_room(void *data)
{
    int fd, rc;
    char path[PATH_MAX];
    const download_t *download = data;
    const job_t *job = download->job;

    if (file_join(path, job->work, "room") != 0) {
        return -1;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd == -1) {
        return -1;
    }

    rc = room_take(job->config, fd, DOWNLOAD_COPIES * download->bytes);
    close(fd);

    return file_erase(path) == 0 ? rc : -1;
}


static job_outcome_t
download_run_tool(const download_t *download, const char *const *argv)
{
    const job_tool_t tool = {
        .argv = argv,
        .seconds = DOWNLOAD_SECONDS,
        .file_size = download->bytes + DOWNLOAD_MORE,
        .refused = "The tracks of the film do not fit together.",
        .too_long = "Joining the tracks of the film took too long.",
    };

    return job_tool(download->job, &tool, NULL);
}


/* A tool sees one file and its folder: so the picture is there already. */
static job_outcome_t
download_picture(const download_t *download)
{
    const char *const argv[] = { MEDIA_TOOL_FFMPEG,
                                 "-copyts",
                                 MEDIA_TOOL_INPUT("mov"),
                                 "-i",
                                 SANDBOX_INPUT,
                                 "-map",
                                 "0",
                                 "-c",
                                 "copy",
                                 "-f",
                                 "mp4",
                                 DOWNLOAD_PICTURE,
                                 NULL };

    return download_run_tool(download, argv);
}


static job_outcome_t
download_join(const download_t *download)
{
    char title[1100], language[32], code[LANGUAGE_CODE_SIZE];
    const char *argv[64] = { NULL };
    size_t n;
    const char *const head[] = { MEDIA_TOOL_FFMPEG, "-copyts",
                                 MEDIA_TOOL_INPUT("mov"), "-i", SANDBOX_INPUT };
    const char *const second[] = { MEDIA_TOOL_INPUT("mov"), "-i",
                                   SANDBOX_JOB "/" DOWNLOAD_PICTURE, "-map",
                                   "1:v" };
    const char *const tail[] = { "-map",
                                 "0",
                                 "-c",
                                 "copy",
                                 "-map_metadata",
                                 "-1",
                                 "-metadata",
                                 title,
                                 "-metadata:s:a:0",
                                 language,
                                 "-movflags",
                                 "+faststart",
                                 "-f",
                                 "mp4",
                                 download->name };

    snprintf(title, sizeof(title), "title=%s",
             download->title ? download->title : "");

    language_code(code, download->language ? download->language : "");
    snprintf(language, sizeof(language), "language=%s", code);

    memcpy(argv, head, sizeof(head));
    n = sizeof(head) / sizeof(head[0]);
    if (download->count == 2) {
        memcpy(argv + n, second, sizeof(second));
        n += sizeof(second) / sizeof(second[0]);
    }
    memcpy(argv + n, tail, sizeof(tail));

    return download_run_tool(download, argv);
}


static job_outcome_t
download_make(download_t *download)
{
    char path[PATH_MAX];
    job_outcome_t outcome;

    if (file_join(path, download->job->work, "downloads") != 0
        || mkdir(path, 0755) != 0) {
        return job_errno(download->job, "making a folder to work in");
    }

    outcome = download_measure(download);
    if (outcome == JOB_DONE) {
        outcome = job_disk(download->job, download_try_room, download,
                           "looking for room on the disk");
    }
    if (outcome == JOB_DONE) {
        outcome = download_open(download, 0);
    }
    if (outcome == JOB_DONE && download->count == 2) {
        outcome = download_picture(download);
        if (outcome == JOB_DONE) {
            outcome = download_open(download, 1);
        }
    }

    return outcome == JOB_DONE ? download_join(download) : outcome;
}


static job_outcome_t
download_publish(const download_t *download)
{
    char path[PATH_MAX];
    struct stat st;
    job_t *job = download->job;
    job_outcome_t outcome;

    outcome = job_settle(job, download->name);
    if (outcome == JOB_DONE
        && (file_join(path, job->work, download->name) != 0
            || lstat(path, &st) != 0)) {
        outcome = job_errno(job, "measuring what was made");
    }
    if (outcome == JOB_DONE) {
        outcome = job_publish(job, download->name);
    }
    if (outcome == JOB_DONE) {
        json_object_set_new(job->patch, "download",
                            json_pack("{s:s, s:I}", "id", download->id, "bytes",
                                      (json_int_t) st.st_size));
    }

    return outcome;
}


job_outcome_t
download_run(job_t *job)
{
    download_t download = { .job = job };
    job_outcome_t outcome;

    outcome = download_params(&download);
    if (outcome == JOB_DONE) {
        outcome = download_make(&download);
    }

    return outcome == JOB_DONE ? download_publish(&download) : outcome;
}
