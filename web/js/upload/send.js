/* How a file goes: small ones as one request, others by tus, which goes on
   after a cut where it was. */

import { parse, Problem } from "../lib/http.js";
import * as tus from "./tus.js";
import { exchange } from "./wire.js";

const SMALL = 2 ** 21;      /* bytes that are sooner sent again */


/*
 * entry: {key, name, size, part, visibility, url}, where url is that of a tus
 * upload, or null; begun() is called when there is one. Answers {media}, or {made}: the
 * id of what it became or belongs to. Throws a Problem; then the same may be
 * called again, with the same key as long as it is the same upload.
 */
export async function send(file, entry, { signal, begun, moved, sent }) {
    const told = { filename: entry.name, ...entry.part };

    if (!entry.part) {
        told.visibility = entry.visibility ?? "private";
    }

    if (entry.size <= SMALL && entry.url === null) {
        moved(0);
        return { media: await whole(file, entry, told, { signal, moved,
                                                         sent }) };
    }

    let offset = 0;
    if (entry.url === null) {
        entry.url = await tus.begin(entry.size, told, entry.key, signal);
        begun();
    } else {
        const reached = await tus.reached(entry.url, signal);
        if (reached.made) {
            return reached;
        }
        offset = reached.offset;
    }
    moved(offset);

    const made = await tus.bring(entry.url, file, offset,
                                 { signal, moved, sent });
    if (!made) {
        throw Problem.offline();
    }
    return { made };
}


async function whole(file, { key }, told, how) {
    const { text } = await exchange(
        "POST", `/api/media?${new URLSearchParams(told)}`, {
            ...how, body: file,
            headers: {
                "Idempotency-Key": key,
                "Content-Type": file.type || "application/octet-stream",
            },
        });

    return parse(201, text);
}
