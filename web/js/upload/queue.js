/*
 * The uploads of a user. They go on while one looks at other things, two at a
 * time, the oldest first; those of one score in their order, one at a time.
 */

import { percent, reason, t } from "../lib/language.js";
import * as notice from "../lib/notice.js";
import { currentUser } from "../lib/session.js";
import { stage } from "../media/media.js";
import * as saved from "./saved.js";
import { Upload } from "./upload.js";

const AT_ONCE = 2;
const QUARTER = 25;         /* percent between two things said */
const LOCK = "sluice.upload.";

const events = new EventTarget();

let list = [];
let shown = false;          /* will all see what is added? */
let owner = null;           /* id of the user whose uploads these are */
let said = new WeakMap();   /* Upload -> the last thing a reader heard of it */


export function uploads() {
    return list;
}


/* Who may see what is added from now on: all, or its owner and editors. */
export function showToAll(on) {
    shown = on;
}


export function shownToAll() {
    return shown;
}


export function onChange(listener, signal) {
    events.addEventListener("change", listener, { signal });
}


/* Someone has signed in, perhaps once more: goes on with what is theirs. */
export async function enter() {
    const { id } = currentUser();

    if (owner !== id) {
        list.forEach((upload) => upload.letGo());
        list = [];
        owner = id;
        shown = false;
        for (const entry of saved.recall(id)) {
            if (await hold(entry.key)) {
                list.push(new Upload(null, changed, entry));
            }
        }
        list.forEach(restore);
        changed();
    }
    advance();
}


/* part: {score, role} when they belong to a score. A file that an upload was
   begun with goes on with that. */
export function add(files, part = null) {
    for (const file of files) {
        const begun = list.find((upload) => upload.wants(file, part));

        if (begun) {
            begun.goOn(file);
        } else {
            const upload = new Upload(file, changed, {
                user: owner, part,
                visibility: shown && !part ? "library" : "private",
            });
            list.push(upload);
            hold(upload.entry.key);
        }
    }
    changed();
    advance();
}


export async function again(upload) {
    await upload.again();
    changed();
    advance();
    if (upload.state === "preparing") {
        await upload.prepare();
    }
}


export function remove(upload) {
    list = list.filter((one) => one !== upload);
    saved.forget(upload.entry.key);
    release(upload.entry.key);
    changed();
}


/* Before a sign-out: what is not with the server yet is not sent. */
export function abandon() {
    list.forEach((upload) => {
        if (!upload.done) {
            upload.cancel();
        }
        saved.forget(upload.entry.key);
        release(upload.entry.key);
    });
    list = [];
    owner = null;
    changed();
}


/* Is anything on its way that closing the page would lose? */
export function busy() {
    return list.some((upload) => upload.sending);
}


/* Percent of all bytes on their way, or null when none are. */
export function share() {
    const moving = list.filter((upload) => upload.sending);
    const sum = (of) => moving.reduce((total, one) => total + of(one), 0);

    return moving.length === 0 ? null
        : 100 * sum((one) => one.loaded) / Math.max(1, sum((one) => one.size));
}


/* What is known of an upload, in words. */
export function describe(upload) {
    return {
        preparing: () => stage(upload.media),
        failed: () => upload.problem?.text()
            ?? (upload.media?.error ? reason(upload.media.error)
                : t("state.failed")),
        ready: () => t("upload.ready"),
        duplicate: () => t(upload.part ? "upload.attached"
            : "upload.duplicate"),
        cancelled: () => t("upload.cancelled"),
        checking: () => t("upload.checking"),
        waiting: () => t("upload.waiting"),
        offline: () => t("upload.offline"),
        missing: () => (upload.loaded > 0
            ? t("upload.missing", { percent: percent(upload.share) })
            : t("upload.missing-all")),
    }[upload.state]?.() ?? null;
}


async function restore(upload) {
    await upload.restore();
    if (upload.state === "preparing") {
        await upload.prepare();
    }
}


async function advance() {
    const active = list.filter((upload) => upload.sending && upload.begun);
    const next = list.find((upload) => upload.state === "waiting"
        && !upload.begun && !active.some(
            ({ part }) => part && part.score === upload.part?.score));

    if (!next || active.length >= AT_ONCE || !currentUser()) {
        return;
    }

    const sent = next.send();
    advance();
    await sent;
    advance();
    if (next.state === "preparing") {
        await next.prepare();
    }
}


/*
 * Each upload is one tab's. Resolves to false when another one has it; where
 * there are no locks (plain http), to true.
 */
const held = new Map();     /* key -> function that lets go */

function hold(key) {
    if (!navigator.locks) {
        return true;
    }

    return new Promise((answer) => {
        navigator.locks.request(LOCK + key, { ifAvailable: true }, (lock) => {
            answer(lock !== null);
            return lock && new Promise((done) => held.set(key, done));
        });
    });
}


function release(key) {
    held.get(key)?.();
    held.delete(key);
}


function changed(upload) {
    events.dispatchEvent(new Event("change"));
    if (upload) {
        speak(upload);
    }
}


/* Aloud only what matters: each quarter, and each new state. */
function speak(upload) {
    const quarter = Math.floor(upload.share / QUARTER);
    const key = upload.state === "sending" ? `sending ${quarter}`
        : upload.state;

    if (said.get(upload) === key || upload.state === "waiting") {
        return;
    }
    said.set(upload, key);

    const text = upload.state === "sending" ? percent(quarter * QUARTER)
        : describe(upload);
    if (text) {
        notice.say(t("upload.said", { name: upload.name, text }));
    }
}
