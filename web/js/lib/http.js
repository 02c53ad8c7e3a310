/* One HTTP exchange with our own server, in JSON. */

import { current, knows, said, span, t } from "./language.js";

const TYPE = "urn:sluice:problem:";
/* nginx's own pages, which have no words of ours */
const BARE = { 429: "too-many" };

/* Of an answer's body: its entity tag. Copies of the body have it, too. */
export const ETAG = Symbol("ETag");


/*
 * What went wrong, RFC 9457.  status is 0 and word is "offline" when no
 * answer came at all.  retryAfter is in seconds, or null.
 */
export class Problem extends Error {
    constructor(status, body, retryAfter) {
        super(body?.detail ?? body?.title ?? `status ${status}`);
        this.name = "Problem";
        this.status = status;
        this.word = body?.type?.startsWith(TYPE)
            ? body.type.slice(TYPE.length) : BARE[status] ?? "unknown";
        this.body = body;
        this.detail = body?.detail ?? body?.title ?? null;
        this.field = body?.field ?? null;
        this.retryAfter = retryAfter;
    }

    static offline() {
        return new Problem(0, { type: `${TYPE}offline` }, null);
    }

    /* What the page refuses by itself, before it asks. */
    static local(word) {
        return new Problem(422, { type: TYPE + word }, null);
    }

    /* A proxy in front may answer with something that is not ours. */
    static parse(status, text, retryAfter) {
        const seconds = Number.parseInt(retryAfter, 10);
        let body = null;

        try {
            body = JSON.parse(text);
        } catch {
            body = null;
        }

        return new Problem(status, body,
                           Number.isNaN(seconds) ? null : seconds);
    }

    get away() {
        return this.status === 0 || this.status === 502 || this.status === 503
            || this.status === 504;
    }

    /* For the reader: the server's own words, where we have no better. */
    text() {
        const words = (this.detail && said(this.detail)) ?? this.general();

        return this.word === "too-many" && this.retryAfter > 1
            ? `${words} ${t("problem.wait", { span: span(this.retryAfter) })}`
            : words;
    }

    general() {
        const key = `problem.${this.word}`;

        if (knows(key) && (current() !== "en" || !this.detail)
            && this.word !== "unknown")
        {
            return t(key);
        }
        return this.detail ?? t("problem.unknown", { status: this.status });
    }
}


/* Answers the parsed body, or null when there is none; throws Problem. match:
   an entity tag that must still hold. */
export async function send(method, path, { body, key, signal, match } = {}) {
    const headers = { Accept: "application/json, application/problem+json" };
    let answer, text;

    if (body !== undefined) {
        headers["Content-Type"] = "application/json";
    }
    if (match) {
        headers["If-Match"] = match;
    }

    if (key !== undefined) {
        headers["Idempotency-Key"] = key;
    }

    try {
        answer = await fetch(path, {
            method, headers, signal,
            body: body === undefined ? undefined : JSON.stringify(body),
            credentials: "same-origin",
            cache: "no-store",
        });
        text = await answer.text();
    } catch (error) {
        throw error.name === "AbortError" ? error : Problem.offline();
    }

    if (!answer.ok) {
        throw Problem.parse(answer.status, text,
                            answer.headers.get("Retry-After"));
    }

    const said = parse(answer.status, text);
    if (said && answer.headers.has("ETag")) {
        said[ETAG] = answer.headers.get("ETag");
    }
    return said;
}


/* What a successful answer says; a proxy's page in its place is a Problem. */
export function parse(status, text) {
    try {
        return text === "" ? null : JSON.parse(text);
    } catch {
        throw Problem.parse(status, text, null);
    }
}


/* A key that no other request has. (randomUUID wants https.) */
export function unique() {
    return [...crypto.getRandomValues(new Uint8Array(16))]
        .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}


export function wait(seconds, signal) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
            signal?.removeEventListener("abort", stop);
            resolve();
        }, seconds * 1000);

        function stop() {
            clearTimeout(timer);
            reject(signal.reason);
        }

        if (signal?.aborted) {
            stop();
            return;
        }
        signal?.addEventListener("abort", stop, { once: true });
    });
}
