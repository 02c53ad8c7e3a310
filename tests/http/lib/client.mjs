/* HTTP as it goes over the wire: paths are sent as they are written. */

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import http from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";

import { exchanged } from "./test.mjs";

globalThis.crypto ??= webcrypto;    /* Node 18 has no global one */

export const SANITIZED = process.env.SLUICE_SANITIZED === "1";
const PATIENCE = SANITIZED ? 3 : 1;
const SILENCE = 60_000 * PATIENCE;  /* ms without a byte that are too long */


/*
 * Sends one request on a connection of its own. `body` is a string, a Buffer
 * or a stream; `json` is sent as JSON. Answers {status, headers, body, text,
 * json, continued}, also when the server answers before it has all of the
 * body; `continued` tells whether a 100 Continue came.
 */
export async function request(url, options = {}) {
    const noted = { method: options.method ?? "GET", url,
                    headers: options.headers,
                    body: options.json ? JSON.stringify(options.json)
                        : options.body };

    try {
        const answer = await send(url, options);

        exchanged(noted, answer);
        return answer;
    } catch (error) {
        exchanged(noted, error);
        throw error;
    }
}


function send(url, options) {
    const { method = "GET", headers = {}, json } = options;
    const body = json === undefined ? options.body : JSON.stringify(json);
    const [, hostname, port, path] =
        /^http:\/\/([^/:]+):(\d+)(.*)$/s.exec(url);
    const fixed = typeof body === "string" || Buffer.isBuffer(body);

    return new Promise((resolve, reject) => {
        let continued = false;
        const outgoing = http.request({
            hostname, port, path: path || "/", method, agent: false,
            headers: {
                ...(json === undefined
                    ? {} : { "Content-Type": "application/json" }),
                ...(fixed ? { "Content-Length": Buffer.byteLength(body) } : {}),
                ...headers,
            },
        });

        outgoing.on("continue", () => { continued = true; });
        outgoing.on("response", (incoming) => {
            /* what is still to be sent may meet a closed connection */
            outgoing.on("error", () => {});
            collect(incoming).then((answer) => {
                resolve({ ...answer, continued });
            }, reject);
        });
        outgoing.on("error", reject);
        outgoing.setTimeout(SILENCE, () => {
            outgoing.destroy(new Error(`${method} ${path}: no answer`));
        });

        if (body instanceof Readable) {
            pipeline(body, outgoing).catch(reject);
        } else if (headers.Expect) {
            outgoing.on("continue", () => outgoing.end(body));
            outgoing.flushHeaders();
        } else {
            outgoing.end(body);
        }
    });
}


async function collect(incoming) {
    const parts = [];

    for await (const part of incoming) {
        parts.push(part);
    }

    const body = Buffer.concat(parts);
    const type = incoming.headers["content-type"] ?? "";

    return {
        status: incoming.statusCode,
        headers: incoming.headers,
        body,
        text: body.toString(),
        json: /[/+]json/.test(type) && body.length
            && !incoming.headers["content-encoding"]
            ? JSON.parse(body.toString()) : undefined,
    };
}


/* An upload of which only the beginning is sent; answers the request. */
export function sendPart(url, { method = "POST", headers = {}, length, body }) {
    const outgoing = http.request(url, {
        method, agent: false,
        headers: { ...headers, "Content-Length": length },
    });

    outgoing.on("error", () => {});
    outgoing.write(body);

    return outgoing;
}


/*
 * Calls each of `asks`, which throw nothing, again and again until work() has
 * ended, well or not; resolves to what it did.
 */
export async function meanwhile(asks, work) {
    let over = false;
    const loops = asks.map(async (ask) => {
        while (!over) {
            await ask();
        }
    });

    try {
        return await work();
    } finally {
        over = true;
        await Promise.all(loops);
    }
}


/*
 * Asks until the answer is neither undefined nor false, and answers it. What
 * is waited for takes a fraction of `seconds`; they only end a test that waits
 * in vain.
 */
export async function until(what, condition, options = {}) {
    const { seconds = 30, every = 40 } = options;
    const end = Date.now() + seconds * 1000 * PATIENCE;

    for (;;) {
        const value = await condition();
        if (value !== undefined && value !== false) {
            return value;
        }
        if (Date.now() > end) {
            throw new Error(`in vain: ${what}`);
        }
        await pause(every);
    }
}


/*
 * The same for what is promised within so many seconds. They are counted in
 * answers, 25 a second: whoever is asked has fewer turns, too, on a machine that
 * has much to do.
 */
export async function soon(what, condition, { seconds = 1 } = {}) {
    let asked = 0;

    return until(`${what} within ${seconds} s`, () => {
        assert.ok(asked++ < seconds * 25, `too late: ${what}`);
        return condition();
    });
}


/* Somebody who is signed in. */
export class Client {
    constructor(url, session, password) {
        this.url = url;
        this.session = session;
        this.password = password;
        this.token = session.access_token;
        this.user = session.user;
        this.headers = { Authorization: `Bearer ${this.token}` };
    }

    static async signIn(url, email, password) {
        const answer = await request(`${url}/api/sessions`, {
            method: "POST", json: { email, password },
        });

        if (answer.status !== 201) {
            throw new Error(`${email} cannot sign in: ${answer.text}`);
        }
        return new Client(url, answer.json, password);
    }

    request(method, path, options = {}) {
        return request(this.url + path, {
            ...options, method,
            headers: { ...this.headers, ...options.headers },
        });
    }

    get(path, options) {
        return this.request("GET", path, options);
    }

    delete(path) {
        return this.request("DELETE", path);
    }

    /* Answers the answer. */
    upload(body, filename, { title, headers } = {}) {
        const query = new URLSearchParams({ filename });

        if (title !== undefined) {
            query.set("title", title);
        }
        return this.request("POST", `/api/media?${query}`, { body, headers });
    }

    /* Uploads, and answers the media object of a 201. */
    async bring(body, filename, options) {
        const answer = await this.upload(body, filename, options);

        if (answer.status !== 201) {
            throw new Error(`${filename}: ${answer.status} ${answer.text}`);
        }
        return answer.json;
    }

    async media(id) {
        const answer = await this.get(`/api/media/${id}`);

        if (answer.status !== 200) {
            throw new Error(`media ${id}: ${answer.status} ${answer.text}`);
        }
        return answer.json;
    }

    /* The media object when nothing is left to do for it; in vain, the error
       tells how its jobs stand. */
    async settled(id, { seconds = 60 } = {}) {
        try {
            return await until(`media ${id} is ready or failed`, async () => {
                const media = await this.media(id);
                return media.state !== "processing" && media;
            }, { seconds, every: 100 });
        } catch (error) {
            const { job } = await this.media(id);
            error.message += `: ${JSON.stringify(job)}`;
            throw error;
        }
    }

    /* The media object, which must become ready. */
    async ready(id, options) {
        const media = await this.settled(id, options);

        if (media.state !== "ready") {
            throw new Error(`media ${id} failed: ${media.error}`);
        }
        return media;
    }
}
