/*
 * What is listened to: one element for the whole page, which plays on wherever
 * one goes, and a queue of what comes next.
 */

import { local } from "../../lib/call.js";
import { h } from "../../lib/dom.js";
import { getMedia } from "../../media/api.js";
import { attach, playWhenReady } from "../base/engine.js";
import { keepPlace } from "../base/place.js";
import { keepVolume } from "../base/volume.js";
import { mediaSession } from "../base/session.js";
import { keptQueue, keepQueue } from "./kept.js";

const AGAIN = 3;            /* seconds into a piece: back is its beginning */
const LONG = 600;           /* seconds: what is gone back to where one was */
const NEVER = new AbortController().signal;

export const element = h("audio", { preload: "metadata" });

const changes = new EventTarget();

let entries = [];           /* {media, fresh}: has the API told all of it, and
                               lately? */
let at = -1;
let engine = null;          /* of the entry at that place, once it is loaded */
let loaded = null;          /* AbortController of what goes with it */
let trouble = null;         /* text key of why it does not play */


export function list() {
    return entries.map(({ media }) => media);
}


export function place() {
    return at;
}


/* What plays, or would; null when there is nothing. */
export function current() {
    return entries[at]?.media ?? null;
}


export function broken() {
    return trouble;
}


export function onChange(listener, signal) {
    changes.addEventListener("change", listener, { signal });
}


function tell() {
    keepQueue(list(), at, element.currentTime);
    changes.dispatchEvent(new Event("change"));
}


/* Makes it what would play, where nothing does. Here and in play() media is what
   the API just told, not what a list did. */
export function open(media) {
    if (at === -1) {
        entries = [{ media, fresh: true }];
        load(0);
    } else if (current().id === media.id) {
        entries[at].media = media;
        tell();
    }
}


/* Plays it now; the rest of the queue follows. */
export function play(media) {
    if (current()?.id !== media.id) {
        insert({ media, fresh: true }, at + 1);
        load(entries.findIndex((entry) => entry.media.id === media.id));
    } else if (!engine) {
        load(at);
    }
    playWhenReady(element);
}


/* Behind all others; in the queue it stands once. */
export function add(media) {
    if (!entries.some((entry) => entry.media.id === media.id)) {
        entries.push({ media });
    }
    settle();
}


function insert(entry, to) {
    const was = entries.findIndex(({ media }) => media.id === entry.media.id);

    if (was !== -1) {
        entries.splice(was, 1);
        at -= was < at ? 1 : 0;
        to -= was < to ? 1 : 0;
    }
    entries.splice(to, 0, entry);
}


function settle() {
    if (at === -1 && entries.length > 0) {
        load(0);
    } else {
        tell();
    }
}


export function go(to) {
    if (entries[to]) {
        load(to);
        playWhenReady(element);
    }
}


export function next() {
    go(at + 1);
}


export function previous() {
    if (element.currentTime > AGAIN || at <= 0) {
        element.currentTime = 0;
    } else {
        go(at - 1);
    }
}


export function move(from, to) {
    if (from === to || !entries[from] || !entries[to]) {
        return;
    }
    const playing = entries[at];

    entries.splice(to, 0, ...entries.splice(from, 1));
    at = entries.indexOf(playing);
    tell();
}


export function remove(from) {
    entries.splice(from, 1);
    if (from === at) {
        const playing = !element.paused;

        unload();
        if (entries.length === 0) {
            at = -1;
        } else {
            load(Math.min(at, entries.length - 1));
            if (playing) {
                playWhenReady(element);
            }
        }
    } else if (from < at) {
        at--;
    }
    tell();
}


export function clear() {
    unload();
    entries = [];
    at = -1;
    tell();
}


export function toggle() {
    if (!element.paused) {
        element.pause();
    } else if (current()) {
        play(current());
    }
}


function unload() {
    loaded?.abort();
    engine?.stop();
    engine = null;
    trouble = null;
}


function load(to, begin = 0) {
    unload();
    at = to;
    loaded = new AbortController();

    const entry = entries[to];
    const { signal } = loaded;

    keepVolume(element, signal);
    if (entry.media.duration > LONG) {
        keepPlace(entry.media, element, () => {}, signal);
    } else if (begin > 0) {
        element.addEventListener("loadedmetadata", () => {
            element.currentTime = begin;
        }, { once: true, signal });
    }
    engine = attach(element, {
        url: (renew) => link(entry, renew, signal),
        failed: (key) => {
            trouble = key;
            tell();
        },
    });
    tell();
}


/* Lists are old when their turn comes: what is asked for anew has all of it. */
async function link(entry, renew, signal) {
    if (renew || !entry.fresh) {
        entry.media = await getMedia(entry.media.id, signal);
        entry.fresh = true;
        tell();
    }
    return local(entry.media.links.play);
}


/* Back from where the tab was before it was loaded anew: silent. */
export function restore() {
    const kept = keptQueue();

    if (entries.length === 0 && kept.list.length > 0) {
        entries = kept.list.map((media) => ({ media }));
        load(kept.at, kept.time);
    }
}


export function again() {
    load(at);
    playWhenReady(element);
}


element.addEventListener("ended", () => {
    if (at + 1 < entries.length) {
        next();
    }
});
for (const name of ["play", "pause", "ended", "durationchange"]) {
    element.addEventListener(name, tell);
}
addEventListener("pagehide", () => keepQueue(list(), at, element.currentTime));

const session = mediaSession(element, {
    about: () => ({
        title: current()?.title ?? "", artist: current()?.author,
        album: current()?.recording?.album,
        artwork: local(current()?.links?.cover),
    }),
    previous: () => previous,
    next: () => (at + 1 < entries.length ? next : null),
}, NEVER);

onChange(() => element.paused || session());
