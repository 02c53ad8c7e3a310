/* What comes next: played, put in another order, taken out. */

import { h, icon, refresh } from "../../lib/dom.js";
import { clock, t } from "../../lib/language.js";
import * as notice from "../../lib/notice.js";
import { menuButton } from "../base/menu.js";
import * as jukebox from "./jukebox.js";

let count = 0;


/* Answers the list's element; it follows the queue until the signal ends. */
export function queueList(signal) {
    const hint = `queue-hint-${count++}`;
    const items = h("ol", { class: "queue-items" });
    const element = h("section", { class: "queue", "aria-label":
        () => t("queue.title") },
        h("div", { class: "queue-head" },
          h("h2", {}, () => t("queue.title")),
          h("button", { class: "link", type: "button",
                        onclick: jukebox.clear }, () => t("queue.clear"))),
        h("p", { class: "visually-hidden", id: hint },
          () => t("queue.hint")), items);
    let drawn = "";

    function draw() {
        const list = jukebox.list();
        const key = list.map(({ id }) => id).join();

        if (key !== drawn) {
            drawn = key;
            items.replaceChildren(...list.map((media) => row(media, items,
                                                              hint)));
        }
        [...items.children].forEach((item, place) => {
            item.toggleAttribute("data-current", place === jukebox.place());
            item.querySelector(".queue-play").setAttribute("aria-current",
                String(place === jukebox.place()));
        });
        refresh(items);
    }

    jukebox.onChange(draw, signal);
    draw();

    return element;
}


function row(media, items, hint) {
    const place = () => jukebox.list().findIndex(({ id }) => id === media.id);
    const now = () => jukebox.list()[place()] ?? media;
    const menu = menuButton({
        name: "more", symbol: "more",
        label: () => t("queue.more", { title: now().title }),
        rows: () => [
            place() > 0 && { label: t("queue.up"),
                             act: () => move(media, items, -1) },
            place() < jukebox.list().length - 1
                && { label: t("queue.down"),
                     act: () => move(media, items, 1) },
            { label: t("queue.remove"), act: () => take(media, items) },
        ].filter(Boolean),
    });
    const handle = h("button", {
        class: "queue-handle", type: "button", "aria-describedby": hint,
        "aria-label": () => t("queue.move", { title: now().title }),
        onkeydown: (event) => {
            const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];

            if (by) {
                event.preventDefault();
                move(media, items, by);
            }
        },
    }, icon("grip"));
    const element = h("li", { class: "queue-item", "data-id": media.id },
        handle,
        h("button", { class: "queue-play", type: "button",
                      onclick: () => jukebox.go(place()) },
          h("span", { class: "queue-name", dir: "auto" }, () => now().title),
          h("span", { class: "queue-facts", dir: "auto" },
            () => [now().author, now().duration && clock(now().duration)]
                .filter(Boolean).join(" · "))),
        menu.element);

    drag(element, handle, place);
    return element;
}


function move(media, items, by) {
    const from = jukebox.list().findIndex(({ id }) => id === media.id);
    const to = from + by;

    if (to < 0 || to >= jukebox.list().length) {
        return;
    }
    jukebox.move(from, to);
    items.querySelector(`[data-id="${media.id}"] .queue-handle`)?.focus();
    notice.say(t("queue.moved", { title: media.title, place: to + 1 }));
}


function take(media, items) {
    const from = jukebox.list().findIndex(({ id }) => id === media.id);

    jukebox.remove(from);
    (items.children[Math.min(from, items.children.length - 1)]
        ?.querySelector(".queue-play") ?? document.querySelector("h1"))?.focus();
    notice.say(t("queue.removed", { title: media.title }));
}


/* The item follows the pointer, and stands where it is let go. */
function drag(item, handle, place) {
    let from = null;        /* y where it was taken */

    handle.addEventListener("pointerdown", (event) => {
        if (event.button === 0) {
            handle.setPointerCapture(event.pointerId);
            from = event.clientY;
            item.classList.add("dragged");
        }
    });
    handle.addEventListener("pointermove", ({ clientY }) => {
        if (from !== null) {
            item.style.translate = `0 ${clientY - from}px`;
        }
    });
    for (const name of ["pointerup", "pointercancel"]) {
        handle.addEventListener(name, ({ clientY, type }) => {
            if (from === null) {
                return;
            }
            const by = Math.round((clientY - from) / item.offsetHeight);
            const last = jukebox.list().length - 1;

            from = null;
            item.style.translate = "";
            item.classList.remove("dragged");
            if (type === "pointerup") {
                jukebox.move(place(),
                             Math.max(0, Math.min(last, place() + by)));
            }
        });
    }
}
