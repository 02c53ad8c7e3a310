/* A film or a recording, with the browser's own controls. */

import { local } from "../lib/call.js";
import { h, icon, refresh } from "../lib/dom.js";
import { homeLink } from "../lib/home.js";
import { clock, t } from "../lib/language.js";
import * as position from "../lib/position.js";
import { actionButtons } from "../media/actions.js";
import { getMedia } from "../media/api.js";
import { facts } from "../media/media.js";
import { attach, playWhenReady } from "../media/player.js";
import { hear, shortcutsButton } from "../media/shortcuts.js";
import { keepVolume } from "../media/volume.js";

const EVERY = 5;            /* seconds of film between two notes of where */
const HEAD = 10;            /* seconds not worth coming back to */
const TAIL = 0.95;          /* of the length: one has seen it */


/* actions: see actionButtons(). */
export function watchView(media, actions, { signal }) {
    const audio = media.kind === "audio";
    const element = h(audio ? "audio" : "video", {
        controls: true, preload: "metadata", playsinline: !audio,
        poster: audio ? null : local(media.links.poster),
        "aria-label": () => media.title,
    });
    const problem = h("div", { class: "player-problem", role: "alert" });
    const resumed = h("p", { class: "resumed", role: "status", hidden: true });

    if (!audio && media.width && media.height) {
        element.style.aspectRatio = `${media.width} / ${media.height}`;
    }

    keepVolume(element, signal);
    /* Before play(): what was played is noted, then let go. */
    keepPlace(media, element, resumed, signal);
    play(media, element, problem, signal);

    const section = h("section", { class: `watch ${media.kind}`,
                                   "aria-labelledby": "watch-title" },
        h("div", { class: "watch-top" }, homeLink(), resumed),
        h("div", { class: "stage" },
          audio ? icon("audio") : null, element, problem),
        h("div", { class: "watch-head" },
          h("div", {},
            h("h1", { id: "watch-title", dir: "auto" }, () => media.title),
            h("p", { class: "muted" }, () => facts(media, { long: true }))),
          h("div", { class: "actions" },
            shortcutsButton(),
            h("a", { class: "button", href: local(media.links.original),
                     download: media.filename ?? true },
              icon("download"), h("span", {}, () => t("item.original"))),
            actionButtons(actions))));

    hear(element, signal);

    return section;
}


function play(media, element, problem, signal) {
    let detach = () => {};

    function start(again) {
        detach();
        problem.replaceChildren();
        detach = attach(element, link, failed);
        if (again) {
            playWhenReady(element);
        }
    }

    /* A link lives for a while; whoever pauses longer needs a new one. */
    async function link(renew) {
        if (renew) {
            media = await getMedia(media.id, signal);
        }
        return local(media.links.play);
    }

    function failed(key) {
        problem.replaceChildren(
            h("p", {}, () => t("watch.broken", { reason: t(key) })),
            h("button", { class: "button", type: "button", onclick: retry },
              () => t("watch.retry")));
    }

    async function retry() {
        media = await getMedia(media.id, signal);
        start(true);
    }

    start(false);
    signal.addEventListener("abort", () => detach());
}


function keepPlace(media, element, resumed, signal) {
    const begin = position.recall(media.id);
    let at = null;          /* s, as last seen: a player that is let go, or
                               whose link is refused, stands at 0 */
    let noted = 0;

    function note() {
        if (at === null) {
            return;
        }
        noted = at;
        if (at > (media.duration ?? Infinity) * TAIL) {
            position.forget(media.id);
        } else if (at > HEAD || begin !== null) {
            position.remember(media.id, at);
        }
    }

    function see() {
        const there = element.seeking
            || element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;

        if (there && !element.error) {
            at = element.currentTime;
        }
    }

    function leave() {
        see();
        note();
    }

    element.addEventListener("loadedmetadata", () => {
        if (begin === null || element.currentTime > 0) {
            return;
        }
        element.currentTime = begin;
        resumed.replaceChildren(
            h("span", {}, () => t("watch.resumed", { time: clock(begin) })),
            h("button", { class: "link", type: "button", onclick: () => {
                element.currentTime = 0;
                resumed.hidden = true;
                element.focus();
            } }, () => t("watch.restart")));
        resumed.hidden = false;
        refresh(resumed);
    }, { once: true, signal });

    element.addEventListener("timeupdate", () => {
        see();
        if (at !== null && Math.abs(at - noted) > EVERY) {
            note();
        }
    }, { signal });
    element.addEventListener("pause", leave, { signal });
    addEventListener("pagehide", leave, { signal });
    document.addEventListener("visibilitychange", leave, { signal });
    signal.addEventListener("abort", leave);
}
