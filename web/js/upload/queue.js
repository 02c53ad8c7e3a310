/*
 * All uploads of this visit. They go on while one looks at other things, two
 * at a time, the oldest first.
 */

import { percent, t } from "../lib/language.js";
import * as notice from "../lib/notice.js";
import { stage } from "../media/media.js";
import { Upload } from "./upload.js";

const AT_ONCE = 2;
const QUARTER = 25;         /* percent between two things said */

const events = new EventTarget();

let list = [];
let said = new WeakMap();   /* Upload -> the last thing a reader heard of it */


export function uploads() {
    return list;
}


export function onChange(listener, signal) {
    events.addEventListener("change", listener, { signal });
}


/* part: {score, role} when they belong to a score */
export function add(files, part = null) {
    list.push(...Array.from(files, (file) => new Upload(file, changed, part)));
    changed();
    advance();
}


export function again(upload) {
    list = list.map((one) => (one === upload
        ? new Upload(upload.file, changed, upload.part) : one));
    changed();
    advance();
}


export function remove(upload) {
    list = list.filter((one) => one !== upload);
    changed();
}


/* On sign-out: what is not with the server yet is not sent. */
export function abandon() {
    list.forEach((upload) => upload.cancel());
    list = [];
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
        : 100 * sum((one) => one.loaded) / Math.max(1, sum(
            (one) => one.file.size));
}


/* What is known of an upload, in words. */
export function describe(upload) {
    return {
        preparing: () => stage(upload.media),
        failed: () => upload.problem?.text() ?? upload.media?.error
            ?? t("state.failed"),
        ready: () => t("upload.ready"),
        cancelled: () => t("upload.cancelled"),
        checking: () => t("upload.checking"),
        waiting: () => t("upload.waiting"),
    }[upload.state]?.() ?? null;
}


async function advance() {
    const active = list.filter((upload) => upload.sending && upload.begun);
    const next = list.find((upload) => upload.state === "waiting"
                                       && !upload.begun);

    if (!next || active.length >= AT_ONCE) {
        return;
    }

    next.begun = true;
    advance();
    await next.send();
    advance();
    if (next.state === "preparing") {
        await next.prepare();
    }
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
