/*
 * Uploads that go on where they were cut off: what the page needs of tus 1.0.0
 * (https://tus.io/protocols/resumable-upload). Throws Problems.
 */

import { exchange } from "./wire.js";

const ENDPOINT = "/api/uploads";
const VERSION = { "Tus-Resumable": "1.0.0" };


/* Answers the path of a new upload of so many bytes. */
export async function begin(size, metadata, key, signal) {
    const { header } = await exchange("POST", ENDPOINT, {
        signal,
        headers: {
            ...VERSION,
            "Upload-Length": size,
            "Upload-Metadata": encode(metadata),
            "Idempotency-Key": key,
        },
    });

    return header("Location");
}


/* How far it came: {offset, made}; made as bring() answers it, or null. */
export async function reached(url, signal) {
    const { header } = await exchange("HEAD", url, { headers: VERSION,
                                                     signal });

    return { offset: Number(header("Upload-Offset")),
             made: header("Sluice-Media") };
}


/* The bytes behind offset. Answers the id of the media object that the whole
   has become or belongs to, or null when some are missing. */
export async function bring(url, file, offset, { signal, moved, sent }) {
    const { header } = await exchange("PATCH", url, {
        signal, sent,
        moved: (bytes) => moved(offset + bytes),
        body: file.slice(offset),
        headers: {
            ...VERSION,
            "Upload-Offset": offset,
            "Content-Type": "application/offset+octet-stream",
        },
    });

    return header("Sluice-Media");
}


/* Gives up: the server forgets what had come. */
export function end(url) {
    return exchange("DELETE", url, {
        headers: VERSION, signal: new AbortController().signal,
    });
}


/* The id that becomes that of the file, unless it was there before. */
export function id(url) {
    return url.slice(url.lastIndexOf("/") + 1);
}


function encode(metadata) {
    return Object.entries(metadata).map(([name, value]) => `${name} ${
        btoa(String.fromCharCode(...new TextEncoder().encode(value)))}`)
        .join(",");
}
