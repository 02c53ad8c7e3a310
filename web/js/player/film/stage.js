/* Where a film is seen: the picture, the controls on it, what fingers, mice and
   keys do there. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/language.js";
import { local } from "../../lib/call.js";
import { control, playControl, toggle } from "../base/control.js";
import { mediaSession } from "../base/session.js";
import { hear } from "../base/shortcuts.js";
import { faster, speedName } from "../base/speeds.js";
import { keepVolume } from "../base/volume.js";
import { filmBar } from "./bar.js";
import { film } from "./film.js";
import { idle } from "./idle.js";
import { taps } from "./taps.js";
import { toggleFull, toggleSmall } from "./window.js";

const STEP = 10;            /* seconds */


/* fresh() as film() takes it; extra() answers rows for the settings' menu.
   Answers film()'s player, with its stage. */
export function filmStage(media, { fresh, extra = () => [] }, signal) {
    const stage = h("div", { class: "stage player fresh" });
    let bar = null;
    const player = film(media, { fresh, changed: () => bar?.update() }, signal);
    const { element, texts } = player;

    Object.assign(player, { stage, extra });
    if (media.width && media.height) {
        stage.style.setProperty("--wide", String(media.width / media.height));
    }
    keepVolume(element, signal);
    bar = filmBar(player, signal);

    const flash = flashes();
    const centre = centreControls(player);
    const awake = idle(stage, element, {
        busy: () => stage.querySelector(":popover-open, .seek.looking") !== null
            || stage.contains(document.activeElement)
            && document.activeElement.matches(".player-bar :focus-visible"),
        changed: (asleep) => texts.raise(asleep ? 0
            : bar.element.clientHeight),
    }, signal);

    stage.append(element, h("div", { class: "player-shade" }),
                 h("div", { class: "player-wait", "aria-hidden": "true" }),
                 flash.element, centre.element, bar.element, player.problem);
    waits(stage, element, signal);
    taps(stage, element, {
        toggle: () => toggle(element),
        full: () => toggleFull(stage, element),
        step: (way) => {
            flash.show(t(way < 0 ? "player.back" : "player.forward",
                         { seconds: STEP }));
            player.go(Math.max(0, element.currentTime + way * STEP));
        },
        awake,
    });
    player.keys = keys(player, flash);
    hear(element, player.keys, signal);
    mediaSession(element, {
        about: () => ({ title: player.media().title,
                        artist: player.media().author,
                        artwork: local(player.media().links.poster) }),
        previous: () => player.parts()?.previous ?? null,
        next: () => player.parts()?.next ?? null,
    }, signal);
    for (const event of ["play", "pause", "ended", "seeked"]) {
        element.addEventListener(event, centre.update, { signal });
    }
    bar.update();
    new ResizeObserver(() => texts.raise(stage.classList.contains("idle") ? 0
        : bar.element.clientHeight)).observe(stage);

    return player;
}


/* In the middle, where thumbs are; with a mouse the first play alone. */
function centreControls({ element, go }) {
    const step = (way, symbol, key) => control({
        name: `centre-${symbol}`, symbol: () => symbol,
        label: () => t(key, { seconds: STEP }),
        act: () => go(Math.max(0, element.currentTime + way * STEP)),
    });
    const all = [step(-1, "rewind", "player.back"),
                 playControl(element, "centre-play"),
                 step(1, "wind", "player.forward")];

    return {
        element: h("div", { class: "player-centre" },
                   all.map(({ element: button }) => button)),
        update: () => all.forEach((one) => one.update()),
    };
}


/* What a key did, for a moment. */
function flashes() {
    const element = h("span", { class: "player-flash", "aria-hidden": "true" });

    return {
        element,
        show(words) {
            element.textContent = words;
            element.getAnimations().forEach((animation) => animation.cancel());
            element.animate([{ opacity: 1 }, { opacity: 1, offset: 0.6 },
                             { opacity: 0 }], { duration: 900 });
        },
    };
}


function waits(stage, element, signal) {
    const set = (on) => stage.classList.toggle("waiting", on);

    for (const event of ["waiting", "seeking"]) {
        element.addEventListener(event, () => set(true), { signal });
    }
    for (const event of ["playing", "seeked", "canplay", "error", "emptied"]) {
        element.addEventListener(event, () => set(false), { signal });
    }
    element.addEventListener("play", () => stage.classList.remove("fresh"),
                             { once: true, signal });
}


/* What keys do beside playing and seeking. */
function keys(player, flash) {
    const { element, stage, texts } = player;

    return {
        full: () => toggleFull(stage, element),
        small: () => toggleSmall(element),
        subtitles: texts.toggle,
        faster: (by) => {
            faster(element, by);
            flash.show(speedName(element.playbackRate));
            player.changed();
        },
        next: () => player.parts()?.next(),
        previous: () => player.parts()?.previous(),
        told: flash.show,
    };
}
