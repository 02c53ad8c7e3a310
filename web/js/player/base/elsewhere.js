/* Films on another screen, where the browser can: AirPlay, Remote Playback. */

import { h, icon } from "../../lib/dom.js";
import { t } from "../../lib/language.js";


/* The buttons, each there as long as there is a screen to choose. */
export function screenButtons(element, signal) {
    return [airPlay(element, signal), remote(element, signal)].filter(Boolean);
}


function button(symbol, key, act) {
    return h("button", {
        class: `control control-${symbol}`, type: "button", hidden: true,
        "aria-label": () => t(key), title: () => t(key), onclick: act,
    }, icon(symbol));
}


/* WebKit's own way, which takes the browser's HLS along. */
function airPlay(element, signal) {
    if (!element.webkitShowPlaybackTargetPicker) {
        return null;
    }
    const shown = button("airplay", "player.airplay",
        () => element.webkitShowPlaybackTargetPicker());

    element.addEventListener("webkitplaybacktargetavailabilitychanged",
        ({ availability }) => {
            shown.hidden = availability !== "available";
        }, { signal });
    return shown;
}


function remote(element, signal) {
    if (!element.remote || element.webkitShowPlaybackTargetPicker) {
        return null;
    }
    const shown = button("cast", "player.cast",
        () => element.remote.prompt().catch(() => {}));
    const told = () => shown.classList.toggle("on",
        element.remote.state === "connected");

    /* What a script feeds goes nowhere else: then it says so. */
    element.remote.watchAvailability((available) => {
        shown.hidden = !available;
    }).catch(() => {});
    for (const name of ["connect", "connecting", "disconnect"]) {
        element.remote.addEventListener(name, told, { signal });
    }
    signal.addEventListener("abort",
        () => element.remote.cancelWatchAvailability().catch(() => {}));
    return shown;
}
