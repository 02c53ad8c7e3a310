/* What the HTTP API knows of texts beside films. */

import { call } from "../lib/call.js";
import { parse, unique } from "../lib/http.js";
import * as session from "../lib/session.js";
import { exchange } from "../upload/wire.js";


/* told: {language, title, purpose}, those that there are. Answers the file as
   the film has it. */
export async function addSubtitles(media, file, told, signal) {
    const query = new URLSearchParams({ filename: file.name, score: media.id,
                                        role: "subtitles", ...told });

    await session.freshen();
    const { text } = await exchange("POST", `/api/media?${query}`, {
        body: file, signal,
        headers: { "Idempotency-Key": unique(),
                   "Content-Type": "application/octet-stream" },
    });

    return parse(201, text);
}


/* told: the same, null for what is to be none. */
export function changeSubtitles({ media, id }, told) {
    return call("PATCH", `/api/media/${media}/attachments/${id}`,
                { body: told });
}
