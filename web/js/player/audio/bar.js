/* What is listened to, at the foot of every page but its own. */

import { local } from "../../lib/call.js";
import { h, icon, refresh } from "../../lib/dom.js";
import { clock, t } from "../../lib/language.js";
import { path } from "../../media/media.js";
import { control } from "../base/control.js";
import { slider } from "../base/slider.js";
import { cover } from "./cover.js";
import * as jukebox from "./jukebox.js";
import { queueList } from "./queue_list.js";

const STEP = 5;             /* seconds */
const NEVER = new AbortController().signal;


/* Answers {element, at(pathname)}: told where one is, it knows whether it is
   needed. */
export function listenBar() {
    const { element: sound } = jukebox;
    const length = () => (Number.isFinite(sound.duration) ? sound.duration
        : jukebox.current()?.duration ?? 0);
    let here = "";

    const play = playButton();
    const previous = control({ name: "previous", symbol: () => "previous",
                               label: () => t("queue.previous"),
                               act: jukebox.previous });
    const next = control({ name: "next", symbol: () => "next",
                           label: () => t("queue.next"), act: jukebox.next });
    const queue = h("div", { class: "queue-panel", id: "queue-panel",
                             popover: "auto" }, queueList(NEVER));
    const more = h("button", { class: "control", type: "button",
                               popovertarget: "queue-panel",
                               "aria-label": () => t("queue.title"),
                               title: () => t("queue.title") }, icon("list"));
    const close = control({ name: "close", symbol: () => "close",
                            label: () => t("queue.close"), act: jukebox.clear });
    const rail = h("div", { class: "listen-rail",
                            "aria-label": () => t("listen.seek") },
                   h("span", {}));
    const sliding = slider(rail, {
        most: length, step: STEP, value: () => sound.currentTime,
        text: (at) => t("player.place", { at: clock(at),
                                          length: clock(length()) }),
        taken: (at) => {
            sound.currentTime = at;
        },
    });
    const picture = h("span", { class: "listen-cover" });
    const element = h("section", { class: "listen-bar", hidden: true,
                                   "aria-label": () => t("listen.bar") },
        rail,
        h("a", { class: "listen-what",
                 href: () => (jukebox.current() ? path(jukebox.current()) : "/") },
          picture,
          h("span", { class: "listen-words" },
            h("span", { class: "listen-name", dir: "auto" },
              () => jukebox.current()?.title),
            h("span", { class: "listen-author", dir: "auto" },
              () => (jukebox.broken()
                  ? t("watch.broken", { reason: t(jukebox.broken()) })
                  : jukebox.current()?.author ?? "")))),
        h("span", { class: "listen-buttons" }, previous.element, play.element,
          next.element),
        h("span", { class: "listen-time" },
          () => `${clock(sound.currentTime)} / ${clock(length())}`),
        more, close.element, queue);
    let drawn;

    function update() {
        const media = jukebox.current();

        element.hidden = media === null || here === path(media);
        if (media && drawn !== media.links?.cover) {
            drawn = media.links?.cover;
            picture.replaceChildren(...cover(local(drawn)));
        }
        next.element.setAttribute("aria-disabled",
            String(jukebox.place() + 1 >= jukebox.list().length));
        [play, previous, next, close].forEach((one) => one.update());
        tick();
    }

    function tick() {
        refresh(element);
        if (!sliding.dragging()) {
            sliding.update();
        }
    }

    jukebox.onChange(update, NEVER);
    sound.addEventListener("timeupdate", tick);
    update();

    return {
        element,
        at(pathname) {
            here = pathname;
            update();
        },
    };
}


export function playButton(name = "play") {
    const { element } = jukebox;
    const state = () => (element.paused ? "play" : "pause");

    return control({ name, symbol: state, act: jukebox.toggle,
                     label: () => t(`player.${state()}`) });
}
