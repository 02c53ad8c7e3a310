/* What the HTTP API knows of media. */

import { call } from "../lib/call.js";


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
