/*
 * What the page says of itself: a line for everybody, and words for screen
 * readers alone. Texts are functions, for the language may change meanwhile.
 */

import { h, refresh } from "./dom.js";
import { t } from "./language.js";

const LONG = 8000;          /* ms that a line stands */

let text = null;
let waiting = false;        /* is it that the server does not answer? */
let timer = 0;

const line = h("p", { class: "notice", role: "status", hidden: true },
               () => (text ? text() : ""));
const voice = h("p", { class: "visually-hidden", "aria-live": "polite" });

export const elements = [line, voice];


/* The server does not answer; stands until answered(). */
export function unanswered() {
    if (!waiting) {
        put(() => t("shell.waiting"));
        waiting = true;
    }
}


export function answered() {
    if (waiting) {
        put(null);
    }
}


/* Something went wrong that belongs to no place in the view. */
export function tell(words) {
    put(words);
    timer = setTimeout(() => put(null), LONG);
}


export function say(words) {
    voice.textContent = words;
}


function put(words) {
    clearTimeout(timer);
    text = words;
    waiting = false;
    line.hidden = words === null;
    refresh(line);
}
