/* Which node's a spool is: an upload that came in part is gone on with where
   its last bytes lie. */

#include "ngx_sluice_spool.h"

#include "core/base/uuid.h"


#define NGX_SLUICE_SPOOL_NODE "/.node"


static ngx_int_t
ngx_sluice_spool_node_read(const char *path, char node[UUID_TEXT_SIZE])
{
    int fd;
    ssize_t n;

    fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1) {
        return NGX_ERROR;
    }

    n = read(fd, node, UUID_TEXT_LEN);
    (void) close(fd);
    node[UUID_TEXT_LEN] = '\0';

    return n == UUID_TEXT_LEN && uuid_valid(node, UUID_TEXT_LEN) ? NGX_OK
                                                                 : NGX_ERROR;
}


/* Under a name of its own first: who is there before others has all of it. */

static void
ngx_sluice_spool_node_write(const char *path, const char *node)
{
    int fd;
    u_char mine[NGX_MAX_PATH];

    (void) ngx_snprintf(mine, sizeof(mine), "%s.%s%Z", path, node);

    fd = open((char *) mine, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd == -1) {
        return;
    }

    if (write(fd, node, UUID_TEXT_LEN) == UUID_TEXT_LEN && fsync(fd) == 0) {
        (void) !link((char *) mine, path); /* or another was quicker */
    }

    (void) close(fd);
    (void) unlink((char *) mine);
}


void
ngx_sluice_spool_nodes(ngx_sluice_spool_place_t **places, ngx_uint_t n,
                       ngx_log_t *log)
{
    u_char path[NGX_MAX_PATH];
    ngx_uint_t i;

    for (i = 0; i < n; i++) {
        (void) ngx_snprintf(path, sizeof(path), "%V" NGX_SLUICE_SPOOL_NODE "%Z",
                            &places[i]->folder);

        if (ngx_sluice_spool_node_read((char *) path, places[i]->node) == NGX_OK
            || uuid_v7(places[i]->node) != 0) {
            continue;
        }

        ngx_sluice_spool_node_write((char *) path, places[i]->node);

        if (ngx_sluice_spool_node_read((char *) path, places[i]->node)
            != NGX_OK) {
            /* nobody else has this name: all that others find is the bucket */
            (void) uuid_v7(places[i]->node);
            ngx_log_error(NGX_LOG_WARN, log, ngx_errno,
                          "\"%s\" cannot be written", path);
        }
    }
}
