/* What the HTTP API knows of media. */

import { call } from "../lib/call.js";
import { ETAG } from "../lib/http.js";


export function listMedia({ kind, q, cursor, limit }, signal) {
    const query = new URLSearchParams();

    for (const [name, value] of Object.entries({ kind, q, cursor, limit })) {
        if (value) {
            query.set(name, value);
        }
    }
    return call("GET", `/api/media?${query}`, { signal });
}


export function getMedia(id, signal) {
    return call("GET", `/api/media/${id}`, { signal });
}


/* fields: title, author, tags, visibility, those that change. A Problem of
   status 412 when somebody has changed it since `media` was got. */
export function changeMedia(media, fields) {
    return call("PATCH", `/api/media/${media.id}`, { body: fields,
                                                     match: media[ETAG] });
}


export function moveAttachment({ media, id }, position) {
    return call("PATCH", `/api/media/${media}/attachments/${id}`,
                { body: { position } });
}


export function deleteAttachment({ media, id }) {
    return call("DELETE", `/api/media/${media}/attachments/${id}`);
}


export function deleteMedia(id) {
    return call("DELETE", `/api/media/${id}`);
}


export function getJob(id, signal) {
    return call("GET", `/api/jobs/${id}`, { signal });
}


export function retryJob(id) {
    return call("POST", `/api/jobs/${id}/retry`);
}


export function thumbnail(page) {
    return page.replace(/\.png(?=$|\?)/, ".thumb.png");
}
