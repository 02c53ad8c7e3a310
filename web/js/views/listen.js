/* A recording: its cover, its player, what is known of it, what comes next. */

import { local } from "../lib/call.js";
import { h, icon, refresh } from "../lib/dom.js";
import { homeLink } from "../lib/home.js";
import { clock, t } from "../lib/language.js";
import * as notice from "../lib/notice.js";
import { actionButtons } from "../media/actions.js";
import { facts } from "../media/media.js";
import { originalLink } from "../media/original.js";
import { cover } from "../player/audio/cover.js";
import { recordingFacts } from "../player/audio/facts.js";
import * as jukebox from "../player/audio/jukebox.js";
import { listenControls } from "../player/audio/controls.js";
import { queueList } from "../player/audio/queue_list.js";
import { waveform } from "../player/audio/waveform.js";
import { chapters } from "../player/base/chapters.js";
import { hear, shortcutsButton } from "../player/base/shortcuts.js";


/* actions: see actionButtons(). */
export function listenView(media, actions, { signal }) {
    const { element } = jukebox;
    const mine = () => jukebox.current()?.id === media.id;
    const now = () => ({
        at: mine() ? element.currentTime : 0,
        length: mine() && Number.isFinite(element.duration) ? element.duration
            : media.duration ?? 0,
    });

    function go(at) {
        if (!mine()) {
            jukebox.play(media);
        }
        element.currentTime = at;
    }

    const parts = media.chapters?.length > 0
        ? chapters(media.chapters, { get currentTime() { return now().at; } },
                   go) : null;
    const wave = waveform({ now, go, parts: () => parts }, signal);
    const controls = listenControls(media, { mine, now, go, parts });
    const time = h("p", { class: "listen-clock" },
        h("span", {}, () => clock(now().at)),
        h("span", {}, () => clock(now().length)));
    const problem = h("div", { class: "form-problem", role: "alert" });
    const list = parts && chapterList(parts, now);
    const add = h("button", { class: "button", type: "button", onclick: () => {
        jukebox.add(media);
        notice.say(t("queue.added", { title: media.title }));
    } }, icon("queue"), h("span", {}, () => t("queue.add")));
    const queue = queueList(signal);

    function tick() {
        wave.update();
        refresh(time);
        list?.update();
    }

    function update() {
        const key = mine() ? jukebox.broken() : null;

        controls.update();
        problem.replaceChildren(...(key ? [
            h("p", {}, () => t("watch.broken", { reason: t(key) })),
            h("button", { class: "button", type: "button",
                          onclick: jukebox.again }, () => t("watch.retry")),
        ] : []));
        add.hidden = jukebox.list().some(({ id }) => id === media.id);
        queue.hidden = jukebox.list().length < 2;
        tick();
    }

    jukebox.open(media);
    for (const event of ["timeupdate", "seeking", "seeked"]) {
        element.addEventListener(event, tick, { signal });
    }
    for (const event of ["volumechange", "ratechange"]) {
        element.addEventListener(event, controls.update, { signal });
    }
    jukebox.onChange(update, signal);
    wave.load(media.links.waveform);
    hear(element, { ...controls.keys, toggle: controls.toggle }, signal);
    update();

    return h("section", { class: "watch listen",
                          "aria-labelledby": "watch-title" },
        h("div", { class: "watch-top" }, homeLink()),
        h("div", { class: "listen-stage" },
          h("div", { class: "listen-cover" }, cover(local(media.links.cover))),
          h("div", { class: "listen-main" },
            h("h1", { id: "watch-title", dir: "auto" }, () => media.title),
            h("p", { class: "listen-by", dir: "auto" },
              () => [media.author, media.recording?.album]
                  .filter(Boolean).join(" – ")),
            wave.element, time, controls.element, problem)),
        h("div", { class: "watch-head" },
          h("p", { class: "muted" }, () => facts(media, { long: true })),
          h("div", { class: "actions" }, add,
            shortcutsButton(controls.keys),
            originalLink(media),
            actionButtons(actions))),
        h("div", { class: "listen-more" },
          list?.element, queue, recordingFacts(media)));
}


function chapterList({ list, rows }, now) {
    const items = rows().map(({ label, detail, act }) => h("li", {},
        h("button", { type: "button", onclick: act },
          h("span", { class: "chapter-name", dir: "auto" }, label),
          h("span", { class: "chapter-time" }, detail))));

    return {
        element: h("section", { class: "chapters", "aria-label":
            () => t("player.chapters") },
            h("h2", {}, () => t("player.chapters")), h("ol", {}, items)),
        update() {
            const here = list.findLastIndex(({ start }) => start <= now().at);

            items.forEach((item, place) => {
                item.firstChild.setAttribute("aria-current",
                                             String(place === here));
            });
        },
    };
}
