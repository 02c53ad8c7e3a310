/* What a location asks of those who come: sluice_gate, sluice_role,
   sluice_scope and sluice_grant_offline. */

#ifndef NGX_HTTP_SLUICE_GATE_CONF_H
#define NGX_HTTP_SLUICE_GATE_CONF_H

#include "ngx_http_sluice_gate.h"

#define NGX_HTTP_SLUICE_GATE_OFF 0x0001
#define NGX_HTTP_SLUICE_GATE_USER 0x0002
#define NGX_HTTP_SLUICE_GATE_GRANT 0x0004


typedef struct {
    ngx_uint_t gate;     /* bits of NGX_HTTP_SLUICE_GATE_*; 0: not set */
    ngx_uint_t role;     /* role_t; NGX_CONF_UNSET_UINT */
    time_t fresh;        /* seconds that an authentication may be old; 0: any */
    ngx_uint_t offline;  /* ngx_http_sluice_offline_t; NGX_CONF_UNSET_UINT */
    ngx_str_t role_file; /* where sluice_role stands, for messages */
    ngx_uint_t role_line;
    ngx_str_t file; /* where sluice_gate stands, for messages */
    ngx_uint_t line;
    ngx_uint_t scope;    /* SCOPE_*; NGX_CONF_UNSET_UINT: as it is served */
    unsigned serves;     /* SCOPE_*, where nobody wrote one */
    unsigned meters : 1; /* what is sent counts for users */
    unsigned leaves_cookies : 1;         /* links in them open nothing */
    ngx_http_sluice_gate_least_pt least; /* or NULL */
    ngx_http_sluice_gate_scope_pt scope_of;
} ngx_http_sluice_gate_conf_t;

/* For the module's table; NULL without memory. */
void *ngx_http_sluice_gate_create_conf(ngx_conf_t *cf);

/* Says what cannot work, with file and line. */
char *ngx_http_sluice_gate_merge_conf(ngx_conf_t *cf, void *parent,
                                      void *child);

/* sluice_gate off | user | grant | user grant; */
char *ngx_http_sluice_gate_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* sluice_role viewer | editor | admin [fresh=<time>]; */
char *ngx_http_sluice_gate_set_role(ngx_conf_t *cf, ngx_command_t *cmd,
                                    void *conf);

/* sluice_scope off | <scope>; */
char *ngx_http_sluice_gate_set_scope(ngx_conf_t *cf, ngx_command_t *cmd,
                                     void *conf);

#endif
