/*
 * One file on its way: sent, stored, made playable.
 *
 * States: waiting, sending, checking (sent, no answer yet), delayed (the
 * server asked to come back), offline (it goes on when there is a way again),
 * preparing; missing (begun before the page was loaded: its file is wanted);
 * ready, duplicate (it was there before), failed, cancelled.
 */

import { Problem, unique, wait } from "../lib/http.js";
import * as session from "../lib/session.js";
import { getMedia, retryJob } from "../media/api.js";
import { follow, followFile } from "../media/follow.js";
import { attached } from "./attached.js";
import * as saved from "./saved.js";
import { send } from "./send.js";
import { refused } from "./sniff.js";
import { Speed } from "./speed.js";
import * as tus from "./tus.js";

const PAUSE = 2;            /* seconds, when a busy server does not say */
const LONGEST = 30;         /* seconds between two looks for a way */
const GROWTH = 1.6;
const LOCKED = [409, 423];  /* another request has it, or had brought more */
const GONE = [404, 410];

const SENDING = ["waiting", "sending", "checking", "delayed", "offline"];
const DONE = ["ready", "duplicate", "failed", "cancelled"];


export class Upload {
    #changed;
    #abort = new AbortController();
    #speed = new Speed();

    state = "waiting";
    loaded = 0;
    media = null;
    problem = null;
    delay = 0;              /* seconds, in state delayed */
    begun = false;          /* has it had its turn? */

    /* entry: what saved.recall() answered, or {user, part, visibility} of a new
       one, where part is {score, role} of a file that belongs to a score, or
       null. */
    constructor(file, changed, entry) {
        this.#changed = changed;
        this.file = file;
        this.entry = file ? {
            key: unique(), name: file.name, size: file.size,
            modified: file.lastModified, url: null, ...entry,
        } : entry;
        if (!file) {
            this.state = "missing";
            this.loaded = entry.loaded ?? 0;
        }
    }

    get name() {
        return this.entry.name;
    }

    get size() {
        return this.entry.size;
    }

    get part() {
        return this.entry.part;
    }

    get sending() {
        return SENDING.includes(this.state);
    }

    get done() {
        return DONE.includes(this.state);
    }

    /* Percent of the bytes. */
    get share() {
        return this.size === 0 ? 100 : 100 * this.loaded / this.size;
    }

    /* Seconds left at the speed of the last moments, or null. */
    get left() {
        const speed = this.#speed.now;

        return speed ? (this.size - this.loaded) / speed : null;
    }

    /* Is it the file that this one was begun with? */
    wants(file, part) {
        const { name, size, modified } = this.entry;

        return this.state === "missing" && file.name === name
            && file.size === size && file.lastModified === modified
            && (part?.score ?? null) === (this.part?.score ?? null);
    }

    goOn(file) {
        this.file = file;
        this.begun = false;
        this.#to("waiting");
    }

    cancel() {
        const { url } = this.entry;

        this.#abort.abort();
        if (url) {
            tus.end(url).catch(() => {});
        }
        this.entry.url = null;
        this.#to("cancelled");
        saved.forget(this.entry.key);
    }

    /* The page goes, or its user: what the server has, it keeps. */
    letGo() {
        this.#abort.abort();
    }

    /* After it failed or was cancelled. Answers false when its file is wanted
       for that. */
    async again() {
        if (await this.#jobAgain()) {
            return true;
        }
        if (!this.file) {
            return false;
        }
        this.#abort = new AbortController();
        this.entry.key = this.entry.url ? this.entry.key : unique();
        this.problem = null;
        this.media = null;
        this.begun = false;
        this.#to("waiting", true);
        return true;
    }

    /* Sends the file; resolves when the server has it, or never will, or when
       nobody is signed in any more. */
    async send() {
        const { signal } = this.#abort;
        let pause = PAUSE;
        let renewed = false;

        this.begun = true;
        while (!signal.aborted) {
            try {
                await session.freshen();
                if (await this.#known(signal)) {
                    return;
                }
                this.#speed = new Speed();
                this.#to("sending");
                await this.#bring(signal);
                return;
            } catch (problem) {
                if (signal.aborted) {
                    return;
                }
                if (problem.status === 401) {
                    if (renewed || !await session.renew()
                        .catch(() => false)) {
                        this.begun = false;
                        this.#to("waiting");
                        session.end();
                        return;
                    }
                    renewed = true;
                } else if (this.#mayGoOn(problem)) {
                    await this.#pause(problem, pause, signal);
                    pause = Math.min(pause * GROWTH, LONGEST);
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

    /* What became of it while the page was away. */
    async restore() {
        const { signal } = this.#abort;
        const { url, media } = this.entry;

        try {
            if (media) {
                this.media = media;
            } else if (url) {
                const { offset, made } = await tus.reached(url, signal);
                this.loaded = offset;
                if (made) {
                    await this.#arrived(made, signal);
                    return;
                }
            }
            this.#to(this.entry.was === "duplicate" ? "duplicate"
                : this.media ? "preparing" : "missing", true);
        } catch (problem) {
            if (GONE.includes(problem.status)) {
                this.entry.url = null;
                this.loaded = 0;
            }
            this.#changed(this);
        }
    }

    /* Before a byte is sent: is there any use in it? */
    async #known(signal) {
        if (this.entry.url) {
            return false;
        }

        const word = await refused(this.file);
        if (word) {
            throw Problem.local(word);
        }

        const score = this.part?.role === "attachment"
            ? await attached(this.file, this.part.score, signal) : null;
        if (score) {
            this.#take(score, true);
        }
        return score !== null;
    }

    async #bring(signal) {
        const answer = await send(this.file, this.entry, {
            signal,
            begun: () => this.#save(),
            moved: (bytes) => this.#moved(bytes),
            sent: () => this.#to("checking"),
        });

        if (answer.made) {
            await this.#arrived(answer.made, signal);
        } else {
            this.#take(answer.media, answer.media.duplicate === true);
        }
    }

    /* made: the media object that the upload became, or the score it is of */
    async #arrived(made, signal) {
        const id = tus.id(this.entry.url);
        const media = await getMedia(made, signal);
        const file = media.attachments.find((one) => one.id === id);

        this.loaded = this.size;
        this.#take(this.part ? file ?? media : media,
                   this.part ? !file : made !== id);
    }

    #take(media, duplicate) {
        this.media = media;
        this.#to(duplicate ? "duplicate" : "preparing");
    }

    /* What failed on the server is tried again there, without its bytes. */
    async #jobAgain() {
        const job = this.media?.job?.id ?? this.media?.job;

        if (this.state !== "failed" || !job) {
            return false;
        }
        try {
            await retryJob(job);
            this.media = { ...this.media, state: "processing", error: null };
            this.#to("preparing");
            return true;
        } catch {
            return false;
        }
    }

    #mayGoOn(problem) {
        if (this.entry.url && GONE.includes(problem.status)) {
            this.entry.url = null;
            this.entry.key = unique();
            return true;
        }
        return problem.away || problem.word === "key-busy"
            || LOCKED.includes(problem.status) && this.entry.url !== null;
    }

    async #pause(problem, pause, signal) {
        const unreachable = problem.away && problem.status !== 503;

        this.delay = problem.retryAfter ?? pause;
        this.#to(unreachable ? "offline" : "delayed");
        await Promise.race([
            wait(this.delay, signal).catch(() => {}),
            unreachable ? online(signal) : new Promise(() => {}),
        ]);
    }

    #moved(bytes) {
        this.loaded = bytes;
        this.#speed.note(bytes);
        this.#changed(this);
    }

    #fail(problem) {
        this.problem = problem;
        if (problem.status === 401) {
            session.end();
        }
        this.#to("failed");
    }

    #to(state, always = false) {
        if ((this.state !== state || always)
            && (this.state !== "cancelled" || always)) {
            this.state = state;
            this.#save();
            this.#changed(this);
        }
    }

    /* What the server has nothing of is not worth coming back to. */
    #save() {
        const { state, media } = this;

        if (state === "cancelled"
            || (state === "failed" && this.entry.url === null)) {
            saved.forget(this.entry.key);
            return;
        }
        saved.keep({ ...this.entry, loaded: this.loaded, was: state,
                     media: media && { id: media.id, kind: media.kind,
                                       title: media.title, state: media.state,
                                       media: media.media } });
    }
}


/* Resolves when the browser has found a way again. */
function online(signal) {
    return new Promise((resolve) => {
        const over = new AbortController();

        for (const [target, event] of [[globalThis, "online"],
                                       [signal, "abort"]]) {
            target.addEventListener(event, () => {
                over.abort();
                resolve();
            }, { signal: over.signal });
        }
    });
}
