/* Buttons of a player, whose drawings and names change with what they do. */

import { h, icon, refresh } from "../../lib/dom.js";
import { t } from "../../lib/language.js";
import { playWhenReady } from "./engine.js";
import { slider } from "./slider.js";

const QUIET = 0.5;          /* below it is drawn as such */
const STEP = 0.05;


/* symbol and label are functions. Answers {element, update}. */
export function control({ name, symbol, label, act, ...more }) {
    let drawn = symbol();
    const element = h("button", {
        class: `control control-${name}`, type: "button", "aria-label": label,
        title: label, onclick: act, ...more,
    }, icon(drawn));

    return {
        element,
        update() {
            if (symbol() !== drawn) {
                drawn = symbol();
                element.replaceChildren(icon(drawn));
            }
            refresh(element);
        },
    };
}


export function toggle(element) {
    if (element.paused) {
        playWhenReady(element);
    } else {
        element.pause();
    }
}


export function playControl(element, name = "play") {
    const state = () => (element.ended ? "replay"
        : element.paused ? "play" : "pause");

    return control({ name, symbol: state, act: () => toggle(element),
                     label: () => t(`player.${state()}`) });
}


/* What silences, and how loud it is; update() follows the element. */
export function volumeControl(element) {
    const mute = control({
        name: "mute",
        symbol: () => (element.muted || element.volume === 0 ? "muted"
            : element.volume < QUIET ? "quiet" : "volume"),
        label: () => t(element.muted ? "player.unmute" : "player.mute"),
        act: () => {
            element.muted = !element.muted;
        },
    });
    const rail = h("div", { class: "volume", "aria-label":
        () => t("player.volume") }, h("span", { class: "volume-rail" }));
    const loud = () => (element.muted ? 0 : element.volume);
    const sliding = slider(rail, {
        most: () => 1, step: STEP, value: loud, live: true,
        text: (at) => t("player.percent", { percent: Math.round(at * 100) }),
        taken: (at) => {
            element.muted = false;
            element.volume = at;
        },
    });

    return {
        element: h("div", { class: "volume-group" }, mute.element, rail),
        update() {
            mute.update();
            refresh(rail);
            sliding.update();
        },
    };
}
