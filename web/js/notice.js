/* What the page says: one line for everybody, and one for screen readers. */

import { h, refresh } from "./dom.js";
import { t } from "./language.js";

let key = null;

const line = h("p", { class: "notice", role: "status", hidden: true },
               () => (key ? t(key) : ""));
const voice = h("p", { class: "visually-hidden", "aria-live": "polite" });

export const elements = [line, voice];


export function show(text) {
    if (key !== text) {
        key = text;
        line.hidden = false;
        refresh(line);
    }
}


export function clear() {
    if (key !== null) {
        key = null;
        line.hidden = true;
        refresh(line);
    }
}


export function say(text) {
    /* The same text twice is a change only when it was gone in between. */
    voice.textContent = "";
    voice.textContent = text;
}
