/*
 * Keys that steer a film from anywhere on its page. Single letters can get in
 * the way of speech input (WCAG 2.1.4), so they can be turned off.
 */

import { h, icon } from "../lib/dom.js";
import { ours } from "../lib/keys.js";
import { t } from "../lib/language.js";
import { playWhenReady } from "./player.js";

const KEY = "sluice.shortcuts";
const STEP = 10;            /* seconds */
const LOUDER = 0.1;

const ACTIONS = {
    " ": toggle,
    k: toggle,
    j: (element) => seek(element, -STEP),
    l: (element) => seek(element, STEP),
    ArrowLeft: (element) => seek(element, -STEP),
    ArrowRight: (element) => seek(element, STEP),
    ArrowUp: (element) => turn(element, LOUDER),
    ArrowDown: (element) => turn(element, -LOUDER),
    m: (element) => {
        element.muted = !element.muted;
    },
    f: fullScreen,
};


export function hear(element, signal) {
    document.addEventListener("keydown", (event) => {
        if (!enabled() || !ours(event)) {
            return;
        }

        const act = ACTIONS[event.key.length === 1 ? event.key.toLowerCase()
            : event.key] ?? jump(event.key);
        if (act) {
            event.preventDefault();
            act(element);
        }
    }, { signal });
}


export function shortcutsButton() {
    return h("button", { class: "button", type: "button",
                         "aria-haspopup": "dialog", onclick: explain },
             icon("keys"), h("span", {}, () => t("watch.shortcuts")));
}


function explain() {
    const rows = [
        [[t("watch.key-space"), "K"], "watch.key-play"],
        [["←", "→", "J", "L"], "watch.key-seek"],
        [["↑", "↓"], "watch.key-volume"],
        [["M"], "watch.key-mute"],
        [["F"], "watch.key-full"],
        [["0", "9"], "watch.key-part"],
    ];
    const dialog = h("dialog", { class: "dialog",
                                 "aria-labelledby": "shortcuts-title" },
        h("form", { method: "dialog" },
          h("h2", { id: "shortcuts-title" }, t("watch.shortcuts")),
          h("dl", { class: "keys" }, rows.map(([keys, text]) => h("div", {},
            h("dt", {}, keys.map((key) => h("kbd", {}, key))),
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
    document.body.append(dialog);
    dialog.showModal();
}


function enabled() {
    return localStorage.getItem(KEY) !== "off";
}


function enable(on) {
    localStorage.setItem(KEY, on ? "on" : "off");
}


function toggle(element) {
    if (element.paused) {
        playWhenReady(element);
    } else {
        element.pause();
    }
}


function seek(element, by) {
    const end = Number.isFinite(element.duration) ? element.duration : 0;

    element.currentTime = Math.max(0, Math.min(end, element.currentTime + by));
}


function turn(element, by) {
    element.volume = Math.max(0, Math.min(1, element.volume + by));
}


function fullScreen(element) {
    if (document.fullscreenElement) {
        document.exitFullscreen();
    } else {
        element.requestFullscreen?.();
    }
}


function jump(key) {
    return /^[0-9]$/.test(key) ? (element) => {
        if (Number.isFinite(element.duration)) {
            element.currentTime = element.duration * Number(key) / 10;
        }
    } : null;
}
