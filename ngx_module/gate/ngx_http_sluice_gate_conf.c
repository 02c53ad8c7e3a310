#include "ngx_http_sluice_gate_conf.h"

#include "ngx_http_sluice_limits.h"

#include "core/grant/scope.h"
#include "core/grant/access.h"


void *
ngx_http_sluice_gate_create_conf(ngx_conf_t *cf)
{
    ngx_http_sluice_gate_conf_t *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sluice_gate_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->role = NGX_CONF_UNSET_UINT;
    conf->scope = NGX_CONF_UNSET_UINT;
    conf->offline = NGX_CONF_UNSET_UINT;

    return conf;
}


char *
ngx_http_sluice_gate_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_sluice_gate_conf_t *prev = parent;
    ngx_http_sluice_gate_conf_t *conf = child;

    ngx_http_core_loc_conf_t *clcf;
    ngx_http_sluice_srv_conf_t *sscf;

    if (conf->gate == 0) {
        conf->gate = prev->gate ? prev->gate : NGX_HTTP_SLUICE_GATE_OFF;
        conf->file = prev->file;
        conf->line = prev->line;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->role != NGX_CONF_UNSET_UINT && clcf->name.len
        && !(conf->gate & NGX_HTTP_SLUICE_GATE_USER)) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sluice_role\" asks nobody for a role where users do "
                      "not pass: write \"sluice_gate user;\" there, too, in "
                      "%V:%ui",
                      &conf->role_file, conf->role_line);
        return NGX_CONF_ERROR;
    }

    if (conf->role == NGX_CONF_UNSET_UINT) {
        conf->fresh = prev->fresh;
    }

    ngx_conf_merge_uint_value(conf->role, prev->role, ROLE_VIEWER);
    ngx_conf_merge_uint_value(conf->scope, prev->scope, NGX_CONF_UNSET_UINT);
    ngx_conf_merge_uint_value(conf->offline, prev->offline,
                              NGX_HTTP_SLUICE_OFFLINE_UNSET);

    if (conf->gate & NGX_HTTP_SLUICE_GATE_OFF) {
        return NGX_CONF_OK;
    }

    sscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_sluice_module);

    if (sscf->keys == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sluice_gate\" has no keys to check with: write "
                      "\"sluice_keys <file>;\" in this server or in http "
                      "in %V:%ui",
                      &conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    if ((conf->gate & NGX_HTTP_SLUICE_GATE_USER) && sscf->public_url.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sluice_gate user\" does not know whose access tokens "
                      "to take: write \"sluice_public_url <origin>;\" in this "
                      "server or in http in %V:%ui",
                      &conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sluice_gate_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_gate_conf_t *glcf = conf;

    ngx_str_t *value;
    ngx_uint_t i, bit;
    ngx_http_sluice_main_conf_t *smcf;

    if (glcf->gate) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        bit = ngx_strcmp(value[i].data, "off") == 0 ? NGX_HTTP_SLUICE_GATE_OFF
              : ngx_strcmp(value[i].data, "user") == 0
                  ? NGX_HTTP_SLUICE_GATE_USER
              : ngx_strcmp(value[i].data, "grant") == 0
                  ? NGX_HTTP_SLUICE_GATE_GRANT
                  : 0;

        if (bit == 0 || (glcf->gate & (bit | NGX_HTTP_SLUICE_GATE_OFF))
            || (bit == NGX_HTTP_SLUICE_GATE_OFF && i > 1)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"sluice_gate\": write "
                               "off, user, grant or \"user grant\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        glcf->gate |= bit;
    }

    if (!(glcf->gate & NGX_HTTP_SLUICE_GATE_OFF)) {
        smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sluice_module);
        smcf->gated = 1;
    }

    glcf->file = cf->conf_file->file.name;
    glcf->line = cf->conf_file->line;

    return NGX_CONF_OK;
}


/* fresh=15m */

static char *
ngx_http_sluice_gate_set_fresh(ngx_conf_t *cf, ngx_str_t *value,
                               ngx_http_sluice_gate_conf_t *glcf)
{
    ngx_int_t seconds = NGX_ERROR;
    ngx_str_t time;

    if (ngx_strncmp(value->data, "fresh=", 6) == 0) {
        time.data = value->data + 6;
        time.len = value->len - 6;
        seconds = ngx_parse_time(&time, 1);
    }

    if (seconds == NGX_ERROR || seconds == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of \"sluice_role\": "
                           "write for how long an authentication is enough, "
                           "e.g. fresh=15m",
                           value);
        return NGX_CONF_ERROR;
    }

    glcf->fresh = seconds;

    return NGX_CONF_OK;
}


char *
ngx_http_sluice_gate_set_role(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_gate_conf_t *glcf = conf;

    role_t role;
    ngx_str_t *value;

    if (glcf->role != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    role = role_from_name((char *) value[1].data, value[1].len);

    if (role == ROLE_NONE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"sluice_role\": write "
                           "viewer, editor or admin",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    glcf->role = role;
    glcf->role_file = cf->conf_file->file.name;
    glcf->role_line = cf->conf_file->line;

    return cf->args->nelts == 2
               ? NGX_CONF_OK
               : ngx_http_sluice_gate_set_fresh(cf, &value[2], glcf);
}


char *
ngx_http_sluice_gate_set_scope(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sluice_gate_conf_t *glcf = conf;

    ngx_str_t *value;

    if (glcf->scope != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        glcf->scope = SCOPE_NONE;
        return NGX_CONF_OK;
    }

    glcf->scope = scope_from_name((char *) value[1].data, value[1].len);

    if (glcf->scope == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"sluice_scope\": write "
                           "off, or what a key must be for, e.g. media:read",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
