/* Calls of the HTTP API as the signed-in user. */

import { send, unique, wait } from "./http.js";
import * as notice from "./notice.js";
import * as session from "./session.js";

const TRIES = 20;
const PAUSE = 2;            /* seconds, when the server does not say */


/*
 * What the API answers. A read waits for a server that is away, and so does a
 * POST: its key lets the server know the one whose answer was lost. Any call
 * signs in anew once, unless it is the user himself who must show who he is;
 * throws a Problem.
 */
export async function call(method, path, options = {}) {
    const key = method === "POST" ? unique() : undefined;
    let renewed = false;

    for (let attempt = 1; ; attempt++) {
        try {
            const answer = await send(method, path, { ...options, key });
            notice.answered();
            return answer;
        } catch (problem) {
            if (problem.status === 401
                && problem.word !== "authentication-too-old")
            {
                if (!renewed && await session.renew()) {
                    renewed = true;
                    continue;
                }
                session.end();
            } else if (problem.word === "second-factor-required") {
                session.mustEnrol();
            } else if (attempt < TRIES && (problem.word === "key-busy"
                || problem.away && (method === "GET" || key)))
            {
                notice.unanswered();
                await wait(problem.retryAfter ?? PAUSE, options.signal);
                continue;
            }
            throw problem;
        }
    }
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


/* The same file by another link is the same. */
export function bare(link) {
    return (local(link) ?? "").replace(/^\/~[^/]+/, "").replace(/\?.*/, "");
}
