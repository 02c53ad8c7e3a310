/* The calls of the HTTP API that the page makes, as the signed-in user. */

import { send, wait } from "./http.js";
import * as notice from "./notice.js";
import * as session from "./session.js";

const TRIES = 20;
const PAUSE = 2;            /* seconds, when the server does not say */


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


/*
 * Links name the origin the server was told is public. The page may have been
 * opened under another name of the same host, and its policy allows no origin
 * but its own: path and query are what counts.
 */
export function local(link) {
    if (!link) {
        return null;
    }
    const url = new URL(link, location.href);
    return url.pathname + url.search;
}


export function thumbnail(page) {
    return page.replace(/\.png(?=$|\?)/, ".thumb.png");
}


async function call(method, path, options = {}) {
    let renewed = false;

    for (let attempt = 1; ; attempt++) {
        try {
            const answer = await send(method, path, options);
            notice.answered();
            return answer;
        } catch (problem) {
            if (problem.status === 401) {
                if (!renewed && await session.renew()) {
                    renewed = true;
                    continue;
                }
                session.end();
            } else if (problem.away && method === "GET" && attempt < TRIES) {
                notice.unanswered();
                await wait(problem.retryAfter ?? PAUSE, options.signal);
                continue;
            }
            throw problem;
        }
    }
}
