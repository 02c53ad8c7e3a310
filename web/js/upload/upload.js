/*
 * One file on its way: sent, stored, made playable.
 *
 * States: waiting, sending, checking (sent, no answer yet), delayed (the
 * server asked to come back), preparing, ready, failed, cancelled.
 */

import { parse, Problem, wait } from "../lib/http.js";
import * as session from "../lib/session.js";
import { follow, followFile } from "../media/follow.js";

const PAUSE = 2;            /* seconds, when a busy server does not say */
const LONGEST_TITLE = 500;  /* characters the server takes */
const WINDOW = 5000;        /* ms over which the speed is measured */


export class Upload {
    #changed;
    #abort = new AbortController();
    #marks = [];

    state = "waiting";
    loaded = 0;
    media = null;
    problem = null;
    delay = 0;              /* seconds, in state delayed */

    /* part: {score, role} of a file that belongs to a score, or null */
    constructor(file, changed, part) {
        this.file = file;
        this.part = part;
        this.name = file.name;
        this.#changed = changed;
        /* The same upload sent again is still one upload. */
        this.key = [...crypto.getRandomValues(new Uint8Array(16))]
            .map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }

    get sending() {
        return ["waiting", "sending", "checking", "delayed"]
            .includes(this.state);
    }

    get done() {
        return ["ready", "failed", "cancelled"].includes(this.state);
    }

    /* Percent of the bytes. */
    get share() {
        return this.file.size === 0 ? 100 : 100 * this.loaded / this.file.size;
    }

    /* Seconds left at the speed of the last moments, or null. */
    get left() {
        const [first] = this.#marks;
        const last = this.#marks.at(-1);

        if (!first || last.at - first.at < 1000 || last.bytes === first.bytes) {
            return null;
        }
        return (this.file.size - last.bytes) * (last.at - first.at)
            / (last.bytes - first.bytes) / 1000;
    }

    cancel() {
        this.#abort.abort();
        this.#to("cancelled");
    }

    /* Sends the file; resolves when the server has it, or never will. */
    async send() {
        const { signal } = this.#abort;
        let renewed = false;

        while (!signal.aborted) {
            try {
                await session.freshen();
                this.#to("sending");
                this.media = parse(201, await this.#post(signal));
                this.#to("preparing");
                return;
            } catch (problem) {
                if (signal.aborted) {
                    return;
                }
                if (problem.status === 503) {
                    this.delay = problem.retryAfter ?? PAUSE;
                    this.#to("delayed");
                    await wait(this.delay, signal).catch(() => {});
                } else if (problem.status === 401 && !renewed
                           && await session.renew().catch(() => false))
                {
                    renewed = true;
                } else {
                    this.#fail(problem);
                    return;
                }
            }
        }
    }

    /* Waits until the server has made of it what it can. */
    async prepare() {
        const { signal } = this.#abort;
        const watch = this.part ? followFile : follow;

        try {
            this.media = await watch(this.media, (media) => {
                this.media = media;
                this.#changed(this);
            }, signal);
        } catch (problem) {
            if (!signal.aborted) {
                this.#fail(problem);
            }
            return;
        }
        this.#to(this.media.state);
    }

    #post(signal) {
        const query = new URLSearchParams({ filename: this.name,
                                            ...this.part });
        const request = new XMLHttpRequest();

        const title = readable(this.name);
        if (title && title !== stem(this.name)) {
            query.set("title", title);
        }

        return new Promise((resolve, reject) => {
            const stop = () => request.abort();

            signal.addEventListener("abort", stop, { once: true });
            request.upload.onprogress = (event) => this.#moved(event.loaded);
            request.upload.onload = () => this.#to("checking");
            request.onload = () => {
                const { status, responseText } = request;

                if (status === 201) {
                    resolve(responseText);
                } else {
                    reject(Problem.parse(status, responseText,
                                         request.getResponseHeader(
                                             "Retry-After")));
                }
            };
            request.onerror = () => reject(Problem.offline());
            request.onabort = request.onerror;
            request.onloadend = () => signal.removeEventListener("abort", stop);

            this.#marks = [];
            this.loaded = 0;
            request.open("POST", `/api/media?${query}`);
            request.setRequestHeader("Accept", "application/json");
            request.setRequestHeader("Idempotency-Key", this.key);
            request.setRequestHeader(
                "Content-Type", this.file.type || "application/octet-stream");
            request.send(this.file);
        });
    }

    #moved(bytes) {
        const at = performance.now();

        this.loaded = bytes;
        this.#marks.push({ at, bytes });
        while (at - this.#marks[0].at > WINDOW) {
            this.#marks.shift();
        }
        this.#changed(this);
    }

    #fail(problem) {
        this.problem = problem;
        if (problem.status === 401) {
            session.end();
        }
        this.#to("failed");
    }

    #to(state) {
        if (this.state !== state && this.state !== "cancelled") {
            this.state = state;
            this.#changed(this);
        }
    }
}


/* "Au_clair_de_la_lune.pdf" -> "Au clair de la lune" */
function readable(name) {
    return stem(name).replaceAll("_", " ").normalize().trim()
        .slice(0, LONGEST_TITLE);
}


function stem(name) {
    return name.replace(/\.[^.]+$/, "");
}
