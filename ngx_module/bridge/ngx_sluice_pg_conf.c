#include "ngx_sluice_pg_internal.h"


#define NGX_SLUICE_PG_MAX_OPTIONS 64


static PQconninfoOption *
ngx_sluice_pg_conf_parse(ngx_conf_t *cf, const ngx_str_t *directive,
                         const ngx_str_t *conninfo)
{
    char *error;
    PQconninfoOption *options;

    error = NULL;
    options = PQconninfoParse((char *) conninfo->data, &error);

    if (options == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid conninfo \"%V\" in \"%V\": %s; write "
                           "e.g. "
                           "\"host=127.0.0.1 dbname=sluice user=sluice\"",
                           conninfo, directive,
                           error ? error : "out of memory");
        PQfreemem(error);
    }

    return options;
}


static ngx_sluice_pg_t *
ngx_sluice_pg_conf_alloc(ngx_conf_t *cf, const ngx_str_t *directive,
                         ngx_uint_t options)
{
    ngx_sluice_pg_t *pg;
    ngx_sluice_pg_where_t *where;

    pg = ngx_pcalloc(cf->pool, sizeof(ngx_sluice_pg_t));
    where = ngx_pcalloc(cf->pool, sizeof(ngx_sluice_pg_where_t));

    if (pg == NULL || where == NULL) {
        return NULL;
    }

    /* zeroed: the lists end where the options do */
    where->keywords = ngx_pcalloc(cf->pool, options * sizeof(char *));
    where->values = ngx_pcalloc(cf->pool, options * sizeof(char *));
    pg->stopper = ngx_pcalloc(cf->pool, sizeof(ngx_sluice_pg_t));

    if (where->keywords == NULL || where->values == NULL
        || pg->stopper == NULL) {
        return NULL;
    }

    /* asked for by the same words */
    where->pg = pg;
    where->directive = directive;
    pg->where = where;
    pg->stopper->where = where;

    return pg;
}


static void
ngx_sluice_pg_conf_option(ngx_sluice_pg_where_t *where, const char *keyword,
                          const char *value)
{
    where->keywords[where->nwords] = keyword;
    where->values[where->nwords++] = value;
}


static const char *
ngx_sluice_pg_conf_strdup(ngx_conf_t *cf, const char *text)
{
    size_t size = ngx_strlen(text) + 1;
    u_char *copy;

    copy = ngx_pnalloc(cf->pool, size);
    if (copy == NULL) {
        return "";
    }

    ngx_memcpy(copy, text, size);

    return (const char *) copy;
}


static const char *
ngx_sluice_pg_conf_find(PQconninfoOption *options, const char *keyword)
{
    for (/* void */; options->keyword; options++) {
        if (ngx_strcmp(options->keyword, keyword) == 0) {
            return options->val;
        }
    }

    return NULL;
}


/* The operator's own time for statements stays. */

static const char *
ngx_sluice_pg_conf_statement_timeout(ngx_conf_t *cf, PQconninfoOption *options,
                                     ngx_msec_t timeout)
{
    u_char text[NGX_INT_T_LEN + sizeof("ms")];
    const char *own;

    own = ngx_sluice_pg_conf_find(options, "options");

    if (own && ngx_strstr(own, "statement_timeout")) {
        return NULL;
    }

    (void) ngx_sprintf(text, "%Mms%Z", timeout);

    return ngx_sluice_pg_conf_strdup(cf, (char *) text);
}


static ngx_int_t
ngx_sluice_pg_conf_hosts(ngx_conf_t *cf, ngx_sluice_pg_where_t *where,
                         PQconninfoOption *options)
{
    char why[PG_HOSTS_ERROR_SIZE];

    /* libpq would read that file, and wait for the name in it */

    if (ngx_sluice_pg_conf_find(options, "service")) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"service=\" in \"%V\" keeps its hosts in another "
                           "file: write \"host=\" here",
                           where->directive);
        return NGX_ERROR;
    }

    if (pg_hosts_read(&where->hosts, ngx_sluice_pg_conf_find(options, "host"),
                      ngx_sluice_pg_conf_find(options, "hostaddr"),
                      ngx_sluice_pg_conf_find(options, "port"), why,
                      sizeof(why))
        != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid hosts in \"%V\": %s; write e.g. "
                           "\"host=a,b port=5432\"",
                           where->directive, why);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* The same of a replica: it is one by what it answers. */

static ngx_int_t
ngx_sluice_pg_conf_replica(ngx_conf_t *cf, ngx_sluice_pg_where_t *where,
                           const char *attrs)
{
    ngx_uint_t i;

    static const char *const words[] = { "any", "standby", "prefer-standby",
                                         "read-only" };

    where->replica = 1;
    where->any = 1;

    for (i = 0; attrs && i < sizeof(words) / sizeof(words[0]); i++) {
        if (ngx_strcmp(attrs, words[i]) == 0) {
            return NGX_OK;
        }
    }

    if (attrs == NULL) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"target_session_attrs=%s\" in \"%V\", where standbys "
                       "are asked: write standby, or nothing",
                       attrs, where->directive);

    return NGX_ERROR;
}


/* Who takes writes is found by ourselves: a server's answer says why not. */

static ngx_int_t
ngx_sluice_pg_conf_session(ngx_conf_t *cf, ngx_sluice_pg_where_t *where,
                           PQconninfoOption *options,
                           ngx_sluice_pg_servers_t servers)
{
    const char *attrs;

    attrs = ngx_sluice_pg_conf_find(options, "target_session_attrs");

    if (servers == NGX_SLUICE_PG_REPLICAS) {
        return ngx_sluice_pg_conf_replica(cf, where, attrs);
    }

    if (attrs == NULL || ngx_strcmp(attrs, "read-write") == 0
        || ngx_strcmp(attrs, "primary") == 0) {
        return NGX_OK;
    }

    if (ngx_strcmp(attrs, "any") == 0) {
        where->any = 1;
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"target_session_attrs=%s\" in \"%V\", which is "
                       "written to: write read-write, or nothing",
                       attrs, where->directive);

    return NGX_ERROR;
}


/* libpq waits for nobody in a loop of events; how long is ours to say. */

static void
ngx_sluice_pg_conf_patience(ngx_sluice_pg_where_t *where,
                            PQconninfoOption *options)
{
    ngx_int_t seconds = NGX_ERROR;
    const char *own;

    own = ngx_sluice_pg_conf_find(options, "connect_timeout");

    if (own) {
        seconds = ngx_atoi((u_char *) own, ngx_strlen(own));
    }

    where->patience = seconds > 0 ? (ngx_msec_t) seconds * 1000
                                  : NGX_SLUICE_PG_PATIENCE;
}


/* What is not told libpq as it stands. */

static ngx_uint_t
ngx_sluice_pg_conf_is_ours(const char *keyword)
{
    ngx_uint_t i;

    static const char *const ours[] = { "host", "hostaddr", "port",
                                        "target_session_attrs" };

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (ngx_strcmp(keyword, ours[i]) == 0) {
            return 1;
        }
    }

    return 0;
}


/* What stands later wins: the operator's words after ours. The last three are
   the server's whose turn it is. */

static void
ngx_sluice_pg_conf_words(ngx_conf_t *cf, ngx_sluice_pg_where_t *where,
                         PQconninfoOption *o)
{
    ngx_sluice_pg_conf_option(where, "client_encoding", "UTF8");
    ngx_sluice_pg_conf_option(where, "gssencmode", "disable");
    ngx_sluice_pg_conf_option(where, "fallback_application_name", "sluice");
    ngx_sluice_pg_conf_option(where, "tcp_user_timeout",
                              NGX_SLUICE_PG_PATIENCE_TEXT);

    for (/* void */; o->keyword; o++) {
        if (o->val && !ngx_sluice_pg_conf_is_ours(o->keyword)
            && where->nwords < NGX_SLUICE_PG_MAX_OPTIONS - 3) {
            ngx_sluice_pg_conf_option(where,
                                      ngx_sluice_pg_conf_strdup(cf, o->keyword),
                                      ngx_sluice_pg_conf_strdup(cf, o->val));
        }
    }

    where->keywords[where->nwords] = "host";
    where->keywords[where->nwords + 1] = "hostaddr";
    where->keywords[where->nwords + 2] = "port";
}


ngx_sluice_pg_t *
ngx_sluice_pg_create(ngx_conf_t *cf, const ngx_str_t *directive,
                     const ngx_str_t *conninfo, ngx_msec_t timeout,
                     ngx_sluice_pg_servers_t servers)
{
    ngx_sluice_pg_t *pg;
    PQconninfoOption *options;

    options = ngx_sluice_pg_conf_parse(cf, directive, conninfo);
    if (options == NULL) {
        return NULL;
    }

    pg = ngx_sluice_pg_conf_alloc(cf, directive, NGX_SLUICE_PG_MAX_OPTIONS + 1);

    if (pg && ngx_sluice_pg_conf_hosts(cf, pg->where, options) == NGX_OK
        && ngx_sluice_pg_conf_session(cf, pg->where, options, servers)
               == NGX_OK) {
        ngx_sluice_pg_conf_patience(pg->where, options);
        ngx_sluice_pg_conf_words(cf, pg->where, options);
        pg->where->statement_timeout = ngx_sluice_pg_conf_statement_timeout(
            cf, options, timeout);

    } else {
        pg = NULL;
    }

    PQconninfoFree(options);

    return pg;
}
