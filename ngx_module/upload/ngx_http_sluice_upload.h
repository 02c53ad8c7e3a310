/* What answers where uploads are taken: content handlers, for the API. */

#ifndef NGX_HTTP_SLUICE_UPLOAD_H
#define NGX_HTTP_SLUICE_UPLOAD_H

/* POST with a file as body, and PUT with a link that a grant is in. */
ngx_int_t ngx_http_sluice_upload_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_upload_drop(ngx_http_request_t *r);

/* tus: uploads that can be taken up again. */
ngx_int_t ngx_http_sluice_tus_create_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_head_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_patch_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_delete_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_post_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sluice_tus_options_handler(ngx_http_request_t *r);

#endif
