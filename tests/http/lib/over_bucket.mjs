/* nginx.conf of a stack, over a bucket. */

import { join } from "node:path";

import { TOP } from "./stack.mjs";


/* The text with media in a bucket: `words` of sluice_store, what is asked at
   `port`, in a cache at `cache`, and first slices in one at `first`; `media` is
   what sluice_media says. */
export function overBucket(text, { words, port, cache, media = "on",
                                   first = "" }) {
    return text.replace(/\n    server \{/, `
    sluice_store ${words};
    upstream bucket {
        server 127.0.0.1:${port} max_fails=0;
        server 127.0.0.1:${port} max_fails=0;
        keepalive 8;
    }
    proxy_cache_path ${cache} keys_zone=sluice_media:1m use_temp_path=off;
    ${first ? `proxy_cache_path ${first} keys_zone=sluice_first:1m
                     use_temp_path=off;` : ""}

    server {`).replace(/location \/media\/ \{[^}]*\}/, `location /media/ {
            sluice_gate grant;
            sluice_media ${media};
            include ${join(TOP, "conf/s3/media.conf")};
        }`);
}
