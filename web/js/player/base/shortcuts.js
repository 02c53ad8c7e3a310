/*
 * Keys that steer a player from anywhere on its page. Single letters can get in
 * the way of speech input (WCAG 2.1.4), so they can be turned off.
 */

import { h, icon } from "../../lib/dom.js";
import { ours } from "../../lib/keys.js";
import { percent, t } from "../../lib/language.js";
import { toggle } from "./control.js";

const KEY = "sluice.shortcuts";
const STEP = 10;            /* seconds */
const LOUDER = 0.1;

/* (player, more): more is what hear() was given. */
const ACTIONS = {
    " ": (player) => player.toggle(),
    k: (player) => player.toggle(),
    j: (player) => seek(player, -STEP),
    l: (player) => seek(player, STEP),
    ArrowLeft: (player) => seek(player, -STEP),
    ArrowRight: (player) => seek(player, STEP),
    ArrowUp: (player) => turn(player, LOUDER),
    ArrowDown: (player) => turn(player, -LOUDER),
    m: ({ element }) => {
        element.muted = !element.muted;
    },
    f: ({ full }) => full?.(),
    i: ({ small }) => small?.(),
    c: ({ subtitles }) => subtitles?.(),
    n: ({ next }) => next?.(),
    p: ({ previous }) => previous?.(),
    "<": ({ faster }) => faster?.(-1),
    ">": ({ faster }) => faster?.(1),
    "?": explain,
};

/* What the help says: keys, the text, and which of hear()'s it needs. */
const HELP = [
    [() => [t("watch.key-space"), "K"], "watch.key-play"],
    [() => ["←", "→", "J", "L"], "watch.key-seek"],
    [() => ["↑", "↓"], "watch.key-volume"],
    [() => ["M"], "watch.key-mute"],
    [() => ["F"], "watch.key-full", "full"],
    [() => ["I"], "watch.key-small", "small"],
    [() => ["C"], "watch.key-subtitles", "subtitles"],
    [() => ["P", "N"], "watch.key-chapter", "next"],
    [() => ["<", ">"], "watch.key-speed", "faster"],
    [() => ["0", "9"], "watch.key-part"],
    [() => ["?"], "watch.key-help"],
];


/* more: {full, small, subtitles, next, previous, faster(by), told(words)}, those
   that there are, and toggle() where more than the element is to be played. */
export function hear(element, more, signal) {
    const player = { told() {}, toggle: () => toggle(element), ...more,
                     element };

    document.addEventListener("keydown", (event) => {
        if (!enabled() || !ours(event)) {
            return;
        }

        const act = ACTIONS[event.key.length === 1 ? event.key.toLowerCase()
            : event.key] ?? jump(event.key);
        if (act) {
            event.preventDefault();
            act(player);
        }
    }, { signal });
}


export function shortcutsButton(more = {}) {
    return h("button", { class: "button", type: "button",
                         "aria-haspopup": "dialog",
                         title: () => t("watch.shortcuts"),
                         onclick: () => explain(more) },
             icon("keys"), h("span", {}, () => t("watch.shortcuts")));
}


function explain(more) {
    const rows = HELP.filter(([, , needs]) => !needs || more[needs]);
    const dialog = h("dialog", { class: "dialog",
                                 "aria-labelledby": "shortcuts-title" },
        h("form", { method: "dialog" },
          h("h2", { id: "shortcuts-title" }, t("watch.shortcuts")),
          h("dl", { class: "keys" }, rows.map(([keys, text]) => h("div", {},
            h("dt", {}, keys().map((key) => h("kbd", {}, key))),
            h("dd", {}, t(text))))),
          h("div", { class: "check" },
            h("input", { type: "checkbox", id: "shortcuts-on",
                         checked: enabled(),
                         onchange: (event) => enable(event.target.checked) }),
            h("label", { for: "shortcuts-on" }, t("watch.shortcuts-on"))),
          h("div", { class: "dialog-buttons" },
            h("button", { class: "button", autofocus: true },
              t("dialog.close")))));

    dialog.addEventListener("close", () => dialog.remove());
    /* In full screen only what is below the player is seen. */
    (document.fullscreenElement ?? document.body).append(dialog);
    dialog.showModal();
}


function enabled() {
    return localStorage.getItem(KEY) !== "off";
}


function enable(on) {
    localStorage.setItem(KEY, on ? "on" : "off");
}


function seek({ element, told }, by) {
    const end = Number.isFinite(element.duration) ? element.duration : 0;

    element.currentTime = Math.max(0, Math.min(end, element.currentTime + by));
    told(t(by < 0 ? "player.back" : "player.forward", { seconds: STEP }));
}


function turn({ element, told }, by) {
    element.volume = Math.max(0, Math.min(1, element.volume + by));
    told(percent(100 * element.volume));
}


function jump(key) {
    return /^[0-9]$/.test(key) ? ({ element }) => {
        if (Number.isFinite(element.duration)) {
            element.currentTime = element.duration * Number(key) / 10;
        }
    } : null;
}
